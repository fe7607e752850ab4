import { nameOf, type Point } from './points.ts';

export type Choice = { only: RegExp | null; limit: number | null; seed: number };

/** The points that match, or a sample of them, in the order of the run. */
export function choosePoints(points: Point[], { only, limit, seed }: Choice): Point[] {
  const matching = points.filter((point) => only === null || only.test(nameOf(point)));
  if (limit === null) return matching;
  const sample = new Set(shuffled(matching, seed).slice(0, limit));
  return matching.filter((point) => sample.has(point));
}

/** Points that one world is hit at, one after the other, as far apart in the run as can be. */
export function groupPoints(points: Point[], together: number): Point[][] {
  const groups = Math.ceil(points.length / together);
  return Array.from({ length: groups }, (_, group) => points.filter((_point, index) => index % groups === group));
}

/** The same seed, the same order: a linear congruential generator (Numerical Recipes) and Fisher-Yates. */
function shuffled<T>(items: T[], seed: number): T[] {
  const result = [...items];
  let state = seed >>> 0;
  for (let index = result.length - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (index + 1));
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}
