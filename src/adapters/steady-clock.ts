import type { Clock } from '#src/ports/clock.ts';
import type { Log } from '#src/ports/log.ts';
import { systemClock } from './system-clock.ts';

/**
 * Run time that does not jump when somebody or NTP sets the machine's clock: it goes on with the monotonic clock from
 * where the process began. `look` compares it with the wall clock now and then. Small differences are followed. A large
 * one is followed only if the time of Redis, which all processes share, says the same as the wall clock: then it is we
 * who are wrong (the machine slept, or began with a wrong time). Else the wall clock jumped, and nobody may be told
 * that a request expired or that patience is over because of that.
 */
export type SteadyClock = { clock: Clock; look: (redisTime: number | null) => ClockLook };

export type ClockLook =
  | { kind: 'agrees' }
  /** Milliseconds by which the wall clock is ahead (negative: behind). */
  | { kind: 'wall-clock-apart'; byMs: number }
  | { kind: 'set-right'; byMs: number };

/** What the real clocks say; a test says something else. */
export type TimeSources = { wall: () => number; monotonic: () => number };

const APART_MS = 5000;

export function createSteadyClock(
  { wall, monotonic }: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() },
): SteadyClock {
  let offset = wall() - monotonic();
  const now = (): number => Math.round(monotonic() + offset);
  return {
    clock: { ...systemClock, now },
    look: (redisTime) => {
      const seen = wall();
      const byMs = seen - now();
      if (Math.abs(byMs) <= APART_MS) {
        offset = seen - monotonic();
        return { kind: 'agrees' };
      }
      if (redisTime === null || Math.abs(seen - redisTime) > APART_MS) return { kind: 'wall-clock-apart', byMs };
      offset = seen - monotonic();
      return { kind: 'set-right', byMs };
    },
  };
}

const LOOK_EVERY_MS = 10_000;

type Watch = { steady: SteadyClock; redisTime: () => Promise<number>; log: Log };

/** Looks every 10 seconds, and says when the answer is another one than before. */
export function watchSteadyClock({ steady, redisTime, log }: Watch): { stop: () => void } {
  let before: ClockLook['kind'] = 'agrees';
  const look = async (): Promise<void> => {
    const seen = steady.look(await redisTime().catch(() => null));
    if (seen.kind !== before && seen.kind === 'wall-clock-apart')
      log.warn({ byMs: Math.round(seen.byMs) }, 'the clock of this machine jumped, going on without it: see to NTP');
    if (seen.kind === 'set-right')
      log.warn({ byMs: Math.round(seen.byMs) }, 'the time of this process was wrong, set it right by redis');
    before = seen.kind;
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
