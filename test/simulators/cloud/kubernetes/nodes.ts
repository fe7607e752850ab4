import type { JsonObject } from '../json.ts';
import { imageOf } from '../versions.ts';
import { isReady, joinedAt, nodesAt } from '../world/instances.ts';
import { uidOf } from '../world/objects.ts';
import type { Cluster, Instance, Taint, World } from '../world/world.ts';

/** Node objects, computed from the instances that joined. */
export function nodeObjects(world: World, cluster: Cluster): JsonObject[] {
  const now = world.clock.now();
  return nodesAt(world, cluster, now).map((instance) => nodeObject(world, cluster, instance));
}

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** The node controller adds and removes its own by itself: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export const CONTROLLER_TAINTS: readonly string[] = [NOT_READY, UNSCHEDULABLE];

function taintsOf({ taints, unschedulable }: Instance, ready: boolean): Taint[] {
  return [
    ...taints,
    ...(ready ? [] : [{ key: NOT_READY, effect: 'NoSchedule' }]),
    ...(unschedulable ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : []),
  ];
}

export function kubeTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function nodeObject(world: World, cluster: Cluster, instance: Instance): JsonObject {
  const now = world.clock.now();
  const ready = isReady(world, cluster, instance, now);
  const joined = joinedAt(world, cluster, instance);
  const taints = taintsOf(instance, ready);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: instance.nodeName,
      uid: uidOf(instance.id),
      resourceVersion: String(1000 + instance.revision * 2 + (ready ? 1 : 0)),
      creationTimestamp: kubeTime(joined),
      annotations: { ...instance.annotations },
      labels: {
        ...instance.labels,
        'kubernetes.io/hostname': instance.nodeName,
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': instance.instanceType,
        'topology.kubernetes.io/region': cluster.region,
        'topology.kubernetes.io/zone': instance.zone,
      },
    },
    spec: {
      providerID: `aws:///${instance.zone}/${instance.id}`,
      ...(instance.unschedulable ? { unschedulable: true } : {}),
      ...(taints.length === 0 ? {} : { taints }),
    },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          reason: ready ? 'KubeletReady' : 'KubeletNotReady',
          message: ready
            ? 'kubelet is posting ready status'
            : 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady',
          lastHeartbeatTime: kubeTime(now),
          lastTransitionTime: kubeTime(ready ? joined + world.durations.nodeReady : joined),
        },
      ],
      nodeInfo: {
        kubeletVersion: instance.kubeletVersion,
        kubeProxyVersion: instance.kubeletVersion,
        containerRuntimeVersion: 'containerd://1.7.27',
        osImage:
          imageOf(instance.imageId, cluster.region)?.name.includes('al2023') === true
            ? 'Amazon Linux 2023'
            : 'Amazon Linux 2',
        architecture: 'amd64',
        operatingSystem: 'linux',
      },
      allocatable: { cpu: '3920m', memory: '14923044Ki', pods: '58' },
      capacity: { cpu: '4', memory: '15939876Ki', pods: '58' },
    },
  };
}
