import { describe, expect, it } from 'vitest';
import { defaultDurations } from '#test/simulators/cloud/durations.ts';
import { ackOf } from './ack.ts';
import { type CapacityRecords, capacityOf } from './capacity.ts';
import { decisionOf } from './decision.ts';
import { cloudWork, type OutsideWork } from './outside-work.ts';
import { type OverheadRecords, overheadOf } from './overhead.ts';
import { recoveryOf } from './recovery.ts';
import { type SlackRecords, slackBudgetOf } from './slack-budget.ts';
import { startOf } from './start.ts';
import { tenClustersOf } from './ten-clusters.ts';
import { versusRunbookOf } from './versus-runbook.ts';

const MINUTE = 60_000;

describe('overhead', () => {
  const work: OutsideWork[] = [
    { kind: 'control-plane', what: 'to 1.23', from: 0, to: 10 * MINUTE },
    { kind: 'unauthorized', what: '401', from: 10 * MINUTE, to: 11 * MINUTE },
    { kind: 'eksctl', what: 'create nodegroup', from: 12 * MINUTE, to: 20 * MINUTE },
    { kind: 'rollout', what: 'coredns', from: 19 * MINUTE, to: 21 * MINUTE },
  ];
  const good: OverheadRecords = { upgrade: { from: 0, to: 21 * MINUTE }, work, calls: [1, MINUTE, 13 * MINUTE] };

  it('holds the time of the upgrade against the time in which the outside worked, once where it overlaps', () => {
    expect(overheadOf(good)).toEqual({ ratio: 1.05, callsPerHop: 2 });
  });

  it('takes for work of AWS the node that an empty group is proven by, while it comes and while it goes', () => {
    const at = (ms: number) => new Date(ms).toISOString();
    const one = { cluster: 'coast', nodeGroup: 'nb', caller: 'bot', principal: 'bot' } as const;
    const effects = [
      { ...one, at: at(0), effect: 'desired-capacity-set', from: 0, to: 1 },
      { ...one, at: at(3 * MINUTE), effect: 'instance-terminated' },
    ];
    const { scaleOut, nodeJoin, nodeReady, scaleIn } = defaultDurations;
    expect(cloudWork(effects, defaultDurations, { daemonSet: 2, deployment: 2 })).toMatchObject([
      { kind: 'scaling', from: 0, to: scaleOut + nodeJoin + nodeReady },
      { kind: 'scaling', from: 3 * MINUTE, to: 3 * MINUTE + scaleIn },
    ]);
  });

  it('sees a bot that dawdles after the last work', () => {
    expect(overheadOf({ ...good, upgrade: { from: 0, to: 40 * MINUTE } }).ratio).toBe(2);
  });

  it('sees a bot that asks AWS all the time, in the worst hop', () => {
    const calls = Array.from({ length: 100 }, (_, index) => index * 1000);
    expect(overheadOf({ ...good, calls }).callsPerHop).toBe(100);
  });

  it('counts no call of a hop that belongs to the work after it', () => {
    expect(overheadOf({ ...good, calls: [13 * MINUTE, 14 * MINUTE] }).callsPerHop).toBe(0);
  });
});

it('versusRunbook sees a bot that is slower than the hand', () => {
  const hand = { from: 0, to: 20 * MINUTE };
  expect(versusRunbookOf({ bot: { from: 0, to: 19 * MINUTE }, hand })).toEqual({ ratio: 0.95 });
  expect(versusRunbookOf({ bot: { from: 0, to: 30 * MINUTE }, hand })).toEqual({ ratio: 1.5 });
});

describe('tenClusters', () => {
  const alone = { from: 0, to: 10 * MINUTE };

  it('is a tenth when ten at once take as long as one', () => {
    expect(tenClustersOf({ alone, together: Array(10).fill(alone) })).toEqual({ ratio: 0.1 });
  });

  it('sees a single one that had to wait for the others', () => {
    const together = [...Array(9).fill(alone), { from: 10 * MINUTE, to: 20 * MINUTE }];
    expect(tenClustersOf({ alone, together })).toEqual({ ratio: 0.2 });
  });
});

