import { describe, expect, test } from 'vitest';
import { rolesIn, withNodeRoles } from '#src/adapters/aws-auth.ts';

const OLD = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-a-NodeInstanceRole-1ABC';
const NEW = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-b-NodeInstanceRole-2DEF';
const MAP = `# people first
- rolearn: arn:aws:iam::111122223333:role/admins
  username: admin:{{SessionName}}
  groups: ["system:masters"] # careful
- groups:
  - system:bootstrappers
  - system:nodes
  rolearn: ${OLD}
  username: system:node:{{EC2PrivateDNSName}}
`;

describe('mapRoles of aws-auth', () => {
  test('names its roles', () => {
    expect(rolesIn(MAP)).toEqual(['arn:aws:iam::111122223333:role/admins', OLD]);
    expect(rolesIn('')).toEqual([]);
  });

  test('gets a role of nodes as eksctl writes it, and keeps everything else with its comments', () => {
    const text = withNodeRoles(MAP, { add: [NEW], remove: [] });
    expect(rolesIn(text)).toEqual(['arn:aws:iam::111122223333:role/admins', OLD, NEW]);
    expect(text).toContain('# people first');
    expect(text).toContain('# careful');
    expect(text).toContain(
      `- rolearn: ${NEW}\n  username: system:node:{{EC2PrivateDNSName}}\n  groups:\n    - system:bootstrappers\n    - system:nodes\n`,
    );
  });

  test('loses a role', () => {
    expect(rolesIn(withNodeRoles(MAP, { add: [], remove: [OLD] }))).toEqual(['arn:aws:iam::111122223333:role/admins']);
  });

  test.each(['', '[]', 'null'])('begins with nothing (%j)', (text) => {
    expect(rolesIn(withNodeRoles(text, { add: [NEW], remove: [] }))).toEqual([NEW]);
  });

  test('stays the same text when there is nothing to do', () => {
    expect(withNodeRoles(MAP, { add: [OLD], remove: [NEW] })).toBe(MAP);
  });

  test.each(['- rolearn: [', 'role: x'])('that cannot be read is left to people (%j)', (text) => {
    expect(() => withNodeRoles(text, { add: [NEW], remove: [] })).toThrow(
      expect.objectContaining({ name: 'UserError', code: 'AwsAuthUnreadable' }),
    );
  });
});
