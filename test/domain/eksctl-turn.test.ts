import { describe, expect, it } from 'vitest';
import { yieldsTo } from '#src/domain/eksctl-turn.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import type { Run, StepProgress } from '#src/domain/run.ts';
import { WAITS_TO_ASK } from '#src/domain/run-progress.ts';
import { aFailure, aPlan, aRun, aStop, REQUESTER, STARTED_AT, startedStep } from '#test/support/builders.ts';

const DRAIN = 'node-groups-1.24-delete-core';
const OTHERS = 'node-groups-1.24-create-others';
const BEGAN = STARTED_AT + 1000;

const old = { phase: 'node-groups', version: '1.24', action: 'delete', role: 'core', groups: ['core-a'] } as const;
const plan: Plan = aPlan({
  steps: [
    { ...old, groups: ['core-a'], id: DRAIN, renames: [], after: [], expectedMinutes: 5 },
    ...aPlan().steps.filter(({ id }) => id === OTHERS),
  ].map((step): Step => ({ ...step, after: [] })),
});
const draining = (changes: Partial<StepProgress & { kind: 'started' }> = {}): StepProgress =>
  startedStep(0, { at: BEGAN, memory: { wasReady: '1 Deployment prod/hub' }, ...changes });

/** The step that the creation of the others lets go first, this long after it has begun. */
function goesFirst(changes: Partial<Run> = {}, afterMs = 10_000): string | undefined {
  const steps = { [DRAIN]: draining(), [OTHERS]: startedStep(0, { at: BEGAN }), ...changes.steps };
  const run = { ...aRun('running', { plan, steps }), ...changes, steps, plan };
  const step = plan.steps.find(({ id }) => id === OTHERS) as Step;
  return yieldsTo(run, step, BEGAN + afterMs)?.id;
}

describe('the creation of groups that people are without', () => {
  it('lets the deletion of the old core begin first while its nodes are being emptied, for at most a minute', () => {
    expect(goesFirst()).toBe(DRAIN);
    expect(goesFirst({}, 59_999)).toBe(DRAIN);
    expect(goesFirst({}, 60_000)).toBeUndefined();
  });

  it.each<[string, Partial<Run>]>([
    ['nothing moves there yet', { steps: { [DRAIN]: draining({ memory: {} }) } }],
    ['somebody has to be asked', { steps: { [DRAIN]: draining({ waiting: { for: WAITS_TO_ASK, since: BEGAN } }) } }],
    ['the old core is gone', { steps: { [DRAIN]: { ...done(), kind: 'done' } } }],
    [
      'it was told to eksctl',
      { pastCommands: { [DRAIN]: { id: 'c', stepId: DRAIN, attempt: 1, args: [], state: ended() } } },
    ],
    ['somebody wants the run to stop', { stopRequest: { by: REQUESTER, at: BEGAN } }],
    ['another step has failed', { stops: [aStop({ kind: 'step-failed', stepId: 'add-ons-1.24', failure: aFailure })] }],
    ['it was tried before', { steps: { [OTHERS]: startedStep(0, { at: BEGAN, attempt: 2 }) } }],
    ['it has begun', { steps: { [OTHERS]: startedStep(0, { at: BEGAN, memory: { letInAt: '1' } }) } }],
  ])('waits for nothing when %s', (_, changes) => {
    expect(goesFirst(changes)).toBeUndefined();
  });
});

function done(): Extract<StepProgress, { kind: 'done' }> {
  return { kind: 'done', at: BEGAN, startedAt: BEGAN, attempt: 1, notes: [], evidence: [] };
}

function ended() {
  return { kind: 'ended', at: BEGAN, outcome: { kind: 'exited', code: 0, lastLines: '' } } as const;
}
