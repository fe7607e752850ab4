import { describe, expect, it } from 'vitest';
import { endangersUsers, nextSteps } from '#src/domain/next-steps.ts';
import type { Step } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { allDone, aPlan, failedStep, progressUpTo, startedStep } from '#test/support/builders.ts';

const look = (id: string, after: string[]): Step => ({ id, after, phase: 'preflight', expectedMinutes: 1 });
const done: Run['steps'][string] = { kind: 'done', at: 1, startedAt: 0, attempt: 1, notes: [], evidence: [] };

const ids = (steps: readonly Step[]): string[] => steps.map(({ id }) => id);

describe('the next steps', () => {
  const fork = aPlan({ steps: [look('a', []), look('b', ['a']), look('c', ['a']), look('d', ['b', 'c'])] });

  it.each<[string, Run['steps'], { inProgress: string[]; ready: string[] }]>([
    ['nothing is done', {}, { inProgress: [], ready: ['a'] }],
    ['two come after the same', { a: done }, { inProgress: [], ready: ['b', 'c'] }],
    ['one of these is in progress', { a: done, b: startedStep(0) }, { inProgress: ['b'], ready: ['c'] }],
    ['one of these is done', { a: done, b: done }, { inProgress: [], ready: ['c'] }],
    ['both are in progress', { a: done, c: startedStep(0), b: startedStep(0) }, { inProgress: ['b', 'c'], ready: [] }],
    ['one of these failed', { a: done, b: failedStep(0), c: done }, { inProgress: [], ready: ['b'] }],
    ['both are done', { a: done, b: done, c: done }, { inProgress: [], ready: ['d'] }],
  ])('when %s', (_what, steps, { inProgress, ready }) => {
    const next = nextSteps(fork, { steps });
    expect([ids(next.inProgress), ids(next.ready)]).toEqual([inProgress, ready]);
  });

  it('are one after the other in a plan that was stored before steps overlapped', () => {
    const plan = aPlan();
    const next = nextSteps(plan, { steps: progressUpTo(plan, 'add-ons-1.23') });
    expect([ids(next.inProgress), ids(next.ready)]).toEqual([['add-ons-1.23'], []]);
  });

  it('are none when all are done', () => {
    const plan = aPlan();
    expect(nextSteps(plan, { steps: allDone(plan) })).toEqual({ inProgress: [], ready: [] });
  });

  it('do not exist in a circle, which is said instead of waited for', () => {
    const circle = aPlan({ steps: [look('a', ['b']), look('b', ['a'])] });
    expect(() => nextSteps(circle, { steps: {} })).toThrow('its order is a circle');
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
