import { z } from 'zod';

/*
 * The fault catalogue's Slack side. A fault waits for its next `count` matching calls or deliveries.
 * `…-after`: the call took effect, only its answer is lost.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum([
      'rate-limited',
      'server-error-before',
      'server-error-after',
      'time-out-before',
      'time-out-after',
      'connection-lost-before',
      'connection-lost-after',
    ]),
    /** Web API method, or `*`. */
    method: z.string().default('*'),
    count: z.number().int().positive().default(1),
    /** Seconds, for `rate-limited`. */
    retryAfter: z.number().positive().default(1),
  }),
  z.strictObject({
    kind: z.literal('api-error'),
    method: z.string().default('*'),
    count: z.number().int().positive().default(1),
    /** e.g. `internal_error`. */
    error: z.string(),
  }),
  z.strictObject({
    kind: z.enum(['duplicate-envelope', 'late-envelope', 'lost-envelope', 'disconnect-before-ack']),
    count: z.number().int().positive().default(1),
    /** Real milliseconds, for `late-envelope`. */
    delayMs: z.number().positive().default(1000),
  }),
]);

/** All of Slack, until it ends: `unavailable` answers 503, `silent` not at all. Connections are cut, people cannot act. */
export type Outage = 'unavailable' | 'silent';

export type FaultInput = z.input<typeof faultSchema>;
type Fault = z.output<typeof faultSchema>;
export type CallFault = Extract<Fault, { method: string }>;
export type DeliveryFault = Exclude<Fault, { method: string }>;

export type Faults = {
  add: (fault: FaultInput) => void;
  clear: () => void;
  pending: () => Fault[];
  forCall: (method: string) => CallFault | undefined;
  forDelivery: () => DeliveryFault | undefined;
  outage: () => Outage | null;
  setOutage: (outage: Outage | null) => void;
};

export function createFaults(): Faults {
  let pending: Fault[] = [];
  let outage: Outage | null = null;
  const take = <T extends Fault>(matches: (fault: Fault) => fault is T): T | undefined => {
    const found = pending.find(matches);
    if (found !== undefined) {
      found.count -= 1;
      pending = pending.filter(({ count }) => count > 0);
    }
    return found;
  };
  return {
    add: (fault) => pending.push(faultSchema.parse(fault)),
    clear: () => {
      pending = [];
    },
    pending: () => pending.map((fault) => ({ ...fault })),
    forCall: (method) =>
      take((fault): fault is CallFault => 'method' in fault && (fault.method === '*' || fault.method === method)),
    forDelivery: () => take((fault): fault is DeliveryFault => !('method' in fault)),
    outage: () => outage,
    setOutage: (next) => {
      outage = next;
    },
  };
}
