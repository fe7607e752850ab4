import { RefusedError, TransientError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import type { Claim } from '#src/ports/run-store.ts';
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

/** Called right before every act. Throws ClaimLost when another worker has the run by now. */
export async function confirmClaim(deps: Pick<WorkerDeps, 'store'>, claim: Claim): Promise<void> {
  if (!(await deps.store.holds(claim)))
    throw new TransientError('ClaimLost', `another worker has run ${claim.runId} in hand`);
  await requireOwnership(deps, claim.run);
}

export function isClaimLost(error: unknown): boolean {
  return error instanceof TransientError && error.code === 'ClaimLost';
}
