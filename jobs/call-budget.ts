import type { FleetCluster } from '#src/domain/fleet.ts';
import type { LookingDeps } from './worker-deps.ts';

/** EKS throttles by account and region, at rates it does not publish: all runs there together look at most this often. */
const LOOKS_PER_SECOND = 10;

/**
 * When to look again, with the others in the same account and region in mind: few runs look as often as is useful, many
 * share what there is. Every run that owns a cluster counts, whatever it waits for, so that one number is enough.
 */
export async function withinBudget(
  { fleet, store }: Pick<LookingDeps, 'fleet' | 'store'>,
  { cluster, pollMs }: { cluster: FleetCluster; pollMs: number },
): Promise<number> {
  const { account, region } = cluster;
  const neighbours = fleet.clusters.filter((other) => other.account === account && other.region === region).length;
  if (shareMs(neighbours) <= pollMs) return pollMs;
  return Math.max(pollMs, shareMs(Math.min(neighbours, await store.ownedClusters())));
}

function shareMs(runs: number): number {
  return (runs * 1000) / LOOKS_PER_SECOND;
}
