import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { InternalError } from '#src/domain/errors.ts';
import { hasEnded } from '#src/domain/run.ts';
import { QUEUE_PREFIX, QUEUES, readTicket } from '#src/queue.ts';
import { lookAtStop } from './look-at-stop.ts';
import { type PushEnd, processPush, pushAgainIfWanted } from './process-push.ts';
import { parkFor, runIdOf, takeInHand } from './process-ticket.ts';
import { hurryParked, scheduleReconciler, watchQueueClock } from './queue-clock.ts';
import { reconcile } from './reconcile.ts';
import { runCommand } from './run-command.ts';
import { type SyncResult, syncSlack } from './sync-slack.ts';
import { startWatchdog } from './watchdog.ts';
import type { LookingDeps, WorkerDeps } from './worker-deps.ts';

/** Real time: leases and how many tickets at once. */
export type WorkerSettings = {
  lockDurationMs: number;
  stalledIntervalMs: number;
  /** How many eksctl commands one worker process holds at once. */
  commandConcurrency: number;
};

const RECONCILE_EVERY_MS = 30_000;
/** Real milliseconds between two looks at whether the machine's clock was set back. */
const CLOCK_LOOK_MS = 10_000;
/** Real milliseconds in which nothing starts although runs are due. */
export const WEDGED_AFTER_MS = 60_000;
/** Real milliseconds: `close()` hangs for ever when Redis is gone. */
const CLOSE_LIMIT_MS = 15_000;

type Parts = {
  deps: LookingDeps;
  /** The same with what can change a cluster; null: this worker only looks (MODE=observe). */
  hands: WorkerDeps | null;
  connect: () => Redis;
  settings: WorkerSettings;
  /** `leave` ends the process, so that its supervisor starts a fresh one. */
  wedge: { afterMs: number; leave: () => void };
};

/**
 * The worker half: tickets in, actions out. A ticket is never finished while its run lives: it is parked with
 * `moveToDelayed` until the next look, and a wake-up that came while it was worked on (`wakeSeq`) promotes it again.
 */
export async function startWorker({
  deps,
  hands,
  connect,
  settings,
  wedge,
}: Parts): Promise<{ stop: () => Promise<void> }> {
  const stopping = new AbortController();
  const connections: Redis[] = [];
  const connection = (): Redis => {
    const redis = connect();
    connections.push(redis);
    return redis;
  };
  const open = (
    name: string,
    concurrency: number,
    process: (job: Job, token: string, lease?: AbortSignal) => Promise<unknown>,
  ): Worker => {
    // Three declared parameters, or BullMQ makes no signal: https://docs.bullmq.io/guide/workers/cancelling-jobs
    const worker = new Worker(
      name,
      (job: Job, token: string | undefined, lease?: AbortSignal) => process(job, token ?? '', lease),
      {
        connection: connection(),
        prefix: QUEUE_PREFIX,
        concurrency,
        lockDuration: settings.lockDurationMs,
        stalledInterval: settings.stalledIntervalMs,
        // The counter is for a job's whole life, and a ticket lives as long as its run: the default of 1 would fail it.
        maxStalledCount: 1_000_000,
        // After any error of Redis it would rest for 15 s, long after Redis is back.
        runRetryDelay: 1000,
      },
    );
    // Its lease is gone, and another worker takes the ticket: a child process must not go on beside that one's.
    worker.on('lockRenewalFailed', (jobIds) => {
      for (const id of jobIds) {
        deps.log.warn({ queue: name, ticket: id }, 'the lease of a ticket is lost, letting go of it');
        worker.cancelJob(id, 'its lease was lost');
      }
    });
    worker.on('error', (error) => deps.log.error({ queue: name, err: error.message }, 'worker error'));
    return worker;
  };
  const watchdog = startWatchdog({
    limitMs: wedge.afterMs,
    isWorkDue: () => isWorkDue(deps, wedge.afterMs),
    onWedged: () => {
      deps.log.error({ afterMs: wedge.afterMs }, 'runs are due and nothing starts here: leaving, to be started again');
      wedge.leave();
    },
  });
  const inHand = new Map<string, number>();
  const slack = open(QUEUES.syncSlack, 10, (job, token) => processSync(deps, { job, token }));
  slack.on('completed', (job, end: SyncEnd) => {
    if (end === 'equal') void resyncIfChanged(deps, job);
  });
  const command = (ownHands: WorkerDeps) => async (job: Job, token: string, lease?: AbortSignal) => {
    const signal = AbortSignal.any(lease === undefined ? [stopping.signal] : [stopping.signal, lease]);
    return runCommand(ownHands, { runId: await runIdOf(deps, { job, token }), signal });
  };
  const pushes = (ownHands: WorkerDeps): Worker => {
    const config = open(QUEUES.pushConfig, 10, (job, token, lease) =>
      processPush(ownHands, { job, token, lease, stopping: stopping.signal }),
    );
    return config.on('completed', (job, end: PushEnd) => {
      if (end === 'equal') void pushAgainIfWanted(ownHands, job);
    });
  };
  const workers = [
    slack,
    open(QUEUES.advanceRun, 50, (job, token, lease) => {
      watchdog.noteStart();
      return takeInHand(deps, { job, token, lease, stopping: stopping.signal, inHand, hands });
    }),
    ...(hands === null ? [] : [open(QUEUES.runCommand, settings.commandConcurrency, command(hands)), pushes(hands)]),
    open(QUEUES.reconcile, 1, () => reconcile(deps)),
  ];
  const tickets = await keepTickets(deps, connection());
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    stop: () => {
      watchdog.stop();
      tickets.stop();
      return stop({ deps, workers, stopping, connections });
    },
  };
}

