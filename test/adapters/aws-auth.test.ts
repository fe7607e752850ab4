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

const arnsIn = (text: string): string[] => rolesIn(text).map(({ arn }) => arn);

describe('mapRoles of aws-auth', () => {
  test('names its roles, and which of them let nodes in', () => {
    expect(rolesIn(MAP)).toEqual([
      { arn: 'arn:aws:iam::111122223333:role/admins', letsNodesIn: false },
      { arn: OLD, letsNodesIn: true },
    ]);
    expect(rolesIn('')).toEqual([]);
  });

  test.each(['[]', '[system:nodes]', '[system:bootstrappers]', 'system:nodes', 'null'])(
    'lets no node in by the groups %s, until they are complete',
    (groups) => {
      const text = `- rolearn: ${NEW}\n  username: somebody\n  groups: ${groups}\n`;
      expect(rolesIn(text)).toEqual([{ arn: NEW, letsNodesIn: false }]);
      const completed = withNodeRoles(text, { add: [NEW], remove: [] });
      expect(rolesIn(completed)).toEqual([{ arn: NEW, letsNodesIn: true }]);
      expect(completed).toContain('username: system:node:{{EC2PrivateDNSName}}');
    },
  );

  test('takes the last of several entries of a role, as the authenticator does', () => {
    const twice = `${MAP}- rolearn: ${OLD}\n  groups: [viewers]\n`;
    expect(rolesIn(twice)).toContainEqual({ arn: OLD, letsNodesIn: false });
    const completed = withNodeRoles(twice, { add: [OLD], remove: [] });
    expect(rolesIn(completed)).toContainEqual({ arn: OLD, letsNodesIn: true });
    expect(completed).toContain('viewers');
  });

  test('gets a role of nodes as eksctl writes it, and keeps everything else with its comments', () => {
    const text = withNodeRoles(MAP, { add: [NEW], remove: [] });
    expect(arnsIn(text)).toEqual(['arn:aws:iam::111122223333:role/admins', OLD, NEW]);
    expect(text).toContain('# people first');
    expect(text).toContain('# careful');
    expect(text).toContain(
      `- rolearn: ${NEW}\n  username: system:node:{{EC2PrivateDNSName}}\n  groups:\n    - system:bootstrappers\n    - system:nodes\n`,
    );
  });

  test('loses a role', () => {
    expect(arnsIn(withNodeRoles(MAP, { add: [], remove: [OLD] }))).toEqual(['arn:aws:iam::111122223333:role/admins']);
  });

  test.each(['', '[]', 'null'])('begins with nothing (%j)', (text) => {
    expect(arnsIn(withNodeRoles(text, { add: [NEW], remove: [] }))).toEqual([NEW]);
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
