import type { Plan, PlanNote } from './plan.ts';
import { draftPlan, isEmptyDraft, type PlanDraft, type PlanRequest } from './plan-draft.ts';
import { planHash } from './plan-hash.ts';
import { clusterRefusals, planRefusals, targetRefusals } from './plan-refusals.ts';
import { planSteps } from './plan-steps.ts';
import { planWarnings } from './plan-warnings.ts';
import { versionOfGroup } from './survey-groups.ts';
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
  const { warnings, refusals } = notesOf(draft);
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

/** Where all is at the target already, what a plan would be refused for is only worth a warning. */
function notesOf(draft: PlanDraft): { warnings: PlanNote[]; refusals: PlanNote[] } {
  const warnings = planWarnings(draft);
  if (!isEmptyDraft(draft) || !isEveryGroupAt(draft)) return { warnings, refusals: planRefusals(draft) };
  const inTheWay = [...targetRefusals(draft), ...clusterRefusals(draft)];
  const odd = planRefusals(draft).filter(({ id }) => !inTheWay.some((refusal) => refusal.id === id));
  return { warnings: [...warnings, ...odd], refusals: inTheWay };
}

function isEveryGroupAt({ request: { observation }, to }: PlanDraft): boolean {
  return observation.nodeGroups.every((group) => [null, to].includes(versionOfGroup(group)));
}

export type { PlanRequest } from './plan-draft.ts';
