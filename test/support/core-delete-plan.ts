import type { Plan, Step } from '#src/domain/plan.ts';
import { aPlan } from './builders.ts';

const DELETE = 'node-groups-1.24-delete';

/** A plan whose step of this id deletes the old core group alone, as in a plan where it goes after the others. */
export function aCoreDeletePlan(): Plan {
  const onlyCore = (step: Step): Step =>
    step.id === DELETE && step.phase === 'node-groups' && step.action === 'delete'
      ? { ...step, role: 'core', groups: ['core-a'] }
      : step;
  return aPlan({ steps: aPlan().steps.map(onlyCore) });
}
