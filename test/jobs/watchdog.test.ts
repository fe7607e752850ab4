import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWatchdog, type Watchdog } from '#jobs/watchdog.ts';

let watchdog: Watchdog;
let left: number;
beforeEach(() => {
  vi.useFakeTimers();
  left = 0;
});
afterEach(() => {
  watchdog.stop();
  vi.useRealTimers();
});

function watch(isWorkDue: () => Promise<boolean>): void {
  watchdog = startWatchdog({ limitMs: 60_000, isWorkDue, onWedged: () => (left += 1) });
}

test('work is due and nothing started for a minute: leave', async () => {
  watch(async () => true);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(left).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(left).toBe(1);
});

test('whatever starts gives another minute', async () => {
  watch(async () => true);
  await vi.advanceTimersByTimeAsync(40_000);
  watchdog.noteStart();
  await vi.advanceTimersByTimeAsync(55_000);
  expect(left).toBe(0);
});

test('an idle fleet is no wedge, however long', async () => {
  watch(async () => false);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(left).toBe(0);
});

test('a Redis that does not answer is no wedge: connections come back', async () => {
  watch(() => Promise.reject(new Error('redis is away')));
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(left).toBe(0);
});

test('a ticket that starts while the question is asked counts', async () => {
  const asked = Promise.withResolvers<boolean>();
  watch(() => asked.promise);
  await vi.advanceTimersByTimeAsync(60_000);
  watchdog.noteStart();
  asked.resolve(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(left).toBe(0);
});

test('a process that was stopped for an hour and goes on gets its minute first', async () => {
  watch(async () => true);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(left).toBe(0);
});
