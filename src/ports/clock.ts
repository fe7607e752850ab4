/**
 * Run time: polls, waits, expiries, Slack budgets, the reconciler. Real in production; in the demo and in tests
 * faster, with one origin and speed shared by all processes and simulators. Leases, socket time-outs and the
 * 3-second ack are real time and do not go through it.
 */
export type Clock = {
  /** Epoch milliseconds, run time. */
  now: () => number;
  /** Resolves after `ms` of run time; rejects with the signal's reason when aborted. */
  delay: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** How many real milliseconds `ms` of run time take. */
  realMs: (ms: number) => number;
};
