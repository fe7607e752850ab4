import type { Queue } from 'bullmq';

/**
 * BullMQ keeps until when a ticket is parked by the wall clock of the worker. When that is set back by hours, every
 * ticket that was parked before waits these hours longer, and the reconciler with them. So it is compared with the
 * monotonic clock, and after a jump back everything parked is looked at anew: an early look does no harm.
 */
export type QueueClockOptions = {
  wall: () => number;
  monotonic: () => number;
  /** Is tried again at the next look when it fails (Redis is away). */
  onSetBack: (byMs: number) => Promise<void>;
};

/** Less than that is for NTP, and no ticket notices. */
const JUMP_MS = 5000;

/** Returns the look, to be called now and then. */
export function watchQueueClock({ wall, monotonic, onSetBack }: QueueClockOptions): () => Promise<void> {
  let known = wall() - monotonic();
  return async () => {
    const difference = wall() - monotonic();
    if (known - difference > JUMP_MS) await onSetBack(known - difference);
    known = difference;
  };
}

const RECONCILER = 'reconcile';

/** `reconciler`: BullMQ counts from its latest time, which may be hours ahead now, so it begins anew. */
export async function hurryParked(
  { parked, reconciler }: { parked: readonly Queue[]; reconciler: Queue },
  everyMs: number,
): Promise<void> {
  await reconciler.removeJobScheduler(RECONCILER);
  await scheduleReconciler(reconciler, everyMs);
  for (const queue of parked) await queue.promoteJobs();
}

export async function scheduleReconciler(queue: Queue, everyMs: number): Promise<void> {
  await queue.upsertJobScheduler(
    RECONCILER,
    { every: everyMs },
    { opts: { removeOnComplete: true, removeOnFail: 10 } },
  );
}
