import type { Json, JsonObject } from '../json.ts';
import { objectAt, textAt, textsAt } from '../json.ts';
import { userPodsAt } from '../world/activity.ts';
import { nodesAt, readyNodesAt } from '../world/instances.ts';
import { containersOf } from '../world/kube-system.ts';
import { uidOf } from '../world/objects.ts';
import { isPlaced, placedPods } from '../world/placement.ts';
import type { PodProblem, Progress } from '../world/rollouts.ts';
import { progressOf } from '../world/rollouts.ts';
import { staysAway } from '../world/workload-home.ts';
import type { Cluster, KubeObject, PlacedPod, World } from '../world/world.ts';
import { kubeTime } from './nodes.ts';

/** `placed`: the record behind the object, when it has one. */
export type ListedPod = { object: JsonObject; placed: PlacedPod | null };

/** Of users, of every DaemonSet (computed), and of Deployments and StatefulSets (where they were placed). */
export function listedPods(world: World, cluster: Cluster): ListedPod[] {
  const daemonSets = [...cluster.objects].filter(([path]) => /^\/apis\/apps\/v1\/.*\/daemonsets\//.test(path));
  return [
    ...[
      ...userPods(world, cluster),
      ...daemonSets.flatMap(([path, object]) => daemonPods(world, cluster, path, object)),
    ].map((object) => ({ object, placed: null })),
    ...[...cluster.objects].flatMap(([path, object]) =>
      isPlaced(path) ? placedPodsOf(world, cluster, path, object) : [],
    ),
  ];
}

function userPods(world: World, cluster: Cluster): JsonObject[] {
  return userPodsAt(cluster, world.clock.now()).map(({ pod, instance }) =>
    podObject(cluster, {
      name: pod.name,
      namespace: pod.namespace,
      labels: { app: 'jupyterhub', component: 'singleuser-server', 'hub.jupyter.org/username': pod.user },
      nodeName: instance?.nodeName ?? null,
      containers: [{ name: 'notebook', image: 'quay.io/jupyter/scipy-notebook:2024-10-07' }],
      state: { kind: instance === null ? 'pending' : 'running' },
      createdAt: pod.createdAt,
      owner: null,
    }),
  );
}

type PodState = { kind: 'running' } | { kind: 'pending' } | { kind: 'waiting'; problem: PodProblem };

type Pod = {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  nodeName: string | null;
  containers: JsonObject[];
  state: PodState;
  createdAt: number;
  owner: { kind: string; name: string; uid: string } | null;
  /** Of the pod's spec, beside its containers. */
  spec?: JsonObject;
  ends?: { since: number; graceMs: number } | null;
};

/** The first of its pods are updated ones; the others still run what was before. */
function templateOf(object: KubeObject, { isNew, previous }: { isNew: boolean; previous: JsonObject | null }) {
  return isNew || previous === null ? objectAt(object, 'spec', 'template') : previous;
}

function stateIn({ problem }: Progress, { isNew, index, starts }: { isNew: boolean; index: number; starts: boolean }) {
  if (isNew && problem !== null && index === 0) return { kind: 'waiting' as const, problem };
  return starts ? { kind: 'running' as const } : { kind: 'pending' as const };
}

function daemonPods(world: World, cluster: Cluster, path: string, object: KubeObject): JsonObject[] {
  const now = world.clock.now();
  const progress = progressOf(world, cluster, path, object);
  const nodes = nodesAt(world, cluster, now);
  const ready = readyNodesAt(world, cluster, now);
  const rollout = cluster.rollouts.get(path);
  const name = textAt(object.metadata, 'name') ?? '';
  return nodes.map((node, index) => {
    const isNew = index < progress.updated;
    const template = templateOf(object, { isNew, previous: rollout?.previous ?? null });
    return podObject(cluster, {
      name: `${name}-${uidOf(`${path}${index}${isNew ? (rollout?.startedAt ?? '') : 'old'}`).slice(0, 5)}`,
      namespace: textAt(object.metadata, 'namespace') ?? 'default',
      labels: textsAt(template, 'metadata', 'labels'),
      nodeName: node.nodeName,
      containers: containersOf({ spec: { template } }),
      state: stateIn(progress, { isNew, index, starts: ready.includes(node) }),
      createdAt: isNew ? (rollout?.startedAt ?? cluster.createdAt) : cluster.createdAt,
      owner: { kind: 'DaemonSet', name, uid: textAt(object.metadata, 'uid') ?? '' },
    });
  });
}

function placedPodsOf(world: World, cluster: Cluster, path: string, object: KubeObject): ListedPod[] {
  const progress = progressOf(world, cluster, path, object);
  const pods = placedPods(world, cluster).filter((pod) => pod.path === path);
  return pods.map((placed) => ({ placed, object: placedObject(world, cluster, { placed, object, progress }) }));
}

function placedObject(
  world: World,
  cluster: Cluster,
  { placed, object, progress }: { placed: PlacedPod; object: KubeObject; progress: Progress },
): JsonObject {
  const now = world.clock.now();
  const { path, slot, generation, instanceId, readyAt, endsSince, graceMs } = placed;
  const rollout = cluster.rollouts.get(path);
  const isNew = slot < progress.updated;
  const template = templateOf(object, { isNew, previous: rollout?.previous ?? null });
  const owner = ownerOf(object, template);
  const instance = cluster.instances.find(({ id }) => id === instanceId);
  const since = isNew ? Math.max(rollout?.startedAt ?? 0, placed.createdAt) : placed.createdAt;
  const runs = readyAt !== null && readyAt <= now && !staysAway(world, cluster, path);
  // The same in every world: who compares two of them compares names. What is updated has another owner's name in front.
  const identity = uidOf(`${path}${slot}${generation}`).slice(0, 5);
  return podObject(cluster, {
    name: object['kind'] === 'StatefulSet' ? `${owner.name}-${slot}` : `${owner.name}-${identity}`,
    namespace: textAt(object.metadata, 'namespace') ?? 'default',
    labels: { ...textsAt(template, 'metadata', 'labels'), ...owner.labels },
    nodeName: instance?.nodeName ?? null,
    containers: containersOf({ spec: { template } }),
    state: stateIn(progress, { isNew, index: slot, starts: runs }),
    createdAt: since,
    owner: { kind: owner.kind, name: owner.name, uid: owner.uid },
    spec: { terminationGracePeriodSeconds: graceMs / 1000, volumes: objectAt(template, 'spec')['volumes'] ?? [] },
    ends: endsSince === null ? null : { since: endsSince, graceMs },
  });
}

/** Pods of a Deployment belong to a ReplicaSet that is called after it and after a hash of the template. */
function ownerOf(object: KubeObject, template: JsonObject) {
  const name = textAt(object.metadata, 'name') ?? '';
  const uid = textAt(object.metadata, 'uid') ?? '';
  if (object['kind'] !== 'Deployment') return { kind: textAt(object, 'kind') ?? '', name, uid, labels: {} };
  const hash = uidOf(JSON.stringify(template)).slice(0, 8);
  return {
    kind: 'ReplicaSet',
    name: `${name}-${hash}`,
    uid: uidOf(`${uid}${hash}`),
    labels: { 'pod-template-hash': hash },
  };
}

function podObject(cluster: Cluster, pod: Pod): JsonObject {
  const running = pod.state.kind === 'running';
  const owners: Json[] = pod.owner === null ? [] : [{ apiVersion: 'apps/v1', controller: true, ...pod.owner }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: uidOf(`${pod.namespace}/${pod.name}/${pod.createdAt}`),
      resourceVersion: String(cluster.resourceVersion),
      labels: pod.labels,
      creationTimestamp: kubeTime(pod.createdAt),
      ...(pod.ends == null
        ? {}
        : {
            // when the grace is over: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
            deletionTimestamp: kubeTime(pod.ends.since + pod.ends.graceMs),
            deletionGracePeriodSeconds: pod.ends.graceMs / 1000,
          }),
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    },
    spec: { ...pod.spec, ...(pod.nodeName === null ? {} : { nodeName: pod.nodeName }), containers: pod.containers },
    status: {
      phase: running ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: running ? 'True' : 'False' }],
      containerStatuses: pod.containers.map((container) => ({
        name: container['name'] ?? '',
        image: container['image'] ?? '',
        imageID: '',
        ready: running,
        restartCount: 0,
        started: running,
        state: stateOf(pod),
      })),
    },
  };
}

function stateOf({ state, createdAt }: Pod): JsonObject {
  switch (state.kind) {
    case 'running':
      return { running: { startedAt: kubeTime(createdAt) } };
    case 'pending':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'waiting':
      return { waiting: { ...state.problem } };
    default:
      return state satisfies never;
  }
}
