import { clusterVersion } from './control-plane.ts';
import { isOfTeam, pathOfWorkload } from './hub-workloads.ts';
import { joinedAt, readyNodesAt } from './instances.ts';
import type { Cluster, Instance, World } from './world.ts';

/**
 * The node that the pods of Deployments and StatefulSets of the team run on: the core node that has been there longest, or
 * any node where there is no core node. A pod does not move by itself, so it is away only when its node goes: until it
 * has started on the next one.
 */
export function homeNode(world: World, cluster: Cluster): Instance | undefined {
  const ready = readyNodesAt(world, cluster, world.clock.now());
  const core = ready.filter(isCore);
  return (core.length > 0 ? core : ready).toSorted((a, b) => a.launchedAt - b.launchedAt)[0];
}

export function isCore({ group, labels }: Instance): boolean {
  return group.startsWith('core') || labels['hub.jupyter.org/node-purpose'] === 'core';
}

/** Whether the pods of a workload of the team run now. */
export function isAtHome(world: World, cluster: Cluster, path: string): boolean {
  if (!isOfTeam(path)) return true;
  const home = homeNode(world, cluster);
  if (home === undefined || staysAway(world, cluster, path)) return false;
  const now = world.clock.now();
  const left = cluster.instances
    .filter((other) => isCore(other) === isCore(home) && other.launchedAt < home.launchedAt)
    .map(({ terminatedAt }) => terminatedAt ?? 0)
    .filter((at) => at <= now);
  const isReadySince = joinedAt(world, cluster, home) + world.durations.nodeReady;
  const movedAt = left.length === 0 ? 0 : Math.max(isReadySince, ...left);
  return now >= movedAt + (movedAt === 0 ? 0 : world.durations.podStart);
}

/** Fault `workload-stays-away`: from the first hop of the control plane on it crashes, for example for an API that is gone. */
function staysAway(world: World, cluster: Cluster, path: string): boolean {
  const fault = world.faults
    .list()
    .find(({ cluster: name, name: kind }) => name === cluster.name && kind === 'workload-stays-away');
  if (fault === undefined || !world.faults.isOn(cluster.name, 'workload-stays-away')) return false;
  if (pathOfWorkload(cluster, fault.workload ?? 'prod/hub') !== path) return false;
  return clusterVersion(cluster, world.clock.now()) !== cluster.baseVersion;
}
