import { minorOf } from '#src/domain/version.ts';
import type { JsonObject } from '../json.ts';
import { at, numberAt, objectAt, textAt } from '../json.ts';
import { clusterVersion } from './control-plane.ts';
import { nodesAt, readyNodesAt } from './instances.ts';
import { CORE_WORKLOADS, containersOf } from './kube-system.ts';
import { readyCount } from './workload-home.ts';
import type { Cluster, KubeObject, World } from './world.ts';

/**
 * How far the rollout of a DaemonSet or Deployment is, from when its pod template last changed.
 * Status fields: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/#DaemonSetStatus
 */
export type Progress = {
  wanted: number;
  updated: number;
  available: number;
  observedGeneration: number;
  problem: PodProblem | null;
};

export type PodProblem = { reason: string; message: string };

const OBSERVED_AFTER = 2000;

export function progressOf(world: World, cluster: Cluster, path: string, object: KubeObject): Progress {
  const now = world.clock.now();
  const ready = readyNodesAt(world, cluster, now).length;
  const isOnEveryNode = object['kind'] === 'DaemonSet';
  const wanted = isOnEveryNode ? nodesAt(world, cluster, now).length : (numberAt(object, 'spec', 'replicas') ?? 1);
  const placed = isOnEveryNode ? ready : Math.min(wanted, readyCount(world, cluster, path));
  const generation = numberAt(object.metadata, 'generation') ?? 1;
  const rollout = cluster.rollouts.get(path);
  if (crashesByVersion(world, cluster, path, object))
    return { wanted, updated: wanted, available: 0, observedGeneration: generation, problem: CRASHES };
  if (rollout === undefined)
    return { wanted, updated: wanted, available: placed, observedGeneration: generation, problem: null };
  const elapsed = now - rollout.startedAt;
  const observedGeneration = elapsed < OBSERVED_AFTER ? generation - 1 : generation;
  const problem = problemOf(world, cluster, path, object);
  if (problem !== null)
    return { wanted, updated: Math.min(1, wanted), available: Math.max(0, placed - 1), observedGeneration, problem };
  const { rolloutBase, rolloutPerPod, rolloutMax } = world.durations;
  const share = elapsed / Math.min(rolloutMax, rolloutBase + rolloutPerPod * wanted);
  if (share >= 1) return { wanted, updated: wanted, available: placed, observedGeneration, problem: null };
  return {
    wanted,
    updated: Math.floor(wanted * share),
    available: Math.max(0, placed - 1),
    observedGeneration,
    problem: null,
  };
}

/** Why new pods of a workload do not start; it goes away with its cause. */
function problemOf(world: World, cluster: Cluster, path: string, object: KubeObject): PodProblem | null {
  if (path === CORE_WORKLOADS['vpc-cni'] && runsAsNonRoot(object)) {
    // eksctl issue 6048
    return { reason: 'CreateContainerConfigError', message: 'container has runAsNonRoot and image will run as root' };
  }
  const old = minorOf(clusterVersion(cluster, world.clock.now())) < 23;
  if (path === CORE_WORKLOADS['kube-proxy'] && old && world.faults.isOn(cluster.name, 'kube-proxy-image-pull-fails')) {
    return {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${textAt(containersOf(object)[0], 'image') ?? ''}"`,
    };
  }
  return null;
}

const CRASHES: PodProblem = {
  reason: 'CrashLoopBackOff',
  message: 'back-off 5m0s restarting failed container=aws-node',
};

/** Before 1.12 the CNI crashes from 1.26 on: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions-extended.html */
function crashesByVersion(world: World, cluster: Cluster, path: string, object: JsonObject): boolean {
  if (path !== CORE_WORKLOADS['vpc-cni'] || minorOf(clusterVersion(cluster, world.clock.now())) < 26) return false;
  const cni = /amazon-k8s-cni:v1\.(\d+)/.exec(textAt(containersOf(object)[0], 'image') ?? '')?.[1];
  return cni !== undefined && Number(cni) < 12;
}

function runsAsNonRoot(object: JsonObject): boolean {
  const pod = objectAt(object, 'spec', 'template', 'spec');
  return [pod, ...containersOf(object)].some((part) => at(part, 'securityContext', 'runAsNonRoot') === true);
}

/** The object with its status, as the API server answers it. */
export function withStatus(world: World, cluster: Cluster, path: string, object: KubeObject): JsonObject {
  if (!/^\/apis\/apps\/v1\/namespaces\/[^/]+\/(daemonsets|deployments|statefulsets)\//.test(path)) return object;
  const { wanted, updated, available, observedGeneration } = progressOf(world, cluster, path, object);
  const unavailable = wanted - available;
  const status =
    object['kind'] === 'StatefulSet'
      ? {
          replicas: wanted,
          currentReplicas: wanted,
          updatedReplicas: updated,
          readyReplicas: available,
          availableReplicas: available,
          observedGeneration,
        }
      : object['kind'] === 'Deployment'
        ? {
            replicas: wanted,
            updatedReplicas: updated,
            readyReplicas: available,
            availableReplicas: available,
            unavailableReplicas: unavailable,
            observedGeneration,
          }
        : {
            desiredNumberScheduled: wanted,
            currentNumberScheduled: wanted,
            updatedNumberScheduled: updated,
            numberReady: available,
            numberAvailable: available,
            numberUnavailable: unavailable,
            numberMisscheduled: 0,
            observedGeneration,
          };
  return { ...object, status };
}
