import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#src/ports/clock.ts';

/**
 * One simulated time for all processes of a world: they share where it started and how fast it runs,
 * so that a bot, a worker and the simulators agree on "ten minutes later" without talking.
 */
export type ClockSettings = {
  /** Simulated epoch milliseconds at `realOrigin`. */
  origin: number;
  /** Real epoch milliseconds when the world began. */
  realOrigin: number;
  /** Simulated milliseconds in a real one. */
  speed: number;
};

export function simulatedClock({ origin, realOrigin, speed }: ClockSettings): Clock {
  return {
    now: () => Math.round(origin + (Date.now() - realOrigin) * speed),
    delay: async (ms, signal) => {
      await sleep(ms / speed, undefined, signal === undefined ? {} : { signal });
    },
    realMs: (ms) => ms / speed,
  };
}

/** A world that begins now. */
export function clockFromNow(speed: number): ClockSettings {
  const now = Date.now();
  return { origin: now, realOrigin: now, speed };
}
