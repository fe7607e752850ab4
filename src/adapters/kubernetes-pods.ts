import type { V1Container, V1LabelSelector, V1PersistentVolume, V1Pod } from '@kubernetes/client-node';
import type { PodBudget, PodOnNode, PodOwner, Room } from '#src/domain/pod-on-node.ts';
import type { PolicyVersion } from './kubernetes-eviction.ts';

/** The kubelet marks the pods of its own manifests so: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-mirror */
const MIRROR = 'kubernetes.io/config.mirror';

/** Where a volume can be reached: the standard label, its legacy name, and that of older EBS drivers. */
const ZONE_KEYS = [
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.ebs.csi.aws.com/zone',
];

export function isFinished({ status }: V1Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

export function toPodOnNode({ metadata, spec, status }: V1Pod): PodOnNode {
  const labels = metadata?.labels ?? {};
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    node: spec?.nodeName ?? '',
    labels,
    owner: ownerOf(metadata),
    isMirror: metadata?.annotations?.[MIRROR] !== undefined,
    ready: status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false,
    isEnding: metadata?.deletionTimestamp !== undefined,
    graceSeconds: metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30,
    requests: { cpu: requested(spec, 'cpu'), memory: requested(spec, 'memory') },
    claims: (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []),
  };
}

/** A ReplicaSet of a Deployment is called after it and after the hash in the pod's label. */
function ownerOf(metadata: V1Pod['metadata']): PodOwner | null {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return null;
  const { kind, name } = owner;
  const namespace = metadata?.namespace ?? '';
  const suffix = `-${metadata?.labels?.['pod-template-hash'] ?? ''}`;
  if (kind !== 'ReplicaSet' || suffix === '-' || !name.endsWith(suffix)) return { kind, namespace, name };
  return { kind: 'Deployment', namespace, name: name.slice(0, -suffix.length) };
}

/**
 * As the scheduler counts: the sum of the containers, or the largest init container when that is more; init containers that
 * go on running (sidecars) count with both.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
function requested(spec: V1Pod['spec'], resource: 'cpu' | 'memory'): number {
  const of = ({ resources }: V1Container): number => quantity(resources?.requests?.[resource]);
  const sum = (containers: V1Container[]): number => containers.reduce((total, container) => total + of(container), 0);
  const isSidecar = ({ restartPolicy }: V1Container): boolean => restartPolicy === 'Always';
  const [containers, inits] = [spec?.containers ?? [], spec?.initContainers ?? []];
  const largest = Math.max(0, ...inits.filter((container) => !isSidecar(container)).map(of));
  return sum(inits.filter(isSidecar)) + Math.max(sum(containers), largest) + quantity(spec?.overhead?.[resource]);
}

export function toRoom(allocatable: Record<string, string> | undefined): Room {
  return {
    cpu: quantity(allocatable?.cpu),
    memory: quantity(allocatable?.memory),
    pods: quantity(allocatable?.pods),
  };
}

const FACTORS: Record<string, number> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** `500m`, `1.5Gi`, `1e3`; client-node's own reads no fraction of a larger unit. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
function quantity(text: string | undefined): number {
  const [, number = '0', unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text ?? '0') ?? [];
  return Number(number) * (FACTORS[unit] ?? 1);
}

/** Terms are alternatives; one that says nothing of zones lets the volume be reached everywhere. */
export function zonesOf({ metadata, spec }: Pick<V1PersistentVolume, 'metadata' | 'spec'>): string[] {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const zones = terms.map(({ matchExpressions = [] }) =>
    matchExpressions.flatMap(({ key, operator, values = [] }) =>
      ZONE_KEYS.includes(key) && operator === 'In' ? values : [],
    ),
  );
  if (zones.some((of) => of.length === 0)) return [];
  if (zones.length > 0) return [...new Set(zones.flat())];
  // Volumes of the driver that came with Kubernetes have labels; several zones stand in one, parted by `__`.
  const label = ZONE_KEYS.map((key) => metadata?.labels?.[key]).find((value) => value !== undefined);
  return label?.split('__') ?? [];
}

export type ApiBudget = {
  metadata: { name: string; namespace: string };
  spec?: { selector?: V1LabelSelector };
  status?: { disruptionsAllowed?: number };
};

/** An empty selector is about all pods in policy/v1 and about none in policy/v1beta1; none at all is about none. */
export function toBudget({ metadata, spec, status }: ApiBudget, version: PolicyVersion): PodBudget {
  const { selector } = spec ?? {};
  const isEmpty = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    matches: (labels) => selector !== undefined && (isEmpty ? version === 'v1' : selectorMatches(selector, labels)),
    disruptionsAllowed: status?.disruptionsAllowed ?? 0,
  };
}

function selectorMatches({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector, labels: Record<string, string>) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
