import type { Plan, Step } from './plan.ts';
import type { Run } from './run.ts';

/** The step in hand, or the first one whose predecessors are all done; null when none is left. Throws for a plan with a circle. */
export function nextStep(plan: Plan, run: Pick<Run, 'steps'>): Step | null {
  const isDone = (id: string) => run.steps[id]?.kind === 'done';
  const open = plan.steps.filter(({ id }) => !isDone(id));
  if (open.length === 0) return null;
  const started = open.find(({ id }) => run.steps[id]?.kind === 'started');
  const ready = started ?? open.find(({ after }) => after.every(isDone));
  if (ready === undefined) throw new Error(`plan ${plan.hash} has no step that may run: its order is a circle`);
  return ready;
}

/** Begins the next hop or deletes something: what must not begin while people cannot be told. */
export function endangersUsers(step: Step): boolean {
  return step.phase === 'control-plane' || (step.phase === 'node-groups' && step.action !== 'create');
}
