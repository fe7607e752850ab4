import { type Durations, defaultDurations } from '#test/simulators/cloud/durations.ts';

/** Every duration of the cloud simulator times a factor from 0.7 to 1.3; the same seed draws the same ones. */
export function drawDurations(seed: number): Durations {
  const next = random(seed);
  const drawn = Object.entries(defaultDurations).map(([name, ms]) => [name, Math.round(ms * (0.7 + 0.6 * next()))]);
  return Object.fromEntries(drawn) as Durations;
}

/** mulberry32: small, and good enough for durations. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
