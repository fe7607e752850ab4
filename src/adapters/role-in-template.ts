import { z } from 'zod';

/** The role a stack makes, and the policies it puts on it; `null` in a list: one that only CloudFormation resolves. */
export type TemplateRole = { attached: (string | null)[]; inline: (string | null)[] };

type Resource = { Type: string; Properties: Record<string, unknown> };

const role = z.object({
  ManagedPolicyArns: z.array(z.unknown()).default([]),
  Policies: z.array(z.object({ PolicyName: z.unknown() })).default([]),
});
const policy = z.object({ PolicyName: z.unknown() });
const sub = z.object({ 'Fn::Sub': z.string() });

/**
 * eksctl gives the role its managed policies by `ManagedPolicyArns`, and each right of an add-on as a resource of its own
 * (`AWS::IAM::Policy`): https://github.com/eksctl-io/eksctl/blob/v0.230.0/pkg/cfn/builder/iam_helper.go, `createRole`.
 * null: the stack makes no role, as with `iam.instanceRoleARN` in the config.
 */
export function roleInTemplate(
  resources: readonly Resource[],
  context: { stackName: string; partition: string },
): TemplateRole | null {
  const made = resources.find(({ Type }) => Type === 'AWS::IAM::Role');
  if (made === undefined) return null;
  const known = role.safeParse(made.Properties);
  if (!known.success) return { attached: [null], inline: [null] };
  const separate = resources.filter(({ Type }) => Type === 'AWS::IAM::Policy').map(({ Properties }) => Properties);
  return {
    attached: known.data.ManagedPolicyArns.map((arn) => resolved(arn, context)),
    inline: [
      ...known.data.Policies.map(({ PolicyName }) => resolved(PolicyName, context)),
      ...separate.map((properties) => resolved(policy.safeParse(properties).data?.PolicyName, context)),
    ],
  };
}

function resolved(value: unknown, { stackName, partition }: { stackName: string; partition: string }): string | null {
  if (typeof value === 'string') return value;
  const text = sub.safeParse(value).data?.['Fn::Sub'];
  const plain = text?.replaceAll(/\$\{AWS::(StackName|Partition)\}/g, (_, name: string) =>
    name === 'StackName' ? stackName : partition,
  );
  return plain === undefined || /\$\{/.test(plain) ? null : plain;
}
