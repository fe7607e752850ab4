import type { AwsRequest } from './aws/request.ts';
import { awsDenial, kubernetesDenial } from './rights/denials.ts';
import type { Wish } from './rights/policy.ts';
import type { KubernetesWish } from './rights/rbac.ts';
import type { KubernetesIdentity } from './world/access.ts';
import type { Principal, World } from './world/world.ts';

/**
 * The one place that decides what a principal may do: by the policies and manifests in docs/ that people are told to
 * install, and nothing beyond them. A call that is refused here in a scenario needs a right that a shipped file does not
 * give: what the bot calls itself belongs into docs/iam-policy.json, what only eksctl and CloudFormation for it do into
 * docs/iam-policy-eksctl.json, verbs in a cluster into docs/rbac.yaml. Who has which: rights/rights.ts.
 */
export type AwsAction = Pick<Wish, 'action' | 'resource'> & { context?: Record<string, string> };

/** Throws the called service's own error for the first of these that is not allowed. */
export function authorizeAws(
  { world, principal }: Pick<AwsRequest, 'world' | 'principal'>,
  service: string,
  actions: AwsAction[],
): void {
  const denied = firstDenied(world, principal, actions);
  if (denied !== null) throw awsDenial(principal.arn, service, denied);
}

/** The first of these that this principal may not do, in the order in which AWS needs them. */
export function firstDenied({ rights }: World, principal: Principal, actions: AwsAction[]): Wish | null {
  for (const { action, resource, context = {} } of actions) {
    // Nobody needs a right to learn who he is: STS API reference, GetCallerIdentity. AssumeRole asks the role's trust policy.
    if (action.startsWith('sts:')) continue;
    const wish = { action, resource, context };
    if (!rights.mayInAws(principal, wish)) return wish;
  }
  return null;
}

export type KubernetesAction = KubernetesWish;

export function mayInKubernetes({ rights }: World, identity: KubernetesIdentity, action: KubernetesAction): boolean {
  // Everybody who is let in may ask what he may do: the ClusterRole system:basic-user,
  // https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
  if (action.group === 'authorization.k8s.io' && action.resource.startsWith('selfsubject')) return true;
  return rights.mayInKubernetes(identity, action);
}

export function authorizeKubernetes(world: World, identity: KubernetesIdentity, action: KubernetesAction): void {
  if (!mayInKubernetes(world, identity, action)) throw kubernetesDenial(identity, action);
}
