import { clusterVersion } from './control-plane.ts';
import { pathOfWorkload } from './hub-workloads.ts';
import { readyPods } from './placement.ts';
import type { Cluster, World } from './world.ts';

/** How many pods of a Deployment or StatefulSet are Ready now. */
export function readyCount(world: World, cluster: Cluster, path: string): number {
  return staysAway(world, cluster, path) ? 0 : readyPods(world, cluster, path).length;
}

/**
 * Fault `workload-stays-away`: from the first hop of the control plane on it crashes, for example for an API that is gone; or
 * from when its pods have moved, for example because the new nodes may not pull its image.
 */
export function staysAway(world: World, cluster: Cluster, path: string): boolean {
  const fault = world.faults
    .list()
    .find(({ cluster: name, name: kind }) => name === cluster.name && kind === 'workload-stays-away');
  if (fault === undefined || !world.faults.isOn(cluster.name, 'workload-stays-away')) return false;
  if (pathOfWorkload(cluster, fault.workload ?? 'prod/hub') !== path) return false;
  if (fault.pods === 'moved') return cluster.placed.some((pod) => pod.path === path && pod.generation > 0);
  return clusterVersion(cluster, world.clock.now()) !== cluster.baseVersion;
}
