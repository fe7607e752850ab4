import type { Phase, Plan, Step } from '#src/domain/plan.ts';
import { mapsItself } from '#src/domain/self-mapping.ts';
import type { PhaseContext, PhaseResult } from './phase.ts';
import { access } from './phases/access.ts';
import { addOns } from './phases/add-ons.ts';
import { commitConfig } from './phases/commit-config.ts';
import { controlPlane } from './phases/control-plane.ts';
import { nodeGroups } from './phases/node-groups.ts';
import { preflight } from './phases/preflight.ts';
import { templateDrift } from './phases/template-drift.ts';
import { verify } from './phases/verify.ts';

/** The table of contents of an upgrade, in the order in which phases first appear in a plan. */
export function runPhase(context: PhaseContext<Phase>): Promise<PhaseResult> {
  const { step } = context;
  switch (step.phase) {
    case 'preflight':
      return preflight({ ...context, step });
    case 'template-drift':
      return templateDrift({ ...context, step });
    case 'access':
      return access({ ...context, step });
    case 'control-plane':
      return controlPlane({ ...context, step });
    case 'add-ons':
      return addOns({ ...context, step });
    case 'node-groups':
      return nodeGroups({ ...context, step });
    case 'verify':
      return verify({ ...context, step });
    case 'commit-config':
      return commitConfig({ ...context, step });
    default:
      step satisfies never;
      throw new Error(`unknown phase ${JSON.stringify(step)}`);
  }
}

const LOOKING_PHASES: readonly Phase[] = ['preflight', 'template-drift', 'access', 'verify'];

/** Whether the step changes nothing, so that it may run before anybody was told. */
export function onlyLooks(step: Step, plan: Plan): boolean {
  return LOOKING_PHASES.includes(step.phase) && !(step.phase === 'access' && mapsItself(plan));
}
