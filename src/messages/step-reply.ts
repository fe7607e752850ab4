import type { Step } from '#src/domain/plan.ts';
import type { Run, StepProgress } from '#src/domain/run.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { sections } from './blocks.ts';
import { waitingLines } from './card-state.ts';
import { type Message, type PlannedRun, stepNumber, threadReply } from './message.ts';
import { aboutMinutes, capitalised, duration, explained, outside, when } from './mrkdwn.ts';
import { isAtGate } from './progress.ts';

const MAX_CHARS = 6000;

/** One reply a started step, edited as it goes. */
export function stepReplies(run: PlannedRun): Message[] {
  return run.plan.steps.flatMap((step) => {
    const progress = run.steps[step.id];
    return progress === undefined ? [] : [stepReply(run, step, progress)];
  });
}

function stepReply(run: PlannedRun, step: Step, progress: StepProgress): Message {
  const state = stateOf(run, step, progress);
  const again = progress.attempt > 1 ? ` (attempt ${progress.attempt})` : '';
  const headline = `${capitalised(stepNumber(run.plan, step))} ${state.verb}${again}: ${outside(describeStep(step))}.`;
  return threadReply({
    key: `step:${step.id}`,
    text: [headline, ...state.spoken].join(' '),
    blocks: sections([`*${headline}*`, ...state.lines, ...bullets('Please note', progress.notes)], MAX_CHARS),
  });
}

/** `spoken`: what of the lines belongs into the text for screen readers. */
type StepState = { verb: string; lines: string[]; spoken: string[] };

function stateOf(run: Run, step: Step, progress: StepProgress): StepState {
  switch (progress.kind) {
    case 'started':
      return run.state.kind === 'aborted' ? leftOpen(progress) : underWay(run, step, progress);
    case 'done': {
      const took = duration(progress.at - progress.startedAt);
      return {
        verb: 'is done',
        lines: [`Finished ${when(progress.at)}, after ${took}.`, ...bullets('Seen', progress.evidence)],
        spoken: [`It took ${took}.`],
      };
    }
    case 'failed': {
      const line = explained(progress.failure.message);
      return { verb: 'failed', lines: [`${when(progress.at)}: ${line}`], spoken: [line] };
    }
    default:
      return progress satisfies never;
  }
}

type Started = Extract<StepProgress, { kind: 'started' }>;

function underWay(run: Run, step: Step, progress: Started): StepState {
  const began = `Since ${when(progress.at)}; ${aboutMinutes(step.expectedMinutes)} is usual.`;
  if (!isAtGate(run, step))
    return { verb: 'is under way', lines: [began, ...waitingLines(progress)], spoken: waitingLines(progress) };
  const line = 'Nothing is deleted or replaced until somebody decides: see the reply with the buttons.';
  return { verb: 'is waiting for a decision', lines: [line], spoken: [line] };
}

function leftOpen(progress: Started): StepState {
  const line = `It began ${when(progress.at)} and was not seen to be done before the run was aborted.`;
  return { verb: 'is not finished', lines: [line], spoken: [line] };
}

function bullets(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, ...items.map((item) => `• ${outside(item, 1200)}`)];
}
