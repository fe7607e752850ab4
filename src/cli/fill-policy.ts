import { z } from 'zod';

/** A policy of docs/, as far as names have to be filled in; the rest is passed on as it is. */
const policySchema = z.looseObject({
  Statement: z.array(z.looseObject({ Resource: z.union([z.string(), z.array(z.string())]) })),
});

type Policy = z.output<typeof policySchema>;

/** In the shipped policies it stands for the name of a cluster. */
const PLACEHOLDER = 'CLUSTER';

/**
 * CloudFormation cuts the stack's name so that a role's name has at most 64 characters:
 * `eksctl-eksworkshop-eksctl-nodegro-NodeInstanceRole-1U0K2ICFS67EX`. What of it is left before `-NodeInstanceRole-` and
 * 12 or 13 characters is 33 long, so with a long cluster name the pattern has to end earlier.
 */
const ROLE_NAME_PART = 33;

/** The policy with its patterns once for each of these clusters. Throws ZodError for what is no policy. */
export function fillPolicy(policy: unknown, clusters: readonly string[]): Policy {
  const parsed = policySchema.parse(policy);
  return { ...parsed, Statement: parsed.Statement.map((statement) => fillStatement(statement, clusters)) };
}

function fillStatement(statement: Policy['Statement'][number], clusters: readonly string[]) {
  const patterns = [statement.Resource].flat();
  const filled = new Set(
    patterns.flatMap((pattern) =>
      pattern.includes(PLACEHOLDER) ? clusters.map((cluster) => fillPattern(pattern, cluster)) : [pattern],
    ),
  );
  return { ...statement, Resource: [...filled] };
}

function fillPattern(pattern: string, cluster: string): string {
  const filled = pattern.replaceAll(PLACEHOLDER, cluster);
  const role = /^(arn:[^:]+:iam::[^:]*:role\/)(.+)\*$/.exec(filled);
  return role === null ? filled : `${role[1]}${role[2]?.slice(0, ROLE_NAME_PART)}*`;
}
