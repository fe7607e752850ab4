import { groupNameOf } from './groups.ts';
import { instancesOfGroup, launchInstance, USER_GROUP } from './instances.ts';
import { liveStacks, stackStatus } from './stacks.ts';
import type { Cluster, Instance, UserPod, World } from './world.ts';

/** User servers: what JupyterHub's KubeSpawner makes, one pod a user, on nodes of the user groups. */
const PODS_PER_NODE = 8;
const NAMESPACES = ['prod', 'staging'];

type PlacedPod = { pod: UserPod; instance: Instance | null };

/** Pods of users whose node still runs, and those that wait for one: a node that goes takes its pods along. */
export function userPodsAt(cluster: Cluster, now: number): PlacedPod[] {
  return cluster.userPods.flatMap((pod): PlacedPod[] => {
    if (pod.createdAt > now) return [];
    if (pod.instanceId === null) return [{ pod, instance: null }];
    const instance = cluster.instances.find(({ id }) => id === pod.instanceId);
    const alive = instance !== undefined && (instance.terminatedAt === null || now < instance.terminatedAt);
    return alive ? [{ pod, instance }] : [];
  });
}

export type ActivityWish = {
  /** All on nodes of this group; otherwise on the first two for users. */
  group?: string;
  /** `bound`: the scheduler had already given them their nodes when somebody closed these. */
  arrive?: 'scheduled' | 'bound';
};

/**
 * `count` users at work from now on; groups get the nodes they need, as the autoscaler would have made them. The scheduler
 * passes over nodes that are closed, and the autoscaler adds none to a group whose nodes all are (it takes one of them for
 * its example): such a pod waits. Users who are there already stay where they are.
 */
export function setActivity(world: World, cluster: Cluster, count: number, wish: ActivityWish = {}): void {
  const now = world.clock.now();
  const groups = wish.group === undefined ? userGroups(cluster, now).slice(0, 2) : [wish.group];
  const before = userPodsAt(cluster, now).map(({ pod }) => pod);
  cluster.userPods = [];
  for (let index = 0; index < count && groups.length > 0; index += 1) {
    const user = `user-${index + 1}`;
    const known = before.find((pod) => pod.user === user);
    const group = groups[index % groups.length] ?? '';
    cluster.userPods.push(
      known ?? {
        name: `jupyter-${user}`,
        namespace: NAMESPACES[index % 3 === 2 ? 1 : 0] ?? 'prod',
        user,
        instanceId: nodeFor(world, cluster, { group, index: Math.floor(index / groups.length / PODS_PER_NODE), wish }),
        createdAt: now,
      },
    );
  }
  scaleDown(cluster, now);
}

/** Pods that waited get a node as soon as one is open, or a group has none at all. */
export function schedulePending(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  for (const pod of cluster.userPods) {
    if (pod.instanceId !== null) continue;
    for (const group of userGroups(cluster, now))
      pod.instanceId ??= nodeFor(world, cluster, { group, index: 0, wish: {} });
  }
}

const UNNEEDED = 10 * 60_000;

/** The autoscaler takes away what it made once nobody is on it (scale-down-unneeded-time: 10 minutes). */
function scaleDown(cluster: Cluster, now: number): void {
  const used = new Set(cluster.userPods.map(({ instanceId }) => instanceId));
  for (const instance of cluster.instances) {
    if (instance.launchedBy === 'autoscaler' && instance.terminatedAt === null && !used.has(instance.id))
      instance.terminatedAt = now + UNNEEDED;
  }
}

function userGroups(cluster: Cluster, now: number): string[] {
  const complete = liveStacks(cluster, now).filter((stack) => stackStatus(stack, now) === 'CREATE_COMPLETE');
  const unique = [...new Set(complete.flatMap((stack) => groupNameOf(stack) ?? []))];
  const users = unique.filter((name) => USER_GROUP.test(name));
  if (users.length > 0) return users;
  const others = unique.filter((name) => !name.startsWith('core'));
  return others.length > 0 ? others : unique;
}

type Wanted = { group: string; index: number; wish: ActivityWish };

function nodeFor(world: World, cluster: Cluster, { group, index, wish }: Wanted): string | null {
  const now = world.clock.now();
  const running = instancesOfGroup(cluster, group, now).filter(({ terminatedAt }) => terminatedAt === null);
  const fitting = wish.arrive === 'bound' ? running : running.filter(isOpen);
  const known = fitting[index];
  if (known !== undefined) return known.id;
  if (running.length > 0 && fitting.length === 0) return null;
  const template = cluster.groupInstances.get(group);
  if (template === undefined) throw new Error(`node group ${group} has no launch template`);
  return launchInstance(cluster, {
    ...template,
    group,
    zone: `${cluster.region}a`,
    launchedAt: now - 30 * 60_000,
    launchedBy: 'autoscaler',
  }).id;
}

/** Users tolerate what their nodes are dedicated by, and nothing else. */
function isOpen({ taints, unschedulable, terminatedAt }: Instance): boolean {
  return terminatedAt === null && !unschedulable && taints.every(({ key }) => key === 'hub.jupyter.org/dedicated');
}
