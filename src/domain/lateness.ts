import type { Step } from './plan.ts';
import type { Run } from './run.ts';

const MINUTE = 60_000;

/**
 * When people are told that a step is late: after twice its usual time, and half an hour more than that at the least. A
 * control plane usually takes 10 minutes and has been seen to take 60; most of what takes longer for once is through by then.
 */
export function lateAfterMinutes(expectedMinutes: number): number {
  return Math.max(2 * expectedMinutes, expectedMinutes + 30);
}

/** Whether this step is late and nobody was told yet. The time at a gate is people's, not the step's. */
export function isNewlyLate(run: Run, step: Step, now: number): boolean {
  const progress = run.steps[step.id];
  if (progress?.kind !== 'started' || run.delays.some(({ stepId }) => stepId === step.id)) return false;
  const worked = now - progress.at - timeAtGates(run, { from: progress.at, to: now });
  return worked > lateAfterMinutes(step.expectedMinutes) * MINUTE;
}

function timeAtGates({ gates }: Run, { from, to }: { from: number; to: number }): number {
  return gates.reduce((sum, { since, resolution }) => {
    const end = resolution.kind === 'open' ? to : resolution.at;
    return sum + Math.max(0, end - Math.max(since, from));
  }, 0);
}
