import type { Plan, Step } from '#src/domain/plan.ts';
import type { Run, StepProgress } from '#src/domain/run.ts';
import { describeStep } from '#src/domain/step-title.ts';
import type { PlannedRun } from './message.ts';
import { aboutMinutes, duration, outside, when } from './mrkdwn.ts';
import { totalMinutes } from './users-notice.ts';

/** The step that is under way, or failed and not begun again. */
export function currentStep(run: PlannedRun): { step: Step; progress: StepProgress } | undefined {
  for (const step of run.plan.steps) {
    const progress = run.steps[step.id];
    if (progress !== undefined && progress.kind !== 'done') return { step, progress };
  }
  return undefined;
}

/** One line a step, each with its state in words. */
export function progressLines(run: PlannedRun): string[] {
  const { steps } = run.plan;
  const open = steps.filter((step) => run.steps[step.id]?.kind !== 'done');
  const left = isUnderWay(run) && open.length > 0 ? `, ${aboutMinutes(totalMinutes(open))} left at the usual pace` : '';
  return [
    `*Steps: ${steps.length - open.length} of ${steps.length} done*${left}`,
    ...steps.map((step, i) => `${i + 1}. ${stepLine(run, step)}`),
  ];
}

function isUnderWay(run: Run): boolean {
  return run.state.kind === 'running' || run.state.kind === 'waiting' || run.state.kind === 'stopped';
}

function stepLine(run: PlannedRun, step: Step): string {
  const title = outside(describeStep(step));
  const progress = run.steps[step.id];
  switch (progress?.kind) {
    case undefined:
      return `${title} (${isUnderWay(run) ? `to do, ${aboutMinutes(step.expectedMinutes)}` : 'not begun'})`;
    case 'done':
      return `✓ ${title} (done after ${duration(progress.at - progress.startedAt)})`;
    case 'started':
      return `*${title} (${startedState(run, progress.at)})*`;
    case 'failed':
      return `*${title} (failed ${when(progress.at)})*`;
    default:
      progress satisfies never;
      return title;
  }
}

function startedState({ state }: Run, since: number): string {
  if (state.kind === 'aborted') return 'begun, not seen done';
  return state.kind === 'waiting' ? 'waiting for a decision' : `under way since ${when(since)}`;
}

/** When the run should be finished at the usual pace. */
export function expectedEnd(plan: Plan, startedAt: number): number {
  return startedAt + totalMinutes(plan.steps) * 60_000;
}
