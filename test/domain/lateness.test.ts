import { describe, expect, it } from 'vitest';
import { evolve } from '#src/domain/evolve.ts';
import { isNewlyLate, lateAfterMinutes } from '#src/domain/lateness.ts';
import type { Run } from '#src/domain/run.ts';
import { anActivityGate, aPlan, aRun, MINUTE, progressUpTo, STARTED_AT, startedStep } from '#test/support/builders.ts';

const plan = aPlan();
const step = plan.steps.find(({ id }) => id === 'control-plane-1.23') ?? expect.unreachable();
const run = (changes: Partial<Run> = {}) =>
  aRun('running', { plan, steps: progressUpTo(plan, step.id, startedStep(0, { at: STARTED_AT })), ...changes });
const minutesIn = (minutes: number) => STARTED_AT + minutes * MINUTE;

describe('a step', () => {
  it.each([
    [1, 31],
    [10, 40],
    [30, 60],
    [170, 340],
  ])('of %i minutes is late after %i', (expected, late) => {
    expect(lateAfterMinutes(expected)).toBe(late);
  });

  it('is late once', () => {
    expect(isNewlyLate(run(), step, minutesIn(40))).toBe(false);
    expect(isNewlyLate(run(), step, minutesIn(41))).toBe(true);
    const told = evolve(run(), { at: minutesIn(41), by: 'bot', kind: 'step-late', stepId: step.id });
    expect(told.delays).toEqual([{ stepId: step.id, attempt: 1, at: minutesIn(41) }]);
    expect(isNewlyLate(told, step, minutesIn(50))).toBe(false);
    expect(evolve(told, { at: minutesIn(50), by: 'bot', kind: 'step-late', stepId: step.id })).toBe(told);
  });

  it('is not late for the time in which people were asked', () => {
    const asked = {
      ...anActivityGate(step.id),
      since: minutesIn(5),
      resolution: { kind: 'cleared' as const, at: minutesIn(65) },
    };
    expect(isNewlyLate(run({ gates: [asked] }), step, minutesIn(100))).toBe(false);
    expect(isNewlyLate(run({ gates: [asked] }), step, minutesIn(101))).toBe(true);
  });

  it('is late only while it is under way', () => {
    expect(isNewlyLate(run({ steps: {} }), step, minutesIn(999))).toBe(false);
    expect(evolve(run({ steps: {} }), { at: 0, by: 'bot', kind: 'step-late', stepId: step.id }).delays).toEqual([]);
  });
});
