import type { Phase } from '#src/domain/plan.ts';
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

/** Phases that only look: they may run before anybody was told. */
export const LOOKING_PHASES: readonly Phase[] = ['preflight', 'template-drift', 'access', 'verify'];
