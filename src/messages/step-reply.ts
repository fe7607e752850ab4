import { describeStep } from '#src/domain/step-title.ts';
import type { Step } from '#src/domain/plan.ts';
import type { Run, StepProgress } from '#src/domain/run.ts';
import { fitLines, sections } from './blocks.ts';
import { waitingLines } from './card-state.ts';
import { type Message, type PlannedRun, stepNumber, threadReply } from './message.ts';
import { aboutMinutes, capitalised, duration, outside, sentence, when } from './mrkdwn.ts';

const MAX_CHARS = 6000;

/** One reply a started step, edited as it goes. */
export function stepReplies(run: PlannedRun): Message[] {
  return run.plan.steps.flatMap((step) => {
    const progress = run.steps[step.id];
    return progress === undefined ? [] : [stepReply(run, step, progress)];
  });
}

function stepReply(run: PlannedRun, step: Step, progress: StepProgress): Message {
  const title = `${capitalised(stepNumber(run.plan, step))}, ${outside(describeStep(step))}`;
  const state = stateOf(run, step, progress);
  const lines = [`*${title}: ${state.headline}*`, ...state.lines, ...bullets('Please note', progress.notes)];
  return threadReply({
    key: `step:${step.id}`,
    text: [`${title}: ${state.headline}`, ...state.spoken].join(' '),
    blocks: sections(fitLines(lines, MAX_CHARS)),
  });
}

/** `spoken`: what of the lines belongs into the text for screen readers. */
type StepState = { headline: string; lines: string[]; spoken: string[] };

function stateOf(run: Run, step: Step, progress: StepProgress): StepState {
  const again = progress.attempt > 1 ? ` (attempt ${progress.attempt})` : '';
  switch (progress.kind) {
    case 'started': {
      if (run.state.kind === 'aborted') {
        const line = `It began ${when(progress.at)} and was not seen to be done before the run was aborted.`;
        return { headline: `not finished${again}.`, lines: [line], spoken: [line] };
      }
      const waiting = waitingLines(progress);
      const began = `Since ${when(progress.at)}; ${aboutMinutes(step.expectedMinutes)} is usual.`;
      return { headline: `under way${again}.`, lines: [began, ...waiting], spoken: waiting };
    }
    case 'done':
      return {
        headline: `done after ${duration(progress.at - progress.startedAt)}${again}.`,
        lines: [`Finished ${when(progress.at)}.`, ...bullets('Seen', progress.evidence)],
        spoken: [],
      };
    case 'failed': {
      const line = sentence(capitalised(outside(progress.failure.message)));
      return { headline: `failed${again}.`, lines: [`${when(progress.at)}: ${line}`], spoken: [line] };
    }
    default:
      progress satisfies never;
      return { headline: 'unknown.', lines: [], spoken: [] };
  }
}

function bullets(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, ...items.map((item) => `• ${outside(item, 1200)}`)];
}
