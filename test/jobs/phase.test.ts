import { describe, expect, it } from 'vitest';
import { pollMs } from '#jobs/phase.ts';
import { MINUTE } from '#test/support/builders.ts';

const EXPECTED = 10 * MINUTE;

/** Moments of the looks at something that takes `ms` and usually 10 minutes. */
function looksAt(ms: number): number[] {
  const looks: number[] = [0];
  let at = 0;
  while (at < ms) {
    at += pollMs({ elapsedMs: at, expectedMs: EXPECTED });
    looks.push(at);
  }
  return looks;
}

describe('looking at what AWS works on', () => {
  it.each([
    [0, 180],
    [5, 150],
    [9, 30],
    [10, 20],
    [11, 20],
    [13, 30],
    [180, 180],
  ])('after %d of about 10 minutes comes again after %d s', (minutes, seconds) => {
    expect(pollMs({ elapsedMs: minutes * MINUTE, expectedMs: EXPECTED })).toBe(seconds * 1000);
  });

  it.each([
    [10, 8],
    [11, 12],
    [13, 19],
    [180, 85],
  ])('sees the end of what takes %d minutes soon, with at most %d looks', (minutes, most) => {
    const looks = looksAt(minutes * MINUTE);
    expect(looks.length).toBeLessThanOrEqual(most);
    const late = (looks.at(-1) ?? 0) - minutes * MINUTE;
    expect(late).toBeLessThanOrEqual(minutes * MINUTE * 0.04);
  });
});
