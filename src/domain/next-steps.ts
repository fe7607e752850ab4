import type { NodeGroupsAction, Plan, Step } from './plan.ts';
import type { Run } from './run.ts';

export type NextSteps = {
  /** Begun and not seen done, in the plan's order. */
  inProgress: Step[];
  /** May begin: all that they come after are done. A failed step is among them, for its next attempt. */
  ready: Step[];
};

/** Both are empty when every step is done. Throws for a plan with a circle. */
export function nextSteps(plan: Plan, run: Pick<Run, 'steps'>): NextSteps {
  const isDone = (id: string) => run.steps[id]?.kind === 'done';
  const open = plan.steps.filter(({ id }) => !isDone(id));
  const inProgress = open.filter(({ id }) => run.steps[id]?.kind === 'started');
  const ready = open.filter((step) => !inProgress.includes(step) && step.after.every(isDone));
  if (open.length > 0 && inProgress.length + ready.length === 0)
    throw new Error(`plan ${plan.hash} has no step that may run: its order is a circle`);
  return { inProgress, ready };
}

/** Of groups that people may be using: a proof takes away only the node that it asked for. */
export function takesNodesAway(action: NodeGroupsAction['action']): boolean {
  return action === 'delete' || action === 'update-managed';
}

/** Begins the next hop or deletes something: what must not begin while people cannot be told. */
export function endangersUsers(step: Step): boolean {
  return step.phase === 'control-plane' || (step.phase === 'node-groups' && takesNodesAway(step.action));
}
