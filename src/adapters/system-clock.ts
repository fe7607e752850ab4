import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#src/ports/clock.ts';

/** Run time is real time: what production uses. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delay: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
  realMs: (ms) => ms,
};
