import { describe, expect, it } from 'vitest';
import { endangersUsers, nextStep } from '#src/domain/next-step.ts';
import type { Step } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { allDone, aPlan, failedStep, progressUpTo, startedStep } from '#test/support/builders.ts';

const look = (id: string, after: string[]): Step => ({ id, after, phase: 'preflight', expectedMinutes: 1 });
const done: Run['steps'][string] = { kind: 'done', at: 1, startedAt: 0, attempt: 1, notes: [], evidence: [] };

describe('the next step', () => {
  const fork = aPlan({ steps: [look('a', []), look('b', ['a']), look('c', ['a']), look('d', ['b', 'c'])] });

  it('is the first one whose predecessors are all done', () => {
    expect(nextStep(fork, { steps: {} })?.id).toBe('a');
    expect(nextStep(fork, { steps: { a: done } })?.id).toBe('b');
    expect(nextStep(fork, { steps: { a: done, b: done } })?.id).toBe('c');
    expect(nextStep(fork, { steps: { a: done, b: done, c: done } })?.id).toBe('d');
  });

  it('is the one in hand before any other', () => {
    expect(nextStep(fork, { steps: { a: done, c: startedStep(0) } })?.id).toBe('c');
  });

  it('is the failed one again: nothing behind it begins', () => {
    const plan = aPlan();
    expect(nextStep(plan, { steps: progressUpTo(plan, 'control-plane-1.23', failedStep(2)) })?.id).toBe(
      'control-plane-1.23',
    );
  });

  it('is none when all are done', () => {
    const plan = aPlan();
    expect(nextStep(plan, { steps: allDone(plan) })).toBeNull();
  });

  it('does not exist in a circle, which is said instead of waited for', () => {
    const circle = aPlan({ steps: [look('a', ['b']), look('b', ['a'])] });
    expect(() => nextStep(circle, { steps: {} })).toThrow('its order is a circle');
  });
});

describe('what must not begin while people cannot be told', () => {
  it('is a hop, a deletion and a replacement; never a creation, nor what only looks', () => {
    expect(
      aPlan()
        .steps.filter(endangersUsers)
        .map(({ id }) => id),
    ).toEqual(['control-plane-1.23', 'control-plane-1.24', 'node-groups-1.24-delete']);
    const managed: Step = {
      id: 'm',
      after: [],
      phase: 'node-groups',
      version: '1.24',
      action: 'update-managed',
      groups: ['web'],
      expectedMinutes: 1,
    };
    expect(endangersUsers(managed)).toBe(true);
  });
});
