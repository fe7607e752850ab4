import { beforeEach, describe, expect, it } from 'vitest';
import type { PhaseResult } from '#jobs/phase.ts';
import { runPhase } from '#jobs/phases.ts';
import { setBackAtRest } from '#jobs/set-back.ts';
import type { ProofState } from '#src/domain/empty-group-proof.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import { stepsWithRaisedGroups } from '#src/domain/proof-memory.ts';
import type { Run } from '#src/domain/run.ts';
import { aPlan, aRun, inOrder, progressUpTo, startedStep } from '../../support/builders.ts';
import { aNode, aStack } from '../../support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '../../support/fakes/fake-worker-deps.ts';
import { contextFor } from '../../support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-prove';
const GROUPS = ['nb-small', 'gpu'];
const plan = aPlan({
  steps: inOrder([
    { id: STEP, phase: 'node-groups', version: '1.24', action: 'prove', groups: GROUPS, expectedMinutes: 3 },
  ]),
});

let world: FakeWorld;
let memory: Record<string, string>;

beforeEach(() => {
  world = fakeWorld();
  memory = {};
  world.cloud.groupStacks = [...GROUPS, 'core-b'].map((group) => aStack(group, '1.24'));
  world.cloud.scaling = [...GROUPS, 'core-b'].map((group) => ({
    name: `asg-${group}`,
    stackName: `eksctl-coast-nodegroup-${group}`,
    sizes: { min: 0, max: 5, desired: 0 },
    instances: [],
  }));
});

async function look(): Promise<PhaseResult & { confirmed: number }> {
  const context = contextFor(world, STEP, { plan, progress: { memory } });
  const result = await runPhase(context);
  if (result.kind === 'wait') memory = result.memory ?? memory;
  return { ...result, confirmed: context.confirmed.times };
}

async function raise(): Promise<void> {
  await look();
  await look();
}

const kinds = (): string[] => Object.values(memory).map((state) => (JSON.parse(state) as ProofState).kind);
const desired = (): number[] => world.cloud.scaling.map(({ sizes }) => sizes.desired);

function nodeComes(group: string): void {
  for (const one of world.cloud.scaling)
    if (one.name === `asg-${group}`) one.instances = [{ id: `i-${group}`, state: 'InService' }];
  world.cloud.nodeList.push(aNode(group, '1.24'));
}

function nodesGo(): void {
  world.cloud.nodeList = [];
}

