import { listAt, numberAt, textAt } from '../json.ts';
import { isCoreNode, joinedAt } from './instances.ts';
import { zoneOfClaims } from './volumes.ts';
import type { Cluster, Instance, KubeObject, PlacedPod, World } from './world.ts';

/**
 * On which nodes the pods of Deployments and StatefulSets are. As everything here it is a function of what happened and
 * of the clock: `settle` writes down what has come about since somebody looked last, at the moments at which it did.
 *
 *   waits for a node → (a core node that is Ready and takes pods, in the zone of its volume) starts → Ready
 *   told to end → its grace → gone; a Deployment makes the next one at once, a StatefulSet when it is gone
 *   its node goes → gone with it, without a grace
 */
export function placedPods(world: World, cluster: Cluster): PlacedPod[] {
  settle(world, cluster);
  const now = world.clock.now();
  return cluster.placed.filter(({ createdAt, goneAt }) => createdAt <= now && (goneAt === null || now < goneAt));
}

/** Pods of one workload that are Ready, those that are ending left out. */
export function readyPods(world: World, cluster: Cluster, path: string): PlacedPod[] {
  const now = world.clock.now();
  return placedPods(world, cluster).filter(
    (pod) => pod.path === path && pod.endsSince === null && pod.readyAt !== null && pod.readyAt <= now,
  );
}

/** The pod is told to end: it takes all of its grace. One that is ending already goes on with that. */
export function endPod(world: World, pod: PlacedPod): void {
  if (pod.endsSince !== null) return;
  const now = world.clock.now();
  pod.endsSince = now;
  pod.goneAt = pod.instanceId === null ? now : now + pod.graceMs;
}

/** Anything that changes where pods may go is preceded by this: what came about before came about before. */
export function settle(world: World, cluster: Cluster): void {
  for (const [path, object] of cluster.objects) if (isPlaced(path)) fillSlots(cluster, path, object);
  let before: number;
  do {
    before = cluster.placed.length;
    for (const pod of cluster.placed) {
      loseWithNode(world, cluster, pod);
      if (pod.instanceId === null && pod.endsSince === null) start(world, cluster, pod);
      replace(world, cluster, pod);
    }
  } while (cluster.placed.length > before);
  const now = world.clock.now();
  const isForgotten = (pod: PlacedPod): boolean =>
    !cluster.objects.has(pod.path) || (pod.isReplaced && pod.goneAt !== null && pod.goneAt < now - FORGET_MS);
  if (cluster.placed.some(isForgotten)) cluster.placed = cluster.placed.filter((pod) => !isForgotten(pod));
}

const FORGET_MS = 60 * 60_000;
/** A volume is detached and attached again: https://github.com/kubernetes-sigs/aws-ebs-csi-driver/issues/1955 */
const ATTACH_MS = 10_000;

export function isPlaced(path: string): boolean {
  return /^\/apis\/apps\/v1\/namespaces\/[^/]+\/(deployments|statefulsets)\//.test(path);
}

/** As many pods as the workload wants; those of a seeded one have been there from the beginning. */
function fillSlots(cluster: Cluster, path: string, object: KubeObject): void {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  for (let slot = 0; slot < wanted; slot += 1) {
    if (cluster.placed.some((pod) => pod.path === path && pod.slot === slot)) continue;
    cluster.placed.push(newPod({ path, slot, generation: 0, createdAt: cluster.createdAt }, object));
  }
}

function newPod(
  identity: Pick<PlacedPod, 'path' | 'slot' | 'generation' | 'createdAt'>,
  object: KubeObject,
): PlacedPod {
  const grace = numberAt(object, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds') ?? 30;
  const namespace = textAt(object.metadata, 'namespace') ?? 'default';
  const claims = listAt(object, 'spec', 'template', 'spec', 'volumes').flatMap(
    (volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') ?? [],
  );
  return {
    ...identity,
    graceMs: grace * 1000,
    claims: claims.map((claim) => `${namespace}/${claim}`),
    instanceId: null,
    readyAt: null,
    endsSince: null,
    goneAt: null,
    isReplaced: false,
  };
}

function loseWithNode(world: World, cluster: Cluster, pod: PlacedPod): void {
  const terminatedAt = cluster.instances.find(({ id }) => id === pod.instanceId)?.terminatedAt ?? null;
  if (terminatedAt === null || terminatedAt > world.clock.now()) return;
  if (pod.goneAt !== null && pod.goneAt <= terminatedAt) return;
  pod.endsSince ??= terminatedAt;
  pod.goneAt = terminatedAt;
}

function replace(world: World, cluster: Cluster, pod: PlacedPod): void {
  if (pod.isReplaced || pod.endsSince === null) return;
  const object = cluster.objects.get(pod.path);
  const createdAt = object?.['kind'] === 'StatefulSet' ? pod.goneAt : pod.endsSince;
  if (object === undefined || createdAt === null || createdAt > world.clock.now()) return;
  pod.isReplaced = true;
  const { path, slot, generation } = pod;
  cluster.placed.push(newPod({ path, slot, generation: generation + 1, createdAt }, object));
}

/** On the node that could take it first; of those that could, the one with the fewest pods. */
function start(world: World, cluster: Cluster, pod: PlacedPod): void {
  const now = world.clock.now();
  const zone = zoneOfClaims(cluster, pod.claims);
  const load = (id: string): number =>
    cluster.placed.filter((other) => other.instanceId === id && other.goneAt === null).length;
  const places = candidates(cluster, now)
    .filter((instance) => zone === null || instance.zone === zone)
    .map((instance) => ({ instance, from: Math.max(pod.createdAt, takesPodsFrom(world, cluster, instance)) }))
    .filter(({ instance, from }) => from <= now && (instance.terminatedAt === null || from < instance.terminatedAt))
    .toSorted((a, b) => a.from - b.from || load(a.instance.id) - load(b.instance.id));
  const place = places[0];
  if (place === undefined) return;
  pod.instanceId = place.instance.id;
  // A pod that was there when the cluster was seeded has long started.
  const starts = pod.generation === 0 ? 0 : world.durations.podStart;
  pod.readyAt = Math.max(place.from, volumeFreeAt(cluster, pod)) + starts;
}

/** Core nodes, or any where there is none; what is cordoned takes nobody. */
function candidates(cluster: Cluster, now: number): Instance[] {
  const there = cluster.instances.filter(({ terminatedAt }) => terminatedAt === null || terminatedAt > now);
  const core = there.filter(isCoreNode);
  return (core.length > 0 ? core : there).filter(
    ({ unschedulable, taints }) => !unschedulable && !taints.some(isPhaseOut),
  );
}

/** What nobody tolerates. */
function isPhaseOut({ key }: { key: string }): boolean {
  return key.startsWith('eks-upgrade/');
}

function takesPodsFrom(world: World, cluster: Cluster, instance: Instance): number {
  if (instance.unwell) return Number.POSITIVE_INFINITY;
  return joinedAt(world, cluster, instance) + world.durations.nodeReady;
}

/** A volume is at one node at a time (ReadWriteOnce). */
function volumeFreeAt(cluster: Cluster, pod: PlacedPod): number {
  const others = cluster.placed.filter(
    (other) =>
      other !== pod && other.generation < pod.generation && other.claims.some((one) => pod.claims.includes(one)),
  );
  return Math.max(0, ...others.map(({ goneAt }) => (goneAt === null ? 0 : goneAt + ATTACH_MS)));
}
