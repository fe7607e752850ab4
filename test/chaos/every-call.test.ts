import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from './lab.ts';
import { type Life, live } from './live.ts';
import { nameOf, type Point, pointsOf } from './points.ts';
import { type Recording, recordRun } from './recordings.ts';
import { judge } from './verdict.ts';

/*
 * That the harness works, on two points in one world. All of them, and that it sees a guard missing, takes minutes:
 * `npm run chaos -- --every-call --json`, which .ci/run runs, and the same with `--without`.
 */
const SPEED = 1500;
const KILLS: Point[] = [
  { call: 'eks: UpdateClusterVersion(1.25)', side: 'after' },
  { call: 'eksctl create nodegroup --include=nb-m5-large', side: 'during-1' },
];

let lab: Lab;
let undisturbed: Recording;
let hit: Life;

beforeAll(async () => {
  lab = await openLab();
  const [one, other] = await Promise.all([lab.openSlot(), lab.openSlot()]);
  const order = { kind: 'strike', points: KILLS } as const;
  [undisturbed, hit] = await Promise.all([recordRun(one, SPEED), live(other, { order, speed: SPEED, without: null })]);
}, 120_000);
afterAll(() => lab.close());

test('several hundred points are found, of every kind of outside call', () => {
  const names = pointsOf([undisturbed.calls]).map(nameOf);
  expect(names.length).toBeGreaterThan(400);
  for (const kind of [
    'eks: UpdateClusterVersion',
    'eks: UpdateAddon',
    'eksctl create',
    'slack: post',
    'redis: commit',
    'git: push',
    'queue:',
  ]) {
    expect(names).toContainEqual(expect.stringContaining(`before ${kind}`));
    expect(names).toContainEqual(expect.stringContaining(`after ${kind}`));
  }
  expect(names).toContainEqual(expect.stringContaining('during-2 eksctl create'));
});

test('nothing is lost or done twice when the bot is killed twice on its way', () => {
  expect(hit).toMatchObject({ trouble: null, struck: KILLS });
  expect(judge(undisturbed.evidence, hit.evidence)).toEqual({
    converged: true,
    deviations: [],
    repeatedEffects: [],
    lostMessages: [],
    doubledMessages: [],
  });
});
