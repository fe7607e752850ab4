import type { Plan, PlanNote } from './plan.ts';
import { draftPlan, isEmptyDraft, type PlanRequest } from './plan-draft.ts';
import { planHash } from './plan-hash.ts';
import { planRefusals } from './plan-refusals.ts';
import { planSteps } from './plan-steps.ts';
import { planWarnings } from './plan-warnings.ts';
import type { KubernetesVersion } from './version.ts';

/** A plan with refusals may not run; its steps say what would happen without them. */
export type Planned =
  | { kind: 'plan'; plan: Plan }
  /** Control plane, node groups and add-ons are at the target; `warnings` say what could not be checked or is odd. */
  | { kind: 'nothing-to-do'; version: KubernetesVersion; warnings: PlanNote[] };

/**
 * Pure and total: the same observation and policy give the same plan with the same hash, and nothing is thrown.
 * It reads: draft (what happens when), then the draft written as steps, warnings and refusals.
 */
export function planUpgrade(request: PlanRequest): Planned {
  const { observation, to, now } = request;
  const draft = draftPlan(request);
  const warnings = planWarnings(draft);
  const refusals = planRefusals(draft);
  if (isEmptyDraft(draft) && refusals.length === 0) return { kind: 'nothing-to-do', version: to, warnings };
  const plan: Omit<Plan, 'hash'> = {
    schema: 1,
    cluster: observation.cluster.name,
    account: observation.cluster.account,
    region: observation.cluster.region,
    from: draft.from,
    to,
    skew: draft.skew,
    steps: planSteps(draft),
    warnings,
    refusals,
    activity: observation.activity,
    config: { commit: observation.config.commit, path: observation.config.path },
    madeAt: now,
  };
  return { kind: 'plan', plan: { ...plan, hash: planHash(plan) } };
}

export type { PlanPolicy, PlanRequest } from './plan-draft.ts';
