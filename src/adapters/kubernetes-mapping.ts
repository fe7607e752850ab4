import type { V1Container, V1Node, V1Pod } from '@kubernetes/client-node';
import type { UserPod } from '#src/domain/activity.ts';
import { type CoreAddon, type ObservedNode, PHASE_OUT } from '#src/domain/observation.ts';

/** Where each core add-on runs, in kube-system; `app` is the value of its pods' label `k8s-app`. */
export const WORKLOADS: Record<CoreAddon, { kind: 'DaemonSet' | 'Deployment'; name: string; app: string }> = {
  'kube-proxy': { kind: 'DaemonSet', name: 'kube-proxy', app: 'kube-proxy' },
  'vpc-cni': { kind: 'DaemonSet', name: 'aws-node', app: 'aws-node' },
  coredns: { kind: 'Deployment', name: 'coredns', app: 'kube-dns' },
};

/** eksctl labels the nodes of all its groups, EKS those of managed ones. */
const GROUP_LABELS = ['alpha.eksctl.io/nodegroup-name', 'eks.amazonaws.com/nodegroup'];

/** https://kubernetes.io/docs/reference/node/node-status/#condition */
const TROUBLES = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable'];

export function toObservedNode({ metadata, spec, status }: V1Node): ObservedNode {
  const labels = metadata?.labels ?? {};
  const troubles = (status?.conditions ?? []).flatMap(({ type, status: state }) =>
    TROUBLES.includes(type) && state === 'True' ? [type] : [],
  );
  const group = GROUP_LABELS.map((label) => labels[label]).find((value) => value !== undefined);
  return {
    name: metadata?.name ?? '',
    group: group ?? null,
    ready: status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false,
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? '',
    unschedulable: spec?.unschedulable ?? false,
    phasedOut: spec?.taints?.some(({ key }) => key === PHASE_OUT.key) ?? false,
    ...(troubles.length === 0 ? {} : { troubles }),
  };
}

/** A pod that several selectors match counts once, one that has ended not at all. */
export function toUserPods(pods: V1Pod[]): UserPod[] {
  const alive = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const byId = new Map(
    alive.map(({ metadata, spec }) => [
      metadata?.uid ?? `${metadata?.namespace}/${metadata?.name}`,
      { namespace: metadata?.namespace ?? '', node: spec?.nodeName || null },
    ]),
  );
  return [...byId.values()];
}

/** As kubectl drain tells: what a DaemonSet or the kubelet itself (a mirror pod) put there, and what has ended, is nobody's loss. */
export function goesWithItsNode({ metadata, status }: V1Pod): boolean {
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const isMirror = metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const isOfDaemonSet = metadata?.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
  return !hasEnded && !isMirror && !isOfDaemonSet;
}

/** The container that gives the add-on its version: the one named after the workload, else the first. */
export function mainImage(containers: V1Container[] | undefined, workload: string): string {
  return (containers?.find(({ name }) => name === workload) ?? containers?.[0])?.image ?? '';
}
