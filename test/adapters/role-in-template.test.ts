import { expect, test } from 'vitest';
import { roleInTemplate } from '#src/adapters/role-in-template.ts';

const CONTEXT = { stackName: 'eksctl-coast-nodegroup-nb', partition: 'aws-cn' };
const made = (Properties: Record<string, unknown>) => ({ Type: 'AWS::IAM::Role', Properties });
/** CloudFormation's. */
const placeholder = (name: string) => `\${AWS::${name}}`;
const sub = (text: string) => ({ 'Fn::Sub': text });

test('the policies of a role are those of the template, with the names that CloudFormation makes of them', () => {
  const resources = [
    made({
      ManagedPolicyArns: [
        sub(`arn:${placeholder('Partition')}:iam::aws:policy/AmazonEKSWorkerNodePolicy`),
        'arn:aws:iam::1:policy/x',
      ],
      Policies: [{ PolicyName: 'inside' }],
    }),
    { Type: 'AWS::IAM::Policy', Properties: { PolicyName: sub(`${placeholder('StackName')}-PolicyAutoScaling`) } },
  ];
  expect(roleInTemplate(resources, CONTEXT)).toEqual({
    attached: ['arn:aws-cn:iam::aws:policy/AmazonEKSWorkerNodePolicy', 'arn:aws:iam::1:policy/x'],
    inline: ['inside', 'eksctl-coast-nodegroup-nb-PolicyAutoScaling'],
  });
});

test('a role that somebody else made is not the stack’s, and what only CloudFormation resolves is not guessed', () => {
  expect(roleInTemplate([], CONTEXT)).toBeNull();
  expect(roleInTemplate([made({ ManagedPolicyArns: [{ Ref: 'Policy' }] })], CONTEXT)).toMatchObject({
    attached: [null],
  });
  expect(roleInTemplate([made({ ManagedPolicyArns: { Ref: 'Policies' } })], CONTEXT)).toMatchObject({
    attached: [null],
  });
});
