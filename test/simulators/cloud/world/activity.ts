import { groupNameOf } from './groups.ts';
import { instancesOfGroup, launchInstance, USER_GROUP } from './instances.ts';
import { liveStacks, stackStatus } from './stacks.ts';
import type { Cluster, Instance, UserPod, World } from './world.ts';

/** User servers: what JupyterHub's KubeSpawner makes, one pod a user, on nodes of the user groups. */
const PODS_PER_NODE = 8;
const NAMESPACES = ['prod', 'staging'];

/** Pods of users whose node still runs: a node that goes takes them along. */
export function userPodsAt(cluster: Cluster, now: number): { pod: UserPod; instance: Instance }[] {
  return cluster.userPods.flatMap((pod) => {
    const instance = cluster.instances.find(({ id }) => id === pod.instanceId);
    const alive = instance !== undefined && (instance.terminatedAt === null || now < instance.terminatedAt);
    return alive && pod.createdAt <= now ? [{ pod, instance }] : [];
  });
}

/** `count` users at work from now on; groups get the nodes they need, as the autoscaler would have made them. */
export function setActivity(world: World, cluster: Cluster, count: number): void {
  const now = world.clock.now();
  const groups = userGroups(cluster, now);
  cluster.userPods = [];
  for (let index = 0; index < count && groups.length > 0; index += 1) {
    const spread = Math.min(groups.length, 2);
    const group = groups[index % spread] ?? '';
    const instance = nodeFor(world, cluster, group, Math.floor(index / spread / PODS_PER_NODE));
    const user = `user-${index + 1}`;
    cluster.userPods.push({
      name: `jupyter-${user}`,
      namespace: NAMESPACES[index % 3 === 2 ? 1 : 0] ?? 'prod',
      user,
      instanceId: instance.id,
      createdAt: now,
    });
  }
  scaleDown(cluster, now);
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

function nodeFor(world: World, cluster: Cluster, group: string, index: number): Instance {
  const now = world.clock.now();
  const known = instancesOfGroup(cluster, group, now).filter(({ terminatedAt }) => terminatedAt === null)[index];
  if (known !== undefined) return known;
  const template = cluster.groupInstances.get(group);
  if (template === undefined) throw new Error(`node group ${group} has no launch template`);
  return launchInstance(cluster, {
    ...template,
    group,
    zone: `${cluster.region}a`,
    launchedAt: now - 30 * 60_000,
    launchedBy: 'autoscaler',
  });
}
