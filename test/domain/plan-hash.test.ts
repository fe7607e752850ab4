import { describe, expect, it } from 'vitest';
import type { Plan } from '#src/domain/plan.ts';
import { planHash } from '#src/domain/plan-hash.ts';
import { aPlan } from '#test/support/builders.ts';

const PLAN = aPlan();
const [first, ...others] = PLAN.steps;
if (first === undefined) throw new Error('a plan has steps');

describe('planHash', () => {
  it.each<[string, Partial<Plan>]>([
    ['the cluster', { cluster: 'reef' }],
    ['where it starts', { from: '1.21' }],
    ['where it goes', { to: '1.25' }],
    ['the skew policy', { skew: 'runbook' }],
    ['a step less', { steps: others }],
    ['the order of steps', { steps: [...others, first] }],
    ['what a step waits for', { steps: [{ ...first, after: ['verify'] }, ...others] }],
    ['a warning', { warnings: [{ id: 'nodes-ahead', text: '' }] }],
    ['a refusal', { refusals: [{ id: 'cluster-not-active', text: '' }] }],
  ])('changes with %s', (_, change) => {
    expect(planHash({ ...PLAN, ...change })).not.toBe(planHash(PLAN));
  });

  it.each<[string, Partial<Plan>]>([
    ['when it was made', { madeAt: 0 }],
    ['how long a step takes', { steps: [{ ...first, expectedMinutes: 99 }, ...others] }],
    [
      'who uses the cluster',
      { activity: { total: 5, byNamespace: { prod: 5 } }, warnings: [{ id: 'activity', text: '5' }] },
    ],
    ['how many nodes an autoscaler runs', { warnings: [{ id: 'core-smaller:core-a', text: '3' }] }],
    ['the commit of the config', { config: { commit: '0', path: 'x' } }],
  ])('does not change with %s', (_, change) => {
    expect(planHash({ ...PLAN, ...change })).toBe(planHash(PLAN));
  });

  it('does not change with the words or the order of notes, nor by being stored', () => {
    const notes = (...ids: string[]): Plan =>
      aPlan({ warnings: ids.map((id) => ({ id, text: `${id} in words ${ids.length}` })) });
    expect(planHash(notes('b', 'a'))).toBe(planHash(notes('a', 'b')));
    expect(planHash(JSON.parse(JSON.stringify(PLAN)) as Plan)).toBe(planHash(PLAN));
  });
});
