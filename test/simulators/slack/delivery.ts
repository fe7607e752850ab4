import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryFault, Faults } from './faults.ts';
import type { JsonObject } from './messages.ts';
import type { Workspace } from './workspace.ts';

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

/** What Slack hands to the app. `payload` is the body an HTTP app gets, too. */
export type Envelope = {
  id: string;
  type: EnvelopeType;
  payload: JsonObject;
  retryAttempt: number;
  retryReason: string;
};

export type DeliveryOutcome =
  /** `ackMs`: real milliseconds from sending to the ack. */
  | { kind: 'acked'; ackMs: number; payload: unknown }
  /** Nothing within 3 s: Slack tells the person `operation_timeout`. */
  | { kind: 'timed-out' }
  /** No connection, or an HTTP answer other than 2xx: Slack tells the person `dispatch_failed`. */
  | { kind: 'failed'; why: string };

export type DeliveryRecord = {
  id: string;
  type: EnvelopeType;
  /** e.g. `/eks-upgrade`, `block_actions`, `view_submission`. */
  name: string;
  attempts: number;
  outcome: DeliveryOutcome | { kind: 'pending' };
};

/** Sends one envelope once and says how it was answered. */
export type Transport = {
  send: (envelope: Envelope, options: { limitMs: number; dropConnection: boolean }) => Promise<DeliveryOutcome>;
};

export type Deliveries = {
  deliver: (delivery: {
    type: EnvelopeType;
    name: string;
    payload: JsonObject;
  }) => Promise<DeliveryOutcome & { deliveryId: string }>;
  records: () => DeliveryRecord[];
};

/** https://docs.slack.dev/apis/events-api#error-handling: three retries for events; none for what a person waits for. */
const EVENT_ATTEMPTS = 4;

export function createDeliveries({
  workspace,
  faults,
  transport,
}: {
  workspace: Workspace;
  faults: Faults;
  transport: Transport;
}): Deliveries {
  const records: DeliveryRecord[] = [];
  const limitMs = workspace.settings.ackLimitMs;

  const attempt = async (record: DeliveryRecord, envelope: Envelope): Promise<DeliveryOutcome> => {
    const fault = faults.forDelivery();
    record.attempts += 1;
    workspace.log.add('delivery', {
      id: record.id,
      type: record.type,
      name: record.name,
      attempt: record.attempts,
      fault: fault?.kind,
    });
    return await sendWithFault({ transport, envelope, limitMs, fault });
  };

  const deliver: Deliveries['deliver'] = async ({ type, name, payload }) => {
    const record: DeliveryRecord = { id: randomUUID(), type, name, attempts: 0, outcome: { kind: 'pending' } };
    records.push(record);
    let outcome = await attempt(record, { id: record.id, type, payload, retryAttempt: 0, retryReason: '' });
    while (type === 'events_api' && outcome.kind !== 'acked' && record.attempts < EVENT_ATTEMPTS) {
      const retryReason = outcome.kind === 'timed-out' ? 'timeout' : 'http_error';
      outcome = await attempt(record, { id: record.id, type, payload, retryAttempt: record.attempts, retryReason });
    }
    record.outcome = outcome;
    workspace.log.add('delivered', { id: record.id, name, outcome });
    workspace.announce({ kind: 'delivery', id: record.id });
    return { ...outcome, deliveryId: record.id };
  };
  return { deliver, records: () => structuredClone(records) };
}

async function sendWithFault({
  transport,
  envelope,
  limitMs,
  fault,
}: {
  transport: Transport;
  envelope: Envelope;
  limitMs: number;
  fault: DeliveryFault | undefined;
}): Promise<DeliveryOutcome> {
  const plain = { limitMs, dropConnection: false };
  if (fault === undefined) return await transport.send(envelope, plain);
  switch (fault.kind) {
    case 'duplicate-envelope':
      return await Promise.race([transport.send(envelope, plain), transport.send(envelope, plain)]);
    case 'late-envelope':
      await sleep(fault.delayMs);
      return await transport.send(envelope, plain);
    case 'lost-envelope':
      return { kind: 'timed-out' };
    case 'disconnect-before-ack':
      return await transport.send(envelope, { limitMs, dropConnection: true });
    default:
      return fault.kind satisfies never;
  }
}
