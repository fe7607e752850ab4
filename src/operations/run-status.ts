import type { Run } from '#src/domain/run.ts';
import type { OperationDeps } from './decide.ts';
import { findCluster } from './request-upgrade.ts';
import { readUnlessUnreadable } from './unreadable-runs.ts';

/** All runs that own a cluster, or the newest run of the cluster named; empty when it never had one. What cannot be read is left out. */
export async function runStatus(deps: Pick<OperationDeps, 'fleet' | 'store'>, cluster: string | null): Promise<Run[]> {
  const ids = cluster === null ? await deps.store.owners() : [await latestOf(deps, findCluster(deps, cluster).name)];
  const runs = await Promise.all(ids.filter((id) => id !== null).map((id) => readUnlessUnreadable(deps, id)));
  return runs.filter((run) => run !== null).sort((a, b) => a.cluster.localeCompare(b.cluster));
}

async function latestOf({ store }: Pick<OperationDeps, 'store'>, cluster: string): Promise<string | null> {
  return (await store.ownerOf(cluster)) ?? (await store.latestOf(cluster));
}
