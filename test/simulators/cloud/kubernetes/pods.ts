import type { Json, JsonObject } from '../json.ts';
import { objectAt, textAt, textsAt } from '../json.ts';
import { userPodsAt } from '../world/activity.ts';
import { isOfTeam } from '../world/hub-workloads.ts';
import { nodesAt, readyNodesAt } from '../world/instances.ts';
import { containersOf } from '../world/kube-system.ts';
import { uidOf } from '../world/objects.ts';
import type { PodProblem } from '../world/rollouts.ts';
import { progressOf } from '../world/rollouts.ts';
import { homeNode, isAtHome, isCore } from '../world/workload-home.ts';
import type { Cluster, Instance, KubeObject, World } from '../world/world.ts';
import { kubeTime } from './nodes.ts';

/** Pod objects: of users, and of every DaemonSet and Deployment; computed, not stored. */
export function podObjects(world: World, cluster: Cluster): JsonObject[] {
  const workloads = [...cluster.objects].filter(([path]) =>
    /^\/apis\/apps\/v1\/.*\/(daemonsets|deployments|statefulsets)\//.test(path),
  );
  return [
    ...userPods(world, cluster),
    ...workloads.flatMap(([path, object]) => workloadPods(world, cluster, path, object)),
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
};

function workloadPods(world: World, cluster: Cluster, path: string, object: KubeObject): JsonObject[] {
  const now = world.clock.now();
  const { wanted, updated, problem } = progressOf(world, cluster, path, object);
  const isOnEveryNode = object['kind'] === 'DaemonSet';
  const ready = readyNodesAt(world, cluster, now);
  const nodes = isOnEveryNode
    ? nodesAt(world, cluster, now)
    : isOfTeam(path)
      ? homeOf(world, cluster)
      : whereTheyAre(ready);
  const runs = isAtHome(world, cluster, path);
  const rollout = cluster.rollouts.get(path);
  const name = textAt(object.metadata, 'name') ?? '';
  return Array.from({ length: wanted }, (_, index) => {
    const isNew = index < updated;
    const template =
      isNew || rollout?.previous === undefined || rollout.previous === null
        ? objectAt(object, 'spec', 'template')
        : rollout.previous;
    const node = nodes.length === 0 ? undefined : nodes[index % nodes.length];
    const starts = runs && node !== undefined && ready.includes(node);
    const state: PodState =
      isNew && problem !== null && index === 0
        ? { kind: 'waiting', problem }
        : starts
          ? { kind: 'running' }
          : { kind: 'pending' };
    return podObject(cluster, {
      name: `${name}-${uidOf(`${path}${index}${isNew ? (rollout?.startedAt ?? '') : 'old'}`).slice(0, 5)}`,
      namespace: textAt(object.metadata, 'namespace') ?? 'default',
      labels: textsAt(template, 'metadata', 'labels'),
      nodeName: node?.nodeName ?? null,
      containers: containersOf({ spec: { template } }),
      state,
      createdAt: isNew ? (rollout?.startedAt ?? cluster.createdAt) : cluster.createdAt,
      owner: {
        kind: object['kind'] === 'Deployment' ? 'ReplicaSet' : String(object['kind']),
        name,
        uid: textAt(object.metadata, 'uid') ?? '',
      },
    });
  });
}

function homeOf(world: World, cluster: Cluster): Instance[] {
  const home = homeNode(world, cluster);
  return home === undefined ? [] : [home];
}

/** Replicas of CoreDNS stay where they are: a node that comes for other things gets none. */
function whereTheyAre(ready: Instance[]): Instance[] {
  const core = ready.filter(isCore);
  return core.length > 0 ? core : ready;
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
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    },
    spec: { ...(pod.nodeName === null ? {} : { nodeName: pod.nodeName }), containers: pod.containers },
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
