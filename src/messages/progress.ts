import type { Plan, Step } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import type { Run, StepProgress } from '#src/domain/run.ts';
import { isGiveBack } from '#src/domain/run-progress.ts';
import { describeStep } from '#src/domain/step-title.ts';
import type { PlannedRun } from './message.ts';
import { aboutMinutes, duration, outside, when } from './mrkdwn.ts';

export type CurrentStep = { step: Step; progress: Exclude<StepProgress, { kind: 'done' }> };

/** The steps that are under way, or failed and not begun again. */
export function currentSteps(run: PlannedRun): CurrentStep[] {
  return run.plan.steps.flatMap((step) => {
    const progress = run.steps[step.id];
    return progress === undefined || progress.kind === 'done' ? [] : [{ step, progress }];
  });
}

/** One line a step, each with its state in words. */
export function progressLines(run: PlannedRun): string[] {
  const { steps } = run.plan;
  const notDone = steps.filter((step) => run.steps[step.id]?.kind !== 'done');
  const open = notDone.filter((step) => isToCome(run, step));
  const left =
    isUnderWay(run) && open.length > 0 ? `, ${aboutMinutes(minutesTogether(open))} left at the usual pace` : '';
  return [
    `*Steps: ${steps.length - notDone.length} of ${steps.length} done*${left}`,
    ...steps.map((step, i) => `${i + 1}. ${stepLine(run, step)}`),
  ];
}

/** Once it is aborted only what gives groups back. */
function isToCome({ abortRequest }: Run, step: Step): boolean {
  return abortRequest === undefined || isGiveBack(step);
}

function isUnderWay(run: Run): boolean {
  return run.state.kind === 'running' || run.state.kind === 'waiting' || run.state.kind === 'stopped';
}

function stepLine(run: PlannedRun, step: Step): string {
  const title = outside(describeStep(step));
  const progress = run.steps[step.id];
  switch (progress?.kind) {
    case undefined:
      return `${title} (${isUnderWay(run) && isToCome(run, step) ? `to do, ${aboutMinutes(step.expectedMinutes)}` : 'not begun'})`;
    case 'done':
      return `✓ ${title} (done after ${duration(progress.at - progress.startedAt)})`;
    case 'started':
      return `*${title} (${startedState(run, step, progress.at)})*`;
    case 'failed':
      return `*${title} (failed ${when(progress.at)})*`;
    default:
      progress satisfies never;
      return title;
  }
}

function startedState(run: Run, step: Step, since: number): string {
  if (run.state.kind === 'aborted') return 'begun, not seen done';
  if (isAtGate(run, step)) return 'waiting for a decision';
  const isLate = run.delays.some(({ stepId }) => stepId === step.id);
  return `under way since ${when(since)}${isLate ? ', longer than usual' : ''}`;
}

/** Whether it is this step that people are asked about. */
export function isAtGate({ state, gates }: Run, step: Step): boolean {
  return state.kind === 'waiting' && gates.at(-1)?.stepId === step.id;
}

/** When the run should be finished at the usual pace. */
export function expectedEnd(plan: Plan, startedAt: number): number {
  return startedAt + minutesTogether(plan.steps) * 60_000;
}
