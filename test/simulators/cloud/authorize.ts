import type { KubernetesIdentity } from './world/access.ts';
import type { Principal } from './world/world.ts';

/**
 * The one place that decides what a principal may do. For now a known principal may call everything in AWS, and in
 * Kubernetes only `system:masters` may do anything: checks against the shipped IAM and RBAC files belong here.
 */
export type AwsAction = { service: string; operation: string; resource: string };

export function authorizeAws(_principal: Principal, _action: AwsAction): 'allowed' | 'denied' {
  return 'allowed';
}

export type KubernetesAction = {
  verb: string;
  group: string;
  resource: string;
  subresource: string | null;
  namespace: string | null;
};

export function authorizeKubernetes(identity: KubernetesIdentity, _action: KubernetesAction): 'allowed' | 'denied' {
  return identity.groups.includes('system:masters') ? 'allowed' : 'denied';
}
