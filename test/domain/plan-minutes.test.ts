import { describe, expect, it } from 'vitest';
import type { Step } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import { aPlan } from '#test/support/builders.ts';

const step = (id: string, after: string[], expectedMinutes: number): Step => {
  return { id, after, phase: 'preflight', expectedMinutes };
};

describe('how long steps take together', () => {
  it.each<[string, Step[], number]>([
    ['nothing', [], 0],
    ['one after the other: the sum', [step('a', [], 3), step('b', ['a'], 4)], 7],
    ['side by side: the longer one', [step('a', [], 1), step('b', ['a'], 4), step('c', ['a'], 6)], 7],
    ['the longer way to where they meet', [step('a', [], 1), step('b', [], 4), step('c', ['a', 'b'], 6)], 10],
    ['what is left, when those before are done', [step('c', ['a', 'b'], 6), step('d', ['c'], 1)], 7],
  ])('%s', (_what, steps, minutes) => {
    expect(minutesTogether(steps)).toBe(minutes);
  });

  it('is the sum for a plan that is a chain', () => {
    const { steps } = aPlan();
    expect(minutesTogether(steps)).toBe(steps.reduce((sum, { expectedMinutes }) => sum + expectedMinutes, 0));
  });
});
