import { DelayedError, type Job } from 'bullmq';
import { TransientError } from '#src/domain/errors.ts';
import { readTicket } from '#src/queue.ts';
import { advanceRun, MAX_PARK_MS, type NextLook, stopForError } from './advance-run.ts';
import { idsOf } from './ids-of.ts';
import { observeRun } from './observe-run.ts';
import { claimOrSetAside } from './set-aside.ts';
import type { LookingDeps, WorkerDeps } from './worker-deps.ts';

/** A ticket's processor works on at most this long in a row (real time) before it parks and lets others have a turn. */
const TURN_MS = 10_000;
/** Run time. */
const NEWER_TICKET_MS = 30_000;

/** A ticket that this worker works on, for as long as its lease and the worker last. */
export type TicketInHand = { job: Job; token: string; lease: AbortSignal | undefined; stopping: AbortSignal };

type Turn = TicketInHand & {
  /** The same as `deps` with what can change a cluster; null: this worker only looks (MODE=observe). */
  hands: WorkerDeps | null;
};

/** Real milliseconds: an action that was superseded by its own worker for longer than this hangs. */
const HANGS_AFTER_MS = 60_000;
const IN_HAND_MS = 250;

/**
 * A worker that has too little CPU to renew a lease gets the same ticket once more while it still works on it. Claiming
 * the run again would have the first refused at its commit, and the second at the next, for ever.
 */
export async function takeInHand(
  deps: LookingDeps,
  { inHand, ...turn }: Turn & { inHand: Map<string, number> },
): Promise<void> {
  const id = turn.job.id ?? '';
  const since = inHand.get(id);
  if (since !== undefined && performance.now() - since < HANGS_AFTER_MS) {
    await turn.job.moveToDelayed(Date.now() + IN_HAND_MS, turn.token);
    throw new DelayedError();
  }
  const began = performance.now();
  inHand.set(id, began);
  try {
    await processTicket(deps, turn);
  } finally {
    if (inHand.get(id) === began) inHand.delete(id);
  }
}

/**
 * While the bot is upgraded, workers of two versions share the queues. A ticket that this one cannot read is left to the
 * newer one: it is parked, and nothing is lost.
 */
export async function runIdOf(deps: LookingDeps, { job, token }: { job: Job; token: string }): Promise<string> {
  const ticket = readTicket(job.data);
  if (ticket.kind === 'ticket') return ticket.runId;
  deps.log.error(
    { queue: job.queueName, ticket: job.id, version: ticket.v },
    'a newer version of the bot wrote this ticket, leaving it to that: stop this worker, or start the newer version',
  );
  return parkFor(deps, { job, token, ms: NEWER_TICKET_MS });
}

async function processTicket(deps: LookingDeps, { job, token, lease, stopping, hands }: Turn): Promise<void> {
  const runId = await runIdOf(deps, { job, token });
  const turnEnds = performance.now() + TURN_MS;
  for (;;) {
    const claim = await claimOrSetAside(deps, runId);
    if (claim === null) return;
    let look: NextLook;
    try {
      look = await (hands === null ? observeRun(deps, claim) : advanceRun(hands, claim));
    } catch (error) {
      if (error instanceof TransientError && error.code === 'ClaimLost') return parkFor(deps, { job, token, ms: 1000 });
      deps.log.error({ ...idsOf(claim.run), err: error }, 'an action of the run failed');
      look = await stopForError(deps, claim, error);
    }
    await startRequestedCommand(deps, runId);
    if (look.kind === 'ended') return;
    // Another activation has the ticket, or will: claiming again would take the run away from it.
    if (lease?.aborted) throw new DelayedError();
    if (look.ms <= 0 && performance.now() < turnEnds && !stopping.aborted) continue;
    return park(deps, { job, token, runId, ms: Math.min(look.ms, MAX_PARK_MS), wakeSeq: claim.wakeSeq });
  }
}

async function startRequestedCommand(deps: LookingDeps, runId: string): Promise<void> {
  const run = await deps.store.read(runId);
  // Also one that runs: adding the ticket of a live one does nothing, and one whose ticket is gone is found lost so.
  if (run?.command != null && run.command.state.kind !== 'ended') await deps.wakeUps.runCommand(runId);
}

/** Parks, then looks whether a wake-up came in between: promoting an active job is refused, so the waker could not. */
async function park(
  deps: LookingDeps,
  { job, token, runId, ms, wakeSeq }: { job: Job; token: string; runId: string; ms: number; wakeSeq: number },
): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.ceil(deps.clock.realMs(ms)), token);
  if ((await deps.store.wakeSeq(runId)) !== wakeSeq) await job.promote().catch(() => undefined);
  throw new DelayedError();
}

export async function parkFor(
  deps: LookingDeps,
  { job, token, ms }: { job: Job; token: string; ms: number },
): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.ceil(deps.clock.realMs(ms)), token);
  throw new DelayedError();
}
