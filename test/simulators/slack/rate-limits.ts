import type { Clock } from '#src/ports/clock.ts';

/** So many calls in so much simulated time. `perChannel`: counted for each channel apart. */
export type Rate = { calls: number; perMs: number; perChannel?: true };

/**
 * https://docs.slack.dev/apis/web-api/rate-limits: tiers in calls a minute; posting: one a second a channel, "short bursts
 * >1 allowed". How long is not published (about 25 in RamblingCookieMonster/PSSlack#52); here it is three.
 */
export const RATES = {
  /** apps.connections.open is tier 1 ("1+"), yet an app may hold ten connections and open them at once. */
  connections: { calls: 10, perMs: 60_000 },
  tier2: { calls: 20, perMs: 60_000 },
  tier3: { calls: 50, perMs: 60_000 },
  tier4: { calls: 100, perMs: 60_000 },
  posting: { calls: 3, perMs: 3000, perChannel: true },
  /** "Hundreds of requests per minute". */
  authTest: { calls: 300, perMs: 60_000 },
} satisfies Record<string, Rate>;

export type RateLimiter = { wait: (call: { method: string; rate: Rate; channel: string }) => number };

/** `wait` counts a call; it returns 0, or the seconds after which to try again (then the call does not count). */
export function createRateLimiter(clock: Clock): RateLimiter {
  const windows = new Map<string, number[]>();
  return {
    wait: ({ method, rate, channel }) => {
      const key = rate.perChannel === true ? `${method} ${channel}` : method;
      const now = clock.now();
      const recent = (windows.get(key) ?? []).filter((at) => at > now - rate.perMs);
      const oldest = recent[0];
      const full = recent.length >= rate.calls && oldest !== undefined;
      windows.set(key, full ? recent : [...recent, now]);
      return full ? Math.max(1, Math.ceil((oldest + rate.perMs - now) / 1000)) : 0;
    },
  };
}
