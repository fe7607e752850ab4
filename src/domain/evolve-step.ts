import { stopped } from './evolve-stop.ts';
import type { Run, StepProgress } from './run.ts';
import type { RunEvent } from './run-events.ts';
import { owedSteps, stepsAtWork } from './run-progress.ts';

type StepEvent = Extract<RunEvent, { kind: 'step-started' | 'step-waiting' | 'step-done' | 'step-failed' }>;

export function evolveStep(run: Run, event: StepEvent): Run {
  const before = run.steps[event.stepId];
  const withStep = (progress: StepProgress): Run => ({ ...run, steps: { ...run.steps, [event.stepId]: progress } });
  switch (event.kind) {
    case 'step-started':
      // A commit whose answer was lost may be made again: that is no second attempt.
      if (before?.kind === 'started') return run;
      return withStep({
        kind: 'started',
        at: event.at,
        attempt: (before?.attempt ?? 0) + 1,
        waiting: null,
        notes: [],
        memory: {},
      });
    case 'step-waiting': {
      if (before?.kind !== 'started') return run;
      const since = before.waiting?.for === event.for ? before.waiting.since : event.at;
      return withStep({ ...before, waiting: { for: event.for, since }, memory: event.memory, notes: event.notes });
    }
    case 'step-done': {
      if (before?.kind !== 'started') return run;
      const { attempt, at: startedAt } = before;
      const { [event.stepId]: _, ...pastCommands } = run.pastCommands;
      const done = { at: event.at, startedAt, attempt, notes: event.notes, evidence: event.evidence };
      const health = event.healthBefore === undefined ? {} : { healthBefore: event.healthBefore };
      return atRest({ ...withStep({ kind: 'done', ...done }), pastCommands, ...health });
    }
    case 'step-failed': {
      if (before?.kind !== 'started') return run;
      const { attempt, at: startedAt, notes } = before;
      const { state } = run;
      const failed = withStep({ kind: 'failed', at: event.at, startedAt, attempt, notes, failure: event.failure });
      const cause = { kind: 'step-failed', stepId: event.stepId, failure: event.failure } as const;
      return atRest({ ...stopped(failed, event.at, cause), state });
    }
    default:
      event satisfies never;
      throw new Error(`unknown event ${JSON.stringify(event)}`);
  }
}

/** A step failed: the run stops as soon as no other step is in the middle of a change, and all that was deleted is there again. */
function atRest(run: Run): Run {
  const isOpen = run.stops.at(-1)?.resolution.kind === 'open';
  return isOpen && stepsAtWork(run).length + owedSteps(run).length === 0 ? { ...run, state: { kind: 'stopped' } } : run;
}
