import { type KubernetesVersion, minorOf, minorsBetween } from './version.ts';

/**
 * `supported`: nodes are never newer than the control plane, and at most 2 minors older (3 from kubelet 1.25 on).
 * `runbook`: nodes up to two minors ahead, to save a rotation. Kubernetes does not support that.
 * Source: https://kubernetes.io/releases/version-skew-policy/#kubelet
 */
export type SkewPolicy = 'supported' | 'runbook';

/** How many minors a kubelet may be older than the API server. */
function oldestAllowedSkew(kubelet: KubernetesVersion): number {
  return minorOf(kubelet) >= 25 ? 3 : 2;
}

/** How many minors a kubelet may be newer than the API server under a policy. */
export function newestAllowedSkew(policy: SkewPolicy): number {
  return policy === 'runbook' ? 2 : 0;
}

export function isTooOldFor(kubelet: KubernetesVersion, controlPlane: KubernetesVersion): boolean {
  return minorsBetween(kubelet, controlPlane) > oldestAllowedSkew(kubelet);
}
