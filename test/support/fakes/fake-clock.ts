import type { Clock } from '#src/ports/clock.ts';

export type FakeClock = Clock & { advance: (ms: number) => void };

/** Stands still until a test moves it; a delay moves it by itself. */
export function fakeClock(startsAt: number): FakeClock {
  let now = startsAt;
  const advance = (ms: number): void => {
    now += ms;
  };
  return {
    now: () => now,
    delay: (ms, signal) => {
      signal?.throwIfAborted();
      advance(ms);
      return Promise.resolve();
    },
    realMs: (ms) => ms,
    advance,
  };
}