describe('groups that want no nodes are proven by one', () => {
  it('writes down what it is about to do, raises all of them at once, and takes the nodes away again', async () => {
    expect(await look()).toMatchObject({ kind: 'wait', confirmed: 0 });
    expect(world.cloud.calls, 'nothing is changed before it is written down').toEqual([]);
    expect(await look()).toMatchObject({
      kind: 'wait',
      for: 'a node of nb-small, gpu to be Ready at 1.24',
      // Before and after each raise, which AWS cannot refuse.
      confirmed: 4,
    });
    for (const group of GROUPS) nodeComes(group);
    await look();
    await look();
    expect(await look()).toMatchObject({ kind: 'wait', for: 'nb-small, gpu to be without the node again' });
    expect(await look(), 'the nodes are still there').toMatchObject({ kind: 'wait' });
    nodesGo();
    expect(await look()).toMatchObject({
      kind: 'done',
      evidence: ['nb-small: ip-10-0-0-1.nb-small was Ready at 1.24', 'gpu: ip-10-0-0-1.gpu was Ready at 1.24'],
      notes: [],
    });
    expect(world.cloud.calls).toEqual([
      { call: 'setDesired', request: { group: 'asg-nb-small', desired: 1 } },
      { call: 'setDesired', request: { group: 'asg-gpu', desired: 1 } },
      { call: 'removeInstance', request: 'i-nb-small' },
      { call: 'removeInstance', request: 'i-gpu' },
    ]);
  });

  it('takes back at once what a worker raised that had slept through its lease, unless another one is at the proof', async () => {
    await look();
    const asleep = { ...memory };
    let hasSlept = false;
    const wake = async (atWork: boolean, whileAsleep: () => void = () => undefined) => {
      const progress = atWork
        ? { memory: { 'nb-small': asleep['nb-small'] ?? '', gpu: asleep['gpu'] ?? '' } }
        : { memory: {} };
      const context = contextFor(world, STEP, { plan, progress: { memory: asleep } });
      world.store.put({ ...context.run, steps: { ...context.run.steps, [STEP]: { ...startedStep(), ...progress } } });
      hasSlept = false;
      const confirmClaim = async () => {
        if (hasSlept) throw new TransientError('ClaimLost', 'another worker has the run in hand');
        hasSlept = true;
        whileAsleep();
      };
      await expect(runPhase({ ...context, confirmClaim })).rejects.toMatchObject({ code: 'ClaimLost' });
    };
    const forget = () => {
      for (const one of world.cloud.scaling) Object.assign(one, { sizes: { ...one.sizes, desired: 0 }, instances: [] });
      nodesGo();
    };
    await wake(false);
    expect(desired(), 'as it was').toEqual([0, 0, 0]);
    await wake(false, () => nodeComes('nb-small'));
    expect(desired(), 'the node that has come of it is closed and taken away').toEqual([0, 0, 0]);
    expect(world.cloud.calls).toContainEqual({ call: 'removeInstance', request: 'i-nb-small' });
    forget();
    await wake(false, () => {
      nodeComes('nb-small');
      world.cloud.visitorsOn = { 'ip-10-0-0-1.nb-small': ['jupyter-ana'] };
    });
    expect(desired(), 'somebody is on it by now').toEqual([1, 0, 0]);
    expect(
      world.cloud.nodeList.map(({ phasedOut }) => phasedOut),
      'and may start what they like',
    ).toEqual([false]);
    forget();
    await wake(true);
    expect(desired(), 'whoever proves it sets it back').toEqual([1, 0, 0]);
  });

  it('takes all sizes back before it fails for one of them', async () => {
    await raise();
    for (const group of GROUPS) nodeComes(group);
    const [, gpu] = world.cloud.nodeList;
    if (gpu !== undefined) gpu.kubeletVersion = 'v1.23.9';
    for (const _ of ['verdict', 'closed', 'taken away']) await look();
    nodesGo();
    expect(desired()).toEqual([0, 0, 0]);
    expect(await look()).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'GroupNotUsable',
        message: expect.stringContaining('node ip-10-0-0-1.gpu of gpu is at 1.23 instead of 1.24'),
        remedy: expect.stringContaining('Their size is what it was before'),
      },
    });
  });

  it('says of each what was not proven and why, which is no failure', async () => {
    await raise();
    world.cloud.launchFailures = [{ at: world.clock.now(), capacity: true, message: 'no Spot capacity' }];
    nodeComes('nb-small');
    world.clock.advance(3 * 60_000);
    for (const _ of ['verdict', 'closed', 'taken away']) await look();
    nodesGo();
    expect(await look()).toMatchObject({
      kind: 'done',
      evidence: [expect.stringContaining('nb-small')],
      notes: [
        'gpu was not proven by a node: AWS has no capacity for it now: no Spot capacity',
        'Nothing is known to be wrong with gpu: start a server there to see',
      ],
    });
  });
});

describe('a run that stands still', () => {
  beforeEach(raise);

  const standing = (): Run =>
    aRun('running', { plan, steps: progressUpTo(plan, STEP, startedStep(0, { at: world.clock.now(), memory })) });

  const atRest = async () => {
    const run = standing();
    world.store.put(run);
    const claim = await world.store.claim(run.id);
    if (claim === null) throw new Error('the run cannot be claimed');
    const [fact] = (await setBackAtRest(world.deps, claim))?.facts ?? [];
    if (fact?.kind !== 'step-waiting') return null;
    memory = fact.memory;
    return fact;
  };

  it('gets no size left raised, and proves the groups anew afterwards', async () => {
    expect(stepsWithRaisedGroups(standing())).toEqual([{ stepId: STEP, groups: GROUPS }]);
    await atRest();
    expect(desired()).toEqual([0, 0, 0]);
    await atRest();
    expect(memory).toEqual({});
    expect(await atRest()).toBeNull();
  });

  it('tells people what it cannot set back, and keeps nobody from aborting for it', async () => {
    world.cloud.failing.set(
      'setDesired',
      new UserError('AwsAccessDenied', 'AWS denies autoscaling:SetDesiredCapacity'),
    );
    expect((await atRest())?.notes).toEqual([
      'The size of nb-small, gpu could not be set back, do it by hand: AWS denies autoscaling:SetDesiredCapacity',
    ]);
    expect(memory).toEqual({});
  });

  it('tries again when AWS does not answer', async () => {
    world.cloud.failing.set('setDesired', new TransientError('AwsUnavailable', 'AWS cannot answer now'));
    await atRest();
    expect(kinds()).toEqual(['setting-back', 'setting-back']);
    world.cloud.failing.clear();
    await atRest();
    expect(desired()).toEqual([0, 0, 0]);
  });
});
