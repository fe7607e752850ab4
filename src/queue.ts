import { z } from 'zod';

/** Names of the queues both halves know. A job is a wake-up ticket for one run and carries nothing else. */
export const QUEUES = {
  advanceRun: 'advance-run',
  runCommand: 'run-command',
  syncSlack: 'sync-slack',
  pushConfig: 'push-config',
  reconcile: 'reconcile',
} as const;

/** One hash tag for BullMQ's keys too (never ioredis' keyPrefix): https://docs.bullmq.io/bull/patterns/redis-cluster */
export const QUEUE_PREFIX = '{eks}';

export const TICKET_VERSION = 1;

export type Ticket = { v: typeof TICKET_VERSION; runId: string };

export function ticketFor(runId: string): Ticket {
  return { v: TICKET_VERSION, runId };
}

/** One ticket a run and queue: adding it again while it exists does nothing. No `:` in job ids. */
export function ticketId(runId: string): string {
  return `run-${runId}`;
}

/** A version may get further fields, as long as what is there keeps its meaning. */
const StoredTicket = z.looseObject({ v: z.literal([0, 1]), runId: z.string().min(1) });
const AnyVersion = z.looseObject({ v: z.int().nonnegative().default(0) });

/** `newer`: for the worker of the version that wrote it. Throws for what is no ticket at all. */
export function readTicket(data: unknown): { kind: 'ticket'; runId: string } | { kind: 'newer'; v: number } {
  const { v, ...rest } = AnyVersion.parse(data);
  if (v > TICKET_VERSION) return { kind: 'newer', v };
  // Tickets had no version at first, and the same content.
  return { kind: 'ticket', runId: StoredTicket.parse({ v, ...rest }).runId };
}
