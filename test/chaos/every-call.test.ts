import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupPoints } from './choose-points.ts';
import { Hunt, type Judged } from './hunt.ts';
import { type Lab, openLab, type Slot } from './lab.ts';
import { nameOf, type Point, pointsOf } from './points.ts';
import { type Recording, recordRuns } from './recordings.ts';
import { summarize } from './summary.ts';
import type { Protection } from './without.ts';

/*
 * That the harness works and can see, on a handful of points; all of them are `npm run chaos -- --every-call --json`.
 * One lab for all: recording is most of the time.
 */
const SPEED = 1500;

let lab: Lab;
let slot: Slot;
let recordings: [Recording, ...Recording[]];
let points: Point[];

beforeAll(async () => {
  lab = await openLab();
  slot = await lab.openSlot();
  recordings = await recordRuns(slot, SPEED);
  points = pointsOf(recordings.map(({ calls }) => calls));
}, 300_000);
afterAll(() => lab.close());

async function hunt(names: string[], without: Protection | null = null): Promise<ReturnType<typeof summarize>> {
  const wanted = names.map((name) => {
    const found = points.find((point) => nameOf(point).startsWith(name));
    if (found === undefined) throw new Error(`no point ${name} was recorded`);
    return found;
  });
  const judged: Judged[] = [];
  const together = new Hunt({
    undisturbed: recordings[0].evidence,
    settings: { speed: SPEED, without },
    groups: groupPoints(wanted, wanted.length),
    report: (one) => judged.push(one),
  });
  await together.goOn(slot);
  return summarize(judged);
}

test('several hundred points are found, of every kind of outside call', () => {
  const names = points.map(nameOf);
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

test('nothing is lost or done twice when the bot is killed five times on its way', { timeout: 300_000 }, async () => {
  const names = [
    'after redis: create the run',
    'after slack: post start',
    'after eks: UpdateClusterVersion',
    'during-1 eksctl create nodegroup --include=nb',
    'after git: push',
  ];
  expect(await hunt(names)).toEqual({
    points: 5,
    converged: 5,
    repeatedEffects: 0,
    lostMessages: 0,
    doubledMessages: 0,
    failures: [],
    notReached: [],
  });
});

test.each<[Protection, string, keyof ReturnType<typeof summarize>]>([
  ['message-key', 'after slack: post start', 'doubledMessages'],
  ['token', 'stalled-before eks: UpdateAddon', 'repeatedEffects'],
  ['epoch', 'stalled-before redis: commit step-started node-groups-1.25-delete', 'repeatedEffects'],
])('without the %s the same point is seen to fail', { timeout: 300_000 }, async (protection, name, figure) => {
  expect((await hunt([name], protection))[figure]).toBeGreaterThan(0);
});
