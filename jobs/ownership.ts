import { RefusedError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * Asked right before every change of a cluster. A Redis that went back in time (a failover to a replica that lagged, a
 * restored backup) or an operator may have given the cluster to another run: of two, the one that does not own it stops
 * and says so.
 */
export async function requireOwnership(
  deps: Pick<WorkerDeps, 'store'>,
  run: Pick<Run, 'id' | 'cluster'>,
): Promise<void> {
  const owner = await deps.store.ownerOf(run.cluster);
  if (owner === run.id) return;
  const now = owner === null ? 'no run owns it now' : `run ${owner} owns it now`;
  throw new RefusedError(
    'OwnershipLost',
    `run ${run.id} does not own cluster ${run.cluster} any more, so it changes nothing there; ${now}: abort this one`,
  );
}
