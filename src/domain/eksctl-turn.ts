import { isDrainUnderWay } from './core-drain.ts';
import type { Plan, Step } from './plan.ts';
import type { Run } from './run.ts';
import { commandOfStep, hasActed, isFailing, WAITS_TO_ASK } from './run-progress.ts';
import type { KubernetesVersion } from './version.ts';

/** Run time. Long enough for the usual end of a drain, and a sixth of the time that people are without their groups anyway. */
const LONGEST_MS = 60_000;

/**
 * The step that a step which is due lets have eksctl first; null: none.
 *
 * Who asks first has it, and that is right but for one case: to create the groups that people use takes eksctl for minutes,
 * while to begin the deletion of the old core group takes it for moments, and then the stack goes by itself for minutes.
 * Begun first it is gone when the others are there; begun after them, everybody waits for it alone. So while the old core
 * nodes are being emptied the creation waits a little. Only a little, and not when something is wrong or people would have
 * to be asked: those whose groups were deleted come first.
 */
export function yieldsTo(run: Run & { plan: Plan }, step: Step, now: number): Step | null {
  const progress = run.steps[step.id];
  if (step.phase !== 'node-groups' || step.action !== 'create' || step.role !== 'others' || step.givesBack) return null;
  if (progress?.kind !== 'started' || progress.attempt > 1 || hasActed(run, step.id)) return null;
  if (run.stopRequest !== null || isFailing(run) || now - progress.at >= LONGEST_MS) return null;
  return run.plan.steps.find((other) => isCoreDeletionAt(other, step.version) && isAboutToBegin(run, other)) ?? null;
}

function isCoreDeletionAt(step: Step, version: KubernetesVersion): boolean {
  return step.phase === 'node-groups' && step.action === 'delete' && step.role === 'core' && step.version === version;
}

/** Its nodes are being emptied, nobody has to be asked about that, and eksctl was not told yet. */
function isAboutToBegin(run: Run, { id }: Step): boolean {
  const progress = run.steps[id];
  if (progress?.kind !== 'started' || !isDrainUnderWay(progress)) return false;
  return commandOfStep(run, id) === null && progress.waiting?.for.startsWith(WAITS_TO_ASK) !== true;
}
