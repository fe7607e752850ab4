import type { Plan, StepId } from '#src/domain/plan.ts';
import type { Run, RunId, StopRecord } from '#src/domain/run.ts';

/** What a button does. Slack sends the id back with the button's value. */
export const ACTIONS = {
  approve: 'approve_run',
  reject: 'reject_run',
  stop: 'stop_run',
  retry: 'retry_run',
  overwriteAddon: 'overwrite_add_on',
  abort: 'abort_run',
  passGate: 'pass_gate',
  forceDrain: 'force_drain',
  waitAtGate: 'wait_at_gate',
  stopAtGate: 'stop_at_gate',
} as const;

export type ActionId = (typeof ACTIONS)[keyof typeof ACTIONS];

/** The modal that asks why a gate is to be passed. */
export const GATE_MODAL = {
  callbackId: 'pass_gate_reason',
  blockId: 'reason',
  actionId: 'reason_input',
  maxReason: 500,
} as const;

/**
 * Values are opaque ids, parted by the first dot; nothing in them is believed without looking at the run.
 * Run ids have no dot; step ids may.
 */
export function decisionValue(run: Run, plan: Plan): string {
  return `${run.id}.${shortHash(plan.hash)}`;
}

/** Enough of a hash to tell plans of one run apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 16);
}

export function gateValue(run: Run, stepId: StepId): string {
  return `${run.id}.${stepId}`;
}

/** Which stop it was that people saw: a button may stand there when the run has gone on and stopped again. */
export function stopValue(run: Run, stop: StopRecord): string {
  return `${run.id}.${run.stops.indexOf(stop) + 1}`;
}

export function runValue(run: Run): string {
  return run.id;
}

/** The run id and what comes after the first dot (a plan's hash or a step id); undefined when there is no such pair. */
export function parsePair(value: string): { runId: RunId; rest: string } | undefined {
  const dot = value.indexOf('.');
  if (dot < 1 || dot === value.length - 1) return undefined;
  return { runId: value.slice(0, dot), rest: value.slice(dot + 1) };
}
