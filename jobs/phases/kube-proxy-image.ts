import { type KubernetesVersion, minorOf } from '#src/domain/version.ts';
import type { AddonWorkload } from '#src/ports/kubernetes.ts';

/** The runbook's exception: below 1.23 the image of kube-proxy may fail to be pulled, the old pods go on, and 1.23 heals it. */
export function harmlessPullFailure(
  addon: string,
  version: KubernetesVersion,
  { podProblems }: AddonWorkload,
): string | null {
  const problem = podProblems.find((text) => /ImagePull/.test(text));
  return addon === 'kube-proxy' && minorOf(version) < 23 && problem !== undefined ? problem : null;
}
