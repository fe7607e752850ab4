import type { Health, UrlHealth } from '#src/domain/cluster-health.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { LookingDeps } from './worker-deps.ts';

/** How the cluster does for those who use it: seen when a run begins, and again at its end. */
export async function seeHealth(
  deps: LookingDeps,
  cluster: FleetCluster,
  kubernetes = deps.cloudOf(cluster).kubernetes,
): Promise<Health> {
  const [workloads, pendingPods, nodes, urls] = await Promise.all([
    kubernetes.workloads(),
    kubernetes.pendingPods(),
    kubernetes.nodes(),
    Promise.all(cluster.healthUrls.map(async (url): Promise<UrlHealth> => ({ url, ...(await deps.probeUrl(url)) }))),
  ]);
  return { workloads, pendingPods, nodes, urls };
}
