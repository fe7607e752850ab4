import { AwsError } from '../aws/errors.ts';
import { at, listAt } from '../json.ts';
import { parseTemplate, resolve } from './template.ts';
import type { Cluster, RolePolicy, Stack, World } from './world.ts';

/**
 * The policies on a role of a stack: those of its template, and those that somebody put there since. CloudFormation
 * deletes no role that has one it did not put there.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
 */
export function policiesOf(cluster: Cluster, role: string, now: number): Pick<RolePolicy, 'name' | 'arn'>[] {
  const byHand = cluster.rolePolicies.filter((policy) => policy.role === role && isThere(policy, now));
  return [...ofTemplate(cluster, stackOfRole(cluster, role, now)), ...byHand];
}

/** Why the stack's role cannot be deleted now, in IAM's words; null: nothing is in the way. */
export function policyInTheWay(cluster: Cluster, stack: Stack, now: number): string | null {
  const roles = rolesOf(stack);
  const left = cluster.rolePolicies.filter((policy) => roles.includes(policy.role) && isThere(policy, now));
  if (left.length === 0) return null;
  const what = left.some(({ arn }) => arn !== null) ? 'detach all policies' : 'delete policies';
  return `Cannot delete entity, must ${what} first.`;
}

export function attachPolicy(cluster: Cluster, policy: Pick<RolePolicy, 'role' | 'name' | 'arn'>, now: number): void {
  stackOfRole(cluster, policy.role, now);
  const { role, name } = policy;
  if (policiesOf(cluster, role, now).some((known) => known.name === name)) return;
  cluster.rolePolicies.push({ ...policy, from: now, to: null });
}

/** Throws AwsError for a policy that is not on the role. Only what was put there by hand is taken off. */
export function detachPolicy(world: World, cluster: Cluster, { role, name }: { role: string; name: string }): void {
  const now = world.clock.now();
  const found = cluster.rolePolicies.find(
    (policy) => policy.role === role && policy.name === name && isThere(policy, now),
  );
  if (found === undefined) throw new AwsError('NoSuchEntity', `Policy ${name} was not found.`, 404);
  found.to = now;
}

/** Everything that was put on the roles of node groups by hand. */
export function detachAll(world: World, cluster: Cluster): void {
  for (const policy of cluster.rolePolicies) policy.to ??= world.clock.now();
}

/** The roles that a stack made. */
export function rolesOf(stack: Stack): string[] {
  return stack.resources.filter(({ type }) => type === 'AWS::IAM::Role').map(({ physicalId }) => physicalId);
}

function stackOfRole(cluster: Cluster, role: string, now: number): Stack {
  const stack = cluster.stacks.find((candidate) => rolesOf(candidate).includes(role) && !isGone(candidate, now));
  if (stack === undefined) throw new AwsError('NoSuchEntity', `The role with name ${role} cannot be found.`, 404);
  return stack;
}

/** A role goes with its stack. */
function isGone({ deletions }: Stack, now: number): boolean {
  return deletions.some(({ outcome, endsAt }) => outcome === 'deleted' && endsAt <= now);
}

function ofTemplate(cluster: Cluster, stack: Stack): Pick<RolePolicy, 'name' | 'arn'>[] {
  const { resources } = parseTemplate(stack.template);
  const context = { stackName: stack.name, stackId: stack.id, region: cluster.region, account: cluster.account };
  return resources.flatMap(({ type, properties }): Pick<RolePolicy, 'name' | 'arn'>[] => {
    if (type === 'AWS::IAM::Policy')
      return [{ name: resolve(at(properties, 'PolicyName'), stack.resources, context), arn: null }];
    if (type !== 'AWS::IAM::Role') return [];
    return listAt(properties, 'ManagedPolicyArns').map((value) => {
      const arn = resolve(value, stack.resources, context);
      return { name: arn.slice(arn.lastIndexOf('/') + 1), arn };
    });
  });
}

function isThere({ from, to }: RolePolicy, now: number): boolean {
  return from <= now && (to === null || now < to);
}
