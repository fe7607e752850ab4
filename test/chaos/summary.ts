import { type Judged, namesOf } from './hunt.ts';
import { nameOf } from './points.ts';
import type { Verdict } from './verdict.ts';

export type Failure = { point: string; trouble: string | null; logTail: string } & Verdict;

export type Summary = {
  /** Places at which a process was hit. */
  points: number;
  converged: number;
  repeatedEffects: number;
  lostMessages: number;
  doubledMessages: number;
  failures: Failure[];
  /** Points that did not come again in any attempt: nothing is known of them. */
  notReached: string[];
};

type Hit = Extract<Judged, { kind: 'hit' | 'suspect' }>;

export function summarize(all: Judged[]): Summary {
  const hits = all.filter((judged): judged is Extract<Judged, { kind: 'hit' }> => judged.kind === 'hit');
  const bad: Hit[] = [...hits.filter(({ isWell }) => !isWell), ...unexplained(all, hits)];
  const total = (count: (verdict: Verdict) => number): number =>
    bad.reduce((sum, { verdict }) => sum + count(verdict), 0);
  const diverged = bad.filter(({ life, verdict }) => life.trouble !== null || !verdict.converged);
  const points = new Set([...hits, ...bad].flatMap((hit) => hit.points.map(nameOf)));
  const lost = new Set(diverged.flatMap((hit) => hit.points.map(nameOf)));
  return {
    points: points.size,
    converged: points.size - lost.size,
    repeatedEffects: total(({ repeatedEffects }) => repeatedEffects.length),
    lostMessages: total(({ lostMessages }) => lostMessages.length),
    doubledMessages: total(({ doubledMessages }) => doubledMessages.length),
    failures: bad.map(({ points: of, life: { trouble, logTail }, verdict }) => ({
      point: namesOf(of),
      trouble,
      logTail,
      ...verdict,
    })),
    notReached: all.flatMap((judged) => (judged.kind === 'not-reached' ? judged.points.map(nameOf) : [])),
  };
}

/** Worlds that went wrong although each of their points alone did not: it takes more than one hit, and counts all the same. */
function unexplained(all: Judged[], hits: { points: Hit['points']; isWell: boolean }[]): Hit[] {
  const guilty = new Set(hits.filter(({ isWell }) => !isWell).flatMap(({ points }) => points.map(nameOf)));
  return all.flatMap((judged) =>
    judged.kind === 'suspect' && !judged.points.some((point) => guilty.has(nameOf(point))) ? [judged] : [],
  );
}
