import { expect, test } from 'vitest';
import type { Judged } from './hunt.ts';
import type { Life } from './live.ts';
import type { Point } from './points.ts';
import { summarize } from './summary.ts';
import type { Verdict } from './verdict.ts';

const WELL: Verdict = { converged: true, deviations: [], repeatedEffects: [], lostMessages: [], doubledMessages: [] };
const A: Point = { call: 'a', side: 'before' };
const B: Point = { call: 'b', side: 'after' };

function hit(points: Point[], verdict: Partial<Verdict> = {}, kind: 'hit' | 'suspect' = 'hit'): Judged {
  const life = { trouble: null, logTail: '' } as Life;
  const whole = { ...WELL, ...verdict };
  return kind === 'suspect'
    ? { kind, points, life, verdict: whole }
    : { kind, points, life, verdict: whole, isWell: Object.keys(verdict).length === 0 };
}

test('points that share a world count each', () => {
  expect(summarize([hit([A, B])])).toMatchObject({ points: 2, converged: 2, failures: [], notReached: [] });
});

test('a world that went wrong is explained by the point that does so alone, and counted once', () => {
  const doubled = { doubledMessages: ['card'] };
  expect(summarize([hit([A, B], doubled, 'suspect'), hit([A]), hit([B], doubled)])).toMatchObject({
    points: 2,
    converged: 2,
    doubledMessages: 1,
    failures: [{ point: 'after b' }],
  });
});

test('a world that went wrong counts even when none of its points does so alone', () => {
  const lost = { converged: false, deviations: ['the run is stopped'], lostMessages: ['finish'] };
  expect(summarize([hit([A, B], lost, 'suspect'), hit([A]), hit([B])])).toMatchObject({
    points: 2,
    converged: 0,
    lostMessages: 1,
    failures: [{ point: 'before a; then after b' }],
  });
});

test('a point that was never reached is neither well nor forgotten', () => {
  expect(summarize([{ kind: 'not-reached', points: [A], why: 'the run went another way' }])).toMatchObject({
    points: 0,
    notReached: ['before a'],
  });
});
