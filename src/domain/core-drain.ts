import type { PodBudget, PodOnNode, PodOwner, PodVolume, Room } from './pod-on-node.ts';

/**
 * What has to leave a node before it goes, as kubectl drain chooses it
 * (https://github.com/kubernetes/kubectl/blob/master/pkg/drain/filters.go): not the pods of DaemonSets, which would come
 * back at once, nor mirror pods, which are the node's own. A pod that is told to end already only has to be waited for.
 */
export function mustLeave({ owner, isMirror }: PodOnNode): boolean {
  return owner?.kind !== 'DaemonSet' && !isMirror;
}

/** Whether cordons and evictions have begun in this attempt: what was Ready on the old nodes is written down before the first. */
export function isDrainUnderWay({ memory }: { memory: Record<string, string> }): boolean {
  return memory['wasReady'] !== undefined;
}

/** A new core node as far as pods that come to it are concerned. */
export type NewNode = { name: string; zone: string | null; allocatable: Room };

/** Volumes that no new node can reach: EBS volumes stay in their zone. */
export function outOfReach(volumes: readonly PodVolume[], nodes: readonly NewNode[]): PodVolume[] {
  return volumes.filter(
    ({ zones }) => zones.length > 0 && !nodes.some(({ zone }) => zone !== null && zones.includes(zone)),
  );
}

/**
 * Pods that find no room on the new nodes beside what runs there: the largest first, each on the first node that has what
 * it asks for, in a zone of its volumes. The scheduler may do better; that a person decides, and not an estimate.
 */
export function withoutRoom({
  moving,
  volumes,
  nodes,
  staying,
}: {
  moving: readonly PodOnNode[];
  volumes: readonly PodVolume[];
  nodes: readonly NewNode[];
  staying: readonly PodOnNode[];
}): PodOnNode[] {
  const free = nodes.map((node) => ({
    zone: node.zone,
    room: staying.filter((pod) => pod.node === node.name).reduce((left, pod) => less(left, pod), node.allocatable),
  }));
  const bySize = moving.toSorted((a, b) => b.requests.memory - a.requests.memory || b.requests.cpu - a.requests.cpu);
  return bySize.filter((pod) => {
    const zones = volumes.filter(({ pod: uid }) => uid === pod.uid).map((volume) => volume.zones);
    const place = free.find(
      ({ zone, room }) => fits(pod, room) && zones.every((ok) => ok.length === 0 || ok.includes(zone ?? '')),
    );
    if (place !== undefined) place.room = less(place.room, pod);
    return place === undefined;
  });
}

function fits({ requests }: PodOnNode, room: Room): boolean {
  return requests.cpu <= room.cpu && requests.memory <= room.memory && room.pods >= 1;
}

function less(room: Room, { requests }: PodOnNode): Room {
  return { cpu: room.cpu - requests.cpu, memory: room.memory - requests.memory, pods: room.pods - 1 };
}

/** Workloads with a Ready pod among these, each once. Pods that nothing makes again are not among them. */
export function readyOwners(pods: readonly PodOnNode[]): PodOwner[] {
  const owners = pods.filter(({ ready }) => ready).flatMap(({ owner }) => owner ?? []);
  return [...new Map(owners.map((owner) => [ownerText(owner), owner])).values()];
}

/** `Deployment prod/hub` */
export function ownerText({ kind, namespace, name }: PodOwner): string {
  return `${kind} ${namespace}/${name}`;
}

/** The owner that `ownerText` wrote down. */
export function parseOwner(text: string): PodOwner | null {
  const [, kind, namespace, name] = /^(\S+) ([^/]+)\/(.+)$/.exec(text) ?? [];
  return kind === undefined || namespace === undefined || name === undefined ? null : { kind, namespace, name };
}

/** The budgets of a pod that let none of their pods go now, or, when it has several, all of them. */
export function budgetsInTheWay(pod: PodOnNode, budgets: readonly PodBudget[]): PodBudget[] {
  const own = budgets.filter(({ namespace, matches }) => namespace === pod.namespace && matches(pod.labels));
  return own.length > 1 ? own : own.filter(({ disruptionsAllowed }) => disruptionsAllowed < 1);
}
