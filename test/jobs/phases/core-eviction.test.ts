import { beforeEach, describe, expect, it } from 'vitest';
import { drainingSince, emptyNodes } from '#jobs/phases/core-eviction.ts';
import type { NodeGroupsContext } from '#jobs/phases/node-groups-context.ts';
import type { GateRecord } from '#src/domain/gate.ts';
import type { Step } from '#src/domain/plan.ts';
import type { PodBudget, PodOnNode } from '#src/domain/pod-on-node.ts';
import type { StopRecord } from '#src/domain/run.ts';
import { APPROVER, aDrainGate, aPlan, aStop, MINUTE } from '#test/support/builders.ts';
import { aPod } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-delete';
const plan = aPlan({
  steps: aPlan().steps.map(
    (step): Step =>
      step.id === STEP && step.phase === 'node-groups' && step.action === 'delete'
        ? { ...step, role: 'core', groups: ['core-a'] }
        : step,
  ),
});

const HUB = 'hub-6b7f-x2x9k';
const hub = aPod('prod/hub', 'old');
const proxy = aPod('prod/proxy', 'old');
const ending = { ...hub, isEnding: true, graceSeconds: 3600 };
const budget = (name: string, disruptionsAllowed = 0): PodBudget => {
  return { namespace: 'prod', name, matches: ({ app }) => app === 'hub', disruptionsAllowed };
};

describe('pods that have to leave the old core nodes', () => {
  let world: FakeWorld;
  let gates: GateRecord[];
  let stops: StopRecord[];
  beforeEach(() => {
    world = fakeWorld();
    gates = [];
    stops = [];
  });
  const context = () => {
    const memory = { wasReady: '', drainSince: String(world.clock.now() - 5 * MINUTE) };
    return contextFor(world, STEP, { plan, gates, stops, progress: { memory } }) as NodeGroupsContext<'delete'> & {
      confirmed: { times: number };
    };
  };
  const look = (...pods: PodOnNode[]) => emptyNodes(context(), pods);
  const changes = () => world.cloud.calls.map(({ call, request }) => `${call} ${String(request)}`);
  /** 10 minutes are over. */
  const late = () => ({ ...context(), now: world.clock.now() + 6 * MINUTE });

  it('are gone: nothing is asked and nothing waited for', async () => {
    expect(await look()).toBeNull();
    expect(changes()).toEqual([]);
  });

  it('are each asked to leave after a look at the claim, and waited for', async () => {
    const asked = context();
    expect(await emptyNodes(asked, [hub, proxy])).toMatchObject({
      kind: 'wait',
      for: 'what runs on core-a to move to the new core nodes',
    });
    expect(changes()).toEqual([`evict ${HUB}`, 'evict proxy-6b7f-x2x9k']);
    expect(asked.confirmed.times).toBe(2);
  });

  it('that end already are not told again, only waited for with their own grace', async () => {
    expect(await look(ending)).toMatchObject({ kind: 'wait', for: expect.stringContaining('to move') });
    expect(changes()).toEqual([]);
  });

  it('that were gone when they were asked are not waited for', async () => {
    world.cloud.evictions[HUB] = { kind: 'gone' };
    expect(await look(hub)).toBeNull();
  });

  it('that a budget holds are named and asked again as often as kubectl drain asks, while the others leave', async () => {
    world.cloud.evictions[HUB] = { kind: 'held' };
    expect(await look(hub, proxy)).toEqual({
      kind: 'wait',
      for: 'the disruption budget of prod/hub-6b7f-x2x9k to let it go',
      pollMs: 5000,
    });
  });

  it('that have not left after 10 minutes are shown to people, each with what holds it', async () => {
    world.cloud.evictions[HUB] = { kind: 'held' };
    world.cloud.budgets = [budget('hub'), budget('others', 0), { ...budget('elsewhere'), namespace: 'staging' }];
    world.cloud.budgets[1] = { ...budget('others'), matches: () => false };
    expect(await emptyNodes(late(), [hub, { ...proxy, isEnding: true, graceSeconds: 600 }])).toEqual({
      kind: 'gate',
      question: {
        kind: 'drain',
        group: 'core-a',
        blocked: [
          { namespace: 'prod', name: HUB, uid: 'uid-of-hub', by: { kind: 'budget', names: ['hub'] } },
          {
            namespace: 'prod',
            name: 'proxy-6b7f-x2x9k',
            uid: 'uid-of-proxy',
            by: { kind: 'slow-end', graceSeconds: 600 },
          },
        ],
      },
    });
  });

  it('that have two budgets are shown at once, because no waiting helps; unless another pod still leaves', async () => {
    world.cloud.evictions[HUB] = { kind: 'several-budgets' };
    world.cloud.budgets = [budget('by-the-chart', 1), budget('by-hand', 1)];
    expect(await look(hub)).toMatchObject({
      kind: 'gate',
      question: { blocked: [{ by: { kind: 'several-budgets', names: ['by-the-chart', 'by-hand'] } }] },
    });
    expect(await look(hub, proxy)).toMatchObject({ kind: 'wait' });
  });

  it('that an approver forced are deleted instead, and not waited for once they end; others of that name are evicted', async () => {
    gates = [aDrainGate(STEP, { resolution: { kind: 'passed', by: APPROVER, at: 1, reason: 'nobody is here' } })];
    expect(await look(hub)).toMatchObject({ kind: 'wait' });
    expect(changes()).toEqual([`deletePod ${HUB}`]);
    expect(await look(ending), 'a grace of an hour').toBeNull();
    await look({ ...hub, uid: 'another' });
    expect(changes().at(-1)).toBe(`evict ${HUB}`);
  });

  it('were forced for this step only', async () => {
    gates = [
      aDrainGate('preflight', { resolution: { kind: 'passed', by: APPROVER, at: 1, reason: 'nobody is here' } }),
    ];
    await look(hub);
    expect(changes()).toEqual([`evict ${HUB}`]);
  });

  it('have 10 minutes again when a person lets them, or has the run go on', async () => {
    const at = world.clock.now() + 3 * MINUTE;
    expect(drainingSince(context())).toBe(world.clock.now() - 5 * MINUTE);
    gates = [aDrainGate(STEP, { resolution: { kind: 'waited', by: APPROVER, at } })];
    expect(drainingSince(context())).toBe(at);
    gates = [];
    stops = [aStop({ kind: 'stop-requested', decision: { by: APPROVER, at } }, { kind: 'retried', by: APPROVER, at })];
    expect(drainingSince(context())).toBe(at);
    world.cloud.evictions[HUB] = { kind: 'held' };
    expect(await emptyNodes(late(), [hub])).toMatchObject({ kind: 'wait' });
  });
});
