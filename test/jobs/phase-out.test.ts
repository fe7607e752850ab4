import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import { TransientError } from '#src/domain/errors.ts';
import type { Activity } from '#src/domain/observation.ts';
import { APPROVER, anActivityGate, aPlan, aRun } from '#test/support/builders.ts';
import { advanceOnce, eventsOf, startNoticePosted } from '#test/support/fakes/advance.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-delete';
const GROUP = 'nb-large';
const NODE = 'ip-10-0-0-7';

/** A group with one node that somebody wants to delete, and a new core group. */
describe('nodes that are about to go', () => {
  let world: FakeWorld;
  const people = (total: number): Activity => ({ total, byNamespace: total === 0 ? {} : { prod: total } });
  const closed = () => world.cloud.nodeList.filter(({ phasedOut }) => phasedOut).map(({ name }) => name);
  const run = (changes: Parameters<typeof contextFor>[2] = {}) => runPhase(contextFor(world, STEP, changes));

  beforeEach(() => {
    world = fakeWorld();
    world.cloud.groupStacks = [aStack(GROUP, '1.22'), aStack('core-b', '1.24')];
    world.cloud.nodeList = [aNode(GROUP, '1.22', { name: NODE }), aNode('other', '1.22')];
    world.cloud.activityNode = NODE;
  });

  it('are closed for new servers, counted again, and then deleted', async () => {
    expect(await run()).toMatchObject({ kind: 'command' });
    expect(world.cloud.phaseOuts).toEqual([`${NODE} closed`]);
    expect(closed(), 'those of other groups stay open').toEqual([NODE]);
  });

  it('are opened again when a server started in between, and the run waits', async () => {
    world.cloud.onPhaseOut = (_, on) => {
      if (on) world.cloud.activityIs = people(1);
    };
    expect(await run()).toMatchObject({
      kind: 'gate',
      question: { kind: 'activity', activity: { total: 1, byGroup: { [GROUP]: 1 } }, accepted: 0 },
    });
    expect(world.cloud.phaseOuts).toEqual([`${NODE} closed`, `${NODE} opened`]);
  });

  it('are not touched while more people use them than were taken on', async () => {
    world.cloud.activityIs = people(1);
    expect(await run()).toMatchObject({ kind: 'gate' });
    expect(world.cloud.phaseOuts).toEqual([]);
  });

  it('that a worker closed before it died are decided on again: opened when somebody is there', async () => {
    world.cloud.nodeList = world.cloud.nodeList.map((node) => ({ ...node, phasedOut: node.name === NODE }));
    world.cloud.activityIs = people(1);
    expect(await run()).toMatchObject({ kind: 'gate' });
    expect(closed()).toEqual([]);
    world.cloud.activityIs = people(0);
    world.cloud.nodeList = world.cloud.nodeList.map((node) => ({ ...node, phasedOut: node.name === NODE }));
    expect(await run()).toMatchObject({ kind: 'command' });
  });

  it('that join in between are closed and counted too', async () => {
    world.cloud.onPhaseOut = () => {
      world.cloud.nodeList = [...world.cloud.nodeList, aNode(GROUP, '1.22', { name: 'autoscaled' })];
      world.cloud.onPhaseOut = () => undefined;
    };
    expect(await run()).toMatchObject({ kind: 'wait' });
    expect(await run()).toMatchObject({ kind: 'command' });
    expect(closed()).toEqual([NODE, 'autoscaled']);
  });

  it('may have as many people as the approver saw on them, not on others', async () => {
    world.cloud.activityIs = people(2);
    const saw = (byGroup: Record<string, number>) => ({ ...people(2), byGroup, unplaced: 0 });
    const approval = { by: APPROVER, at: 1, planHash: aPlan().hash };
    expect(await run({ run: { approval: { ...approval, accepted: saw({ [GROUP]: 2 }) } } })).toMatchObject({
      kind: 'command',
    });
    expect(await run({ run: { approval: { ...approval, accepted: saw({ other: 2 }) } } })).toMatchObject({
      kind: 'gate',
    });
  });

  it('wait for a server that has no node yet: it could land there', async () => {
    world.cloud.activityNode = null;
    world.cloud.activityIs = people(1);
    expect(await run()).toMatchObject({ kind: 'gate', question: { activity: { unplaced: 1 } } });
  });

  it('do not wait for servers on other groups', async () => {
    world.cloud.activityNode = 'ip-10-0-0-1.other';
    world.cloud.activityIs = people(5);
    expect(await run()).toMatchObject({ kind: 'command' });
  });
});

describe('a run that stands still keeps no node closed', () => {
  let world: FakeWorld;
  const ID = aRun('running').id;
  beforeEach(() => {
    world = fakeWorld();
    world.cloud.nodeList = [aNode(GROUP, '1.22', { name: NODE, phasedOut: true })];
    startNoticePosted(world, ID);
  });

  it('at a gate', async () => {
    world.store.put(aRun('waiting'));
    world.cloud.activityNode = NODE;
    world.cloud.activityIs = { total: 9, byNamespace: { prod: 9 } };
    await advanceOnce(world, ID);
    expect(world.cloud.phaseOuts).toEqual([`${NODE} opened`]);
  });

  it('at a stop, and leaves no trace of looking', async () => {
    world.store.put(stoppedInDeletion());
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: 5 * 60_000 });
    expect(world.cloud.phaseOuts).toEqual([`${NODE} opened`]);
    expect(eventsOf(world, ID)).toEqual([]);
  });

  it('at a stop, as soon as Kubernetes answers again', async () => {
    world.store.put(stoppedInDeletion());
    world.cloud.failing.set('nodes', new TransientError('KubernetesUnreachable', 'away'));
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: 60_000 });
    world.cloud.failing.clear();
    await advanceOnce(world, ID);
    expect(world.cloud.phaseOuts).toEqual([`${NODE} opened`]);
  });

  it('of a step that failed', async () => {
    const run = aRun('waiting');
    const passed = { kind: 'passed' as const, by: APPROVER, at: 1, reason: 'announced' };
    world.store.put({ ...run, state: { kind: 'running' }, gates: [anActivityGate(STEP, passed)] });
    world.cloud.groupStacks = [aStack(GROUP, '1.22'), aStack('core-b', '1.24', { status: 'ROLLBACK_COMPLETE' })];
    await advanceOnce(world, ID);
    expect(world.store.runNow(ID).state.kind).toBe('stopped');
    expect(world.cloud.phaseOuts).toEqual([`${NODE} opened`]);
  });
});

function stoppedInDeletion() {
  const waiting = aRun('waiting');
  const { plan } = waiting;
  const failure = { code: 'NodeGroupsNotDeleted', message: 'x', remedy: 'y', detail: null };
  const failed = { kind: 'failed' as const, at: 2, startedAt: 1, attempt: 1, notes: [], failure };
  return {
    ...aRun('stopped', { plan }),
    steps: { ...waiting.steps, [STEP]: failed },
    stops: [
      { at: 2, cause: { kind: 'step-failed' as const, stepId: STEP, failure }, resolution: { kind: 'open' as const } },
    ],
  };
}