/** Looks at a few only: one run that is really there and due is enough. */
async function isWorkDue(deps: LookingDeps, realMs: number): Promise<boolean> {
  const due = await deps.store.due(deps.clock.now() - realMs / deps.clock.realMs(1));
  const runs = await Promise.all(due.slice(0, 10).map((id) => deps.store.read(id).catch(() => null)));
  return runs.some((run) => run !== null && !hasEnded(run));
}

type SyncEnd = 'equal' | 'could-not-sync';

async function processSync(deps: LookingDeps, { job, token }: { job: Job; token: string }): Promise<SyncEnd> {
  const runId = await runIdOf(deps, { job, token });
  for (;;) {
    const result = await lookAndSync(deps, runId).catch((error: unknown) => {
      // An unreadable run or a message we cannot build: no loop, the reconciler comes back to it.
      deps.log.error(
        { run: runId, err: error instanceof InternalError ? error.message : error },
        'could not sync slack',
      );
      return null;
    });
    if (result === null) return 'could-not-sync';
    if (result.kind === 'equal') return result.kind;
    if (result.ms > 0) return parkFor(deps, { job, token, ms: result.ms });
  }
}

async function lookAndSync(deps: LookingDeps, runId: string): Promise<SyncResult> {
  await lookAtStop(deps, runId);
  return syncSlack(deps, runId);
}

/** A change committed while its ticket was finishing could neither add nor hurry it. */
async function resyncIfChanged(deps: LookingDeps, job: Job): Promise<void> {
  const ticket = readTicket(job.data);
  if (ticket.kind === 'newer') return;
  const { runId } = ticket;
  const behind = await deps.ledger.isBehind(runId).catch(() => false);
  if (behind) await deps.wakeUps.syncSlack(runId).catch(() => undefined);
}

/** The reconciler's ticket, and somebody who sees when the clock by which tickets are parked is set back. */
async function keepTickets(deps: LookingDeps, connection: Redis): Promise<{ stop: () => void }> {
  const open = (name: string) => new Queue(name, { connection, prefix: QUEUE_PREFIX, skipVersionCheck: true });
  const reconciler = open(QUEUES.reconcile);
  const parked = [QUEUES.advanceRun, QUEUES.syncSlack, QUEUES.pushConfig, QUEUES.runCommand].map(open);
  for (const queue of [reconciler, ...parked]) queue.on('error', () => undefined);
  // Simulated time may run so fast that "every 30 s" would be a busy loop.
  const every = Math.max(1000, Math.round(deps.clock.realMs(RECONCILE_EVERY_MS)));
  await scheduleReconciler(reconciler, every);
  const look = watchQueueClock({
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    onSetBack: async (byMs) => {
      deps.log.warn({ byMs }, 'the clock of this machine was set back, looking at every parked ticket now: see to NTP');
      await hurryParked({ parked, reconciler }, every);
    },
  });
  const timer = setInterval(() => void look().catch(() => undefined), CLOCK_LOOK_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

type Stop = { deps: LookingDeps; workers: Worker[]; stopping: AbortController; connections: Redis[] };

/** Hands over: no new tickets, children killed (their command is seen as killed and looked at again), then the connections. */
async function stop({ deps, workers, stopping, connections }: Stop): Promise<void> {
  stopping.abort();
  const closed = Promise.allSettled(workers.map((worker) => worker.close()));
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_LIMIT_MS);
  });
  await Promise.race([closed, limit]);
  clearTimeout(timer);
  for (const redis of connections) redis.disconnect();
  deps.log.info({}, 'worker stopped');
}