it('ack sees a slow hundredth, and a single one that took long', () => {
  const quick = Array<number>(990).fill(5);
  expect(ackOf({ bot: [...quick, ...Array(9).fill(5), 1500], bare: quick })).toEqual({
    p99Ms: 5,
    bareP99Ms: 5,
    maxMs: 1500,
  });
  expect(ackOf({ bot: [...quick, ...Array(20).fill(90)], bare: quick })).toEqual({
    p99Ms: 90,
    bareP99Ms: 5,
    maxMs: 90,
  });
});

describe('decision', () => {
  const clicks = [{ cluster: 'coast', at: 1000 }];

  it('is the time to the first call that names the cluster, not to one before the click or about another', () => {
    const calls = [
      { cluster: 'coast', at: 900 },
      { cluster: 'harbor', at: 1010 },
      { cluster: null, at: 1020 },
      { cluster: 'coast', at: 1450 },
    ];
    expect(decisionOf({ clicks, calls })).toEqual({ p99Ms: 450 });
  });

  it('sees a click that nothing follows', () => {
    expect(decisionOf({ clicks, calls: [] })).toEqual({ p99Ms: Number.POSITIVE_INFINITY });
  });
});

describe('capacity', () => {
  const good: CapacityRecords = {
    runs: 1,
    from: 0,
    to: 10_000,
    usage: [
      { at: 0, cpuMs: 500, rssMb: 100 },
      { at: 10_000, cpuMs: 1500, rssMb: 90 },
    ],
    due: [
      { cluster: 'coast', at: 2000 },
      { cluster: 'coast', at: 2000 },
    ],
    calls: [{ cluster: 'coast', at: 2010 }],
  };

  it('is processor time over time, the largest memory and how late the looks were', () => {
    expect(capacityOf(good)).toEqual({ runs: 1, cpuPercent: 10, rssMb: 100, lateP99Ms: 10 });
  });

  it('sees a look that comes late, and one that never comes', () => {
    expect(capacityOf({ ...good, calls: [{ cluster: 'coast', at: 2900 }] }).lateP99Ms).toBe(900);
    expect(capacityOf({ ...good, calls: [{ cluster: 'harbor', at: 2010 }] }).lateP99Ms).toBe(8000);
  });

  it('does not look measured when nothing was due', () => {
    expect(capacityOf({ ...good, due: [] }).lateP99Ms).toBeNaN();
  });
});

it('recovery sees a single kill that took long', () => {
  expect(recoveryOf([18, 20, 19])).toEqual({ p50S: 19, maxS: 20 });
  expect(recoveryOf([18, 20, 59])).toEqual({ p50S: 20, maxS: 59 });
});

describe('slackBudget', () => {
  const good: SlackRecords = {
    speed: 10,
    committed: [{ run: 'r', key: 'start', at: 1000 }],
    posted: [{ run: 'r', key: 'start', at: 1050 }],
    refused: 0,
  };

  it('is in run time, from what happened to the notice about it', () => {
    expect(slackBudgetOf(good)).toEqual({ noticeLateMaxS: 0.5, overRate: 0 });
  });

  it('sees a notice that comes late, one that never comes, and calls over the rate', () => {
    expect(slackBudgetOf({ ...good, posted: [{ run: 'r', key: 'start', at: 2000 }] }).noticeLateMaxS).toBe(10);
    expect(slackBudgetOf({ ...good, posted: [] }).noticeLateMaxS).toBe(Number.POSITIVE_INFINITY);
    expect(slackBudgetOf({ ...good, refused: 3 }).overRate).toBe(3);
  });
});

it('start is the slower half, and of its starts the middle one', () => {
  expect(startOf({ bot: [900, 1000, 5000], worker: [700, 700, 700] })).toEqual({ readyMs: 1000 });
  expect(startOf({ bot: [900], worker: [2600] })).toEqual({ readyMs: 2600 });
});
