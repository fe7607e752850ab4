import { messageOf } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import { stepsMaybeClosing } from '#src/domain/run-progress.ts';
import type { Claim } from '#src/ports/run-store.ts';
import type { NextLook } from './advance-run.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import { liftLeftovers } from './phase-out.ts';
import { releaseNodes } from './release-nodes.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Run time: an abort is possible while Kubernetes is away, and for so long nodes are looked at again. */
const LOOKS_FOR_MS = 60 * 60_000;
const LOOK_AGAIN_MS = 60_000;

/**
 * The cluster is not the run's own any more, but a cordon or a taint of it that is still there keeps people off their
 * nodes. When nobody could look, the notice of the abort says so until somebody could.
 */
export async function afterAbort(deps: WorkerDeps, { run }: Claim): Promise<NextLook> {
  if (stepsMaybeClosing(run).length === 0) return { kind: 'ended' };
  try {
    await openNodes(deps, run);
  } catch (error) {
    deps.log.warn({ ...idsOf(run), err: messageOf(error) }, 'cannot see whether nodes are still closed by this run');
    const why = messageOf(error).split('\n')[0] ?? '';
    if (run.unseenNodes == null) await note(deps, run, { kind: 'nodes-not-seen', why }).catch(() => undefined);
    const isOver = deps.clock.now() - (run.endedAt ?? 0) > LOOKS_FOR_MS;
    return isOver ? { kind: 'ended' } : { kind: 'again', ms: LOOK_AGAIN_MS };
  }
  if (run.unseenNodes != null) await note(deps, run, { kind: 'nodes-opened' });
  return { kind: 'ended' };
}

/** A taint does not say whose it is: once another run has the cluster it is that one's to put on and to take off. */
async function openNodes(deps: WorkerDeps, run: Run): Promise<void> {
  const confirmClaim = async (): Promise<void> => {
    const owner = await deps.store.ownerOf(run.cluster);
    if (owner !== null) throw new Error(`run ${owner} has ${run.cluster} by now`);
  };
  if ((await deps.store.ownerOf(run.cluster)) === null)
    await liftLeftovers(deps.cloudOf(clusterOf(deps.fleet, run.cluster)), { confirmClaim });
  await releaseNodes(deps, { run, confirmClaim: async () => undefined });
}

async function note(deps: WorkerDeps, { id }: Run, fact: RunFact): Promise<void> {
  const event: RunEvent = { at: deps.clock.now(), by: 'bot', ...fact };
  await deps.store.change({ runId: id, claim: null, wakeAt: null, decide: () => [event] });
}
