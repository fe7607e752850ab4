import { beforeEach, expect, it } from 'vitest';
import { createSteadyClock, type SteadyClock } from '#src/adapters/steady-clock.ts';

const BEGIN = Date.UTC(2026, 4, 4, 9);
const HOUR = 3_600_000;

let wall: number;
let monotonic: number;
let steady: SteadyClock;
beforeEach(() => {
  wall = BEGIN;
  monotonic = 777;
  steady = createSteadyClock({ wall: () => wall, monotonic: () => monotonic });
});
const passes = (ms: number): void => {
  wall += ms;
  monotonic += ms;
};

it.each([
  ['forward', 7 * HOUR],
  ['back', -7 * HOUR],
])('goes on as before when the clock of the machine jumps %s by hours, and says by how much', (_, jump) => {
  passes(1000);
  wall += jump;
  expect(steady.clock.now()).toBe(BEGIN + 1000);
  expect(steady.look(BEGIN + 1000), 'redis did not jump').toEqual({ kind: 'wall-clock-apart', byMs: jump });
  expect(steady.look(null), 'redis is away').toEqual({ kind: 'wall-clock-apart', byMs: jump });
  passes(60_000);
  expect(steady.clock.now()).toBe(BEGIN + 61_000);
  wall -= jump;
  expect(steady.look(null)).toEqual({ kind: 'agrees' });
});

it('follows the machine in what NTP corrects little by little', () => {
  passes(HOUR);
  wall += 3000;
  expect(steady.look(null)).toEqual({ kind: 'agrees' });
  expect(steady.clock.now()).toBe(BEGIN + HOUR + 3000);
});

it('is set right after the machine slept: its clock and that of redis agree', () => {
  wall += 2 * HOUR;
  expect(steady.look(wall + 40)).toEqual({ kind: 'set-right', byMs: 2 * HOUR });
  expect(steady.clock.now()).toBe(BEGIN + 2 * HOUR);
});
