import { z } from 'zod';

/** Names of the queues both halves know. A job is a wake-up ticket for one run and carries nothing else. */
export const QUEUES = {
  advanceRun: 'advance-run',
  runCommand: 'run-command',
  syncSlack: 'sync-slack',
  reconcile: 'reconcile',
} as const;

/** One hash tag for BullMQ's keys too (never ioredis' keyPrefix): https://docs.bullmq.io/bull/patterns/redis-cluster */
export const QUEUE_PREFIX = '{eks}';

export const Ticket = z.strictObject({ runId: z.string().min(1) });
export type Ticket = z.infer<typeof Ticket>;

/** One ticket a run and queue: adding it again while it exists does nothing. No `:` in job ids. */
export function ticketId(runId: string): string {
  return `run-${runId}`;
}
