import { createHash } from 'node:crypto';
import type { Plan, PlanNote } from './plan.ts';

/**
 * Warnings that are about counts, which change by the minute. They are evidence, not part of what is decided: users
 * who log in between the approval and the start must not undo the approval (a gate before the first deletion counts
 * them again), nor must an autoscaler that adds a core node.
 */
const NOT_DECIDED_ON: readonly string[] = ['activity', 'core-smaller'];

/**
 * sha256 hex over what an approver decides on: cluster, from, to, skew policy, the steps with their order, group
 * actions and pinned versions, and the ids of warnings and refusals. Never counts, durations, dates, texts or evidence.
 */
export function planHash(plan: Omit<Plan, 'hash'>): string {
  const decidedOn = {
    schema: plan.schema,
    cluster: plan.cluster,
    from: plan.from,
    to: plan.to,
    skew: plan.skew,
    steps: plan.steps.map(({ expectedMinutes: _, ...decided }) => decided),
    warnings: idsOf(plan.warnings),
    refusals: idsOf(plan.refusals),
  };
  return createHash('sha256').update(canonicalJson(decidedOn)).digest('hex');
}

function idsOf(notes: readonly PlanNote[]): string[] {
  return notes
    .map(({ id }) => id)
    .filter((id) => !NOT_DECIDED_ON.includes(id.split(':')[0] ?? id))
    .sort();
}

/** JSON with sorted keys: the same value has one text, however it was built or stored. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
