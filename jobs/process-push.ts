import { DelayedError, type Job } from 'bullmq';
import { pushDueAt, wantedPush } from '#src/domain/config-push.ts';
import { messageOf } from '#src/domain/errors.ts';
import { readTicket } from '#src/queue.ts';
import { parkFor, runIdOf, type TicketInHand } from './process-ticket.ts';
import { pushConfigState } from './push-config-state.ts';
import type { WorkerDeps } from './worker-deps.ts';

export type PushEnd = 'equal' | 'could-not-push';

/** A ticket that asks for a run's branch to say how the cluster is: it is gone when the branch does. */
export async function processPush(deps: WorkerDeps, { job, token, lease, stopping }: TicketInHand): Promise<PushEnd> {
  const runId = await runIdOf(deps, { job, token });
  const signal = AbortSignal.any(lease === undefined ? [stopping] : [stopping, lease]);
  for (;;) {
    const result = await pushConfigState(deps, { runId, signal }).catch((error: unknown) => {
      // No loop: the reconciler comes back to it.
      deps.log.error({ run: runId, err: messageOf(error) }, 'could not look after the branch of a run');
      return null;
    });
    // Another worker has the ticket, or will.
    if (lease?.aborted) throw new DelayedError();
    if (result === null) return 'could-not-push';
    if (result.kind === 'equal') return result.kind;
    if (stopping.aborted) return parkFor(deps, { job, token, ms: 0 });
    if (result.at > deps.clock.now()) return park(deps, { job, token, runId, until: result.at });
  }
}

/** Parks, then looks whether it became more urgent in between: promoting an active job is refused, so no waker could. */
async function park(
  deps: WorkerDeps,
  { job, token, runId, until }: { job: Job; token: string; runId: string; until: number },
): Promise<never> {
  const ms = Math.max(0, until - deps.clock.now());
  await job.moveToDelayed(Date.now() + Math.ceil(deps.clock.realMs(ms)), token);
  const fresh = await deps.store.read(runId);
  if (fresh !== null && wantedPush(fresh) !== null && pushDueAt(fresh) < until)
    await job.promote().catch(() => undefined);
  throw new DelayedError();
}

/** A change committed while its ticket was finishing could neither add nor hurry it. */
export async function pushAgainIfWanted(deps: WorkerDeps, job: Job): Promise<void> {
  const ticket = readTicket(job.data);
  if (ticket.kind === 'newer') return;
  const run = await deps.store.read(ticket.runId).catch(() => null);
  if (run !== null && wantedPush(run) !== null) await deps.wakeUps.pushConfig(ticket.runId).catch(() => undefined);
}
