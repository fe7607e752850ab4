import type { Step } from './plan.ts';

/** Minutes these steps usually take together: those that come after each other add up, those side by side do not. */
export function minutesTogether(steps: readonly Step[]): number {
  const ends = new Map<string, number>();
  for (const { id, after, expectedMinutes } of steps)
    ends.set(id, expectedMinutes + Math.max(0, ...after.map((before) => ends.get(before) ?? 0)));
  return Math.max(0, ...ends.values());
}
