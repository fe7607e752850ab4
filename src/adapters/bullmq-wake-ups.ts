import { type ConnectionOptions, Queue } from 'bullmq';
import { TransientError } from '#src/domain/errors.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { WakeUps } from '#src/ports/wake-ups.ts';
import { QUEUE_PREFIX, QUEUES, type Ticket, ticketFor, ticketId } from '#src/queue.ts';

/** Real milliseconds a producer waits for Redis; the ticket of a lost add comes back with the reconciler. */
const ADD_LIMIT_MS = 1500;

type Dependencies = { connection: ConnectionOptions; store: Pick<RunStore, 'bumpWakeSeq'> };

export function createWakeUps({ connection, store }: Dependencies): WakeUps & { close: () => Promise<void> } {
  const open = (name: string) => new Queue<Ticket>(name, { connection, prefix: QUEUE_PREFIX, skipVersionCheck: true });
  const advance = open(QUEUES.advanceRun);
  const slack = open(QUEUES.syncSlack);
  const config = open(QUEUES.pushConfig);
  const command = open(QUEUES.runCommand);
  const all = [advance, slack, config, command];
  for (const queue of all) queue.on('error', () => undefined);
  return {
    wakeRun: async (runId) => {
      await store.bumpWakeSeq(runId);
      await withinLimit(nudge(advance, runId));
    },
    syncSlack: (runId) => withinLimit(nudge(slack, runId)),
    pushConfig: (runId) => withinLimit(nudge(config, runId)),
    runCommand: (runId) => withinLimit(nudge(command, runId)),
    close: async () => {
      await Promise.allSettled(all.map((queue) => queue.close()));
    },
  };
}

/**
 * Adds the ticket, or hurries the one that is parked. A ticket that is being worked on can be neither added nor
 * promoted: its worker compares `wakeSeq` after parking, so that this wake-up is not lost.
 */
async function nudge(queue: Queue<Ticket>, runId: string): Promise<void> {
  const jobId = ticketId(runId);
  const job = await queue.add(queue.name, ticketFor(runId), { jobId, removeOnComplete: true, removeOnFail: true });
  await job.promote().catch(() => undefined);
}

async function withinLimit(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TransientError('QueueSlow', `redis did not take a ticket within ${ADD_LIMIT_MS} ms`)),
      ADD_LIMIT_MS,
    );
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
