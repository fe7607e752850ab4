import { createHash } from 'node:crypto';
import { roleMappedIntervals } from './access.ts';
import type { Cluster, Instance, Taint, World } from './world.ts';

type LaunchedField =
  | 'id'
  | 'nodeName'
  | 'terminatedAt'
  | 'unschedulable'
  | 'annotations'
  | 'taints'
  | 'revision'
  | 'unwell';

/** EC2 instances of the node groups, and the nodes they become. */
export function launchInstance(
  cluster: Cluster,
  instance: Omit<Instance, LaunchedField> & { unwell?: boolean },
): Instance {
  const seed = createHash('sha256').update(`${cluster.name}/${cluster.instances.length}`).digest();
  const launched: Instance = {
    ...instance,
    id: `i-0${seed.toString('hex').slice(0, 16)}`,
    nodeName: `ip-192-168-${seed[0]}-${seed[1]}.${cluster.region === 'us-east-1' ? 'ec2' : `${cluster.region}.compute`}.internal`,
    terminatedAt: null,
    unschedulable: false,
    annotations: {},
    taints: registeredTaints(instance.group),
    revision: 0,
    unwell: instance.unwell ?? false,
  };
  cluster.instances.push(launched);
  return launched;
}

/** Groups whose nodes are for user servers. */
export const USER_GROUP = /(^|-)(nb|user|notebook)/;

/**
 * Zero to JupyterHub dedicates the nodes of users, so a list of taints is never empty there: who writes it whole, and
 * not by the one it is about, lets everybody in.
 * https://z2jh.jupyter.org/en/stable/administrator/optimization.html#using-a-dedicated-node-pool-for-users
 */
function registeredTaints(group: string): Taint[] {
  return USER_GROUP.test(group) ? [{ key: 'hub.jupyter.org/dedicated', value: 'user', effect: 'NoSchedule' }] : [];
}

function instanceRuns({ launchedAt, terminatedAt }: Instance, now: number): boolean {
  return launchedAt <= now && (terminatedAt === null || now < terminatedAt);
}

export function instancesOfGroup(cluster: Cluster, group: string, now: number): Instance[] {
  return cluster.instances.filter((instance) => instance.group === group && instanceRuns(instance, now));
}

/** A node registers once its kubelet runs and its role is mapped; an unmapped one never does. Infinity: never, as things stand. */
export function joinedAt(world: World, cluster: Cluster, { launchedAt, roleArn }: Instance): number {
  const kubeletRuns = launchedAt + world.durations.nodeJoin;
  const interval = roleMappedIntervals(cluster, roleArn).find(({ to }) => to > kubeletRuns);
  return interval === undefined ? Number.POSITIVE_INFINITY : Math.max(interval.from, kubeletRuns);
}

/** Instances that are nodes now, registered and not terminated. */
export function nodesAt(world: World, cluster: Cluster, now: number): Instance[] {
  return cluster.instances.filter(
    (instance) => instanceRuns(instance, now) && joinedAt(world, cluster, instance) <= now,
  );
}

/** Without a mapping the kubelet loses its lease after 40 s (node-monitor-grace-period). */
const GRACE = 40_000;

export function isReady(world: World, cluster: Cluster, instance: Instance, now: number): boolean {
  if (instance.unwell || now < joinedAt(world, cluster, instance) + world.durations.nodeReady) return false;
  return roleMappedIntervals(cluster, instance.roleArn).some(({ from, to }) => from <= now && now < to + GRACE);
}

export function readyNodesAt(world: World, cluster: Cluster, now: number): Instance[] {
  return nodesAt(world, cluster, now).filter((instance) => isReady(world, cluster, instance, now));
}

export function isCoreNode({ group, labels }: Instance): boolean {
  return group.startsWith('core') || labels['hub.jupyter.org/node-purpose'] === 'core';
}
