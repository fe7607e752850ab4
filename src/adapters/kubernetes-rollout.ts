import type { V1DaemonSet, V1Deployment, V1Pod } from '@kubernetes/client-node';

export type Rollout = { rolledOut: boolean; progress: string };

/**
 * Whether every node runs the DaemonSet's newest template, decided as `kubectl rollout status` does:
 * https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollout_status.go
 */
export function daemonSetRollout({ metadata, status, spec }: V1DaemonSet): Rollout {
  const desired = status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  const available = status?.numberAvailable ?? 0;
  if (!observed(metadata?.generation, status?.observedGeneration)) return notYet('the change is not observed yet');
  if (updated < desired) {
    const by =
      spec?.updateStrategy?.type === 'OnDelete' ? ' (update strategy OnDelete: each pod waits to be deleted)' : '';
    return notYet(`${count(updated, desired, available)}${by}`);
  }
  return { rolledOut: available >= desired, progress: count(updated, desired, available) };
}

/** As for DaemonSets; a Deployment also waits for its old pods to go. Replicas default to 1. */
export function deploymentRollout({ metadata, spec, status }: V1Deployment): Rollout {
  const desired = spec?.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const old = (status?.replicas ?? 0) - updated;
  if (!observed(metadata?.generation, status?.observedGeneration)) return notYet('the change is not observed yet');
  const deadline =
    status?.conditions?.find(({ type }) => type === 'Progressing')?.reason === 'ProgressDeadlineExceeded';
  const progress = `${count(updated, desired, available)}${old > 0 ? `, ${old} old to go` : ''}${deadline ? ', progress deadline exceeded' : ''}`;
  return { rolledOut: !deadline && updated >= desired && old <= 0 && available >= updated, progress };
}

/** Reasons that say no more than "not yet". */
const STARTING = ['ContainerCreating', 'PodInitializing'];

/** Why containers wait, each reason once: the kubelet puts the pod's name into its messages, which is cut off. */
export function podProblems(pods: V1Pod[]): string[] {
  const waiting = pods
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .flatMap(({ state }) => (state?.waiting === undefined ? [] : [state.waiting]))
    .filter(({ reason }) => reason !== undefined && !STARTING.includes(reason))
    .map(({ reason, message }) =>
      message === undefined ? `${reason}` : `${reason}: ${message.replace(/\s*\(pod: .*\)$/s, '')}`,
    );
  return [...new Set(waiting)];
}

function observed(generation: number | undefined, observedGeneration: number | undefined): boolean {
  return (observedGeneration ?? 0) >= (generation ?? 0);
}

function count(updated: number, desired: number, available: number): string {
  const missing = Math.max(0, desired - available);
  return `${updated} of ${desired} pods updated${missing > 0 ? `, ${missing} unavailable` : ''}`;
}

function notYet(progress: string): Rollout {
  return { rolledOut: false, progress };
}
