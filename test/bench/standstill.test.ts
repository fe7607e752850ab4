import { afterEach, expect, it } from 'vitest';
import { watchForStandstill } from './standstill.ts';

let now = 0;
const watch = watchForStandstill(() => now);
afterEach(() => watch.stop());

it('sees time that went on while nothing else did, once', () => {
  now += 1000;
  watch.look();
  expect(watch.longestMs()).toBe(0);
  now += 60_000;
  watch.look();
  expect(watch.longestMs()).toBe(59_500);
  expect(watch.longestMs()).toBe(0);
});
