import { beforeEach, describe, expect, it } from 'vitest';
import { stopForError } from '#jobs/advance-run.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { Plan } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import {
  APPROVER,
  allDone,
  aPlan,
  aRun,
  failedStep,
  inOrder,
  MINUTE,
  progressUpTo,
  REQUESTER,
  STARTED_AT,
  type startedStep,
} from '#test/support/builders.ts';
import { advanceOnce, advanceUntil, eventsOf, inState, startNoticePosted } from '#test/support/fakes/advance.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const ID = 'r-coast-7k2m';
const DELETE = 'node-groups-1.24-delete';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});
const now = (): Run => world.store.runNow(ID);
const put = (run: Run): void => world.store.put(run);
const stop = (): void => world.store.apply(ID, { kind: 'stop-requested', at: world.clock.now(), by: REQUESTER });

describe('between steps', () => {
  const plan = aPlan();

  it('begins the next step when those before it are done', async () => {
    put(aRun('running', { plan, steps: progressUpTo(plan, 'access', done()) }));
    await advanceOnce(world, ID);
    expect(now().steps['control-plane-1.23']).toMatchObject({ kind: 'started', attempt: 1 });
  });

  it('stops before the next step when a person asked for it, and goes on with Continue', async () => {
    put(
      aRun('running', {
        plan,
        steps: progressUpTo(plan, 'access', done()),
        stopRequest: { by: REQUESTER, at: STARTED_AT },
      }),
    );
    await advanceOnce(world, ID);
    expect(now()).toMatchObject({
      state: { kind: 'stopped' },
      stopRequest: null,
      stops: [{ cause: { kind: 'stop-requested', decision: { by: REQUESTER } }, resolution: { kind: 'open' } }],
    });
    expect(now().steps['control-plane-1.23']).toBeUndefined();
    world.store.apply(ID, { kind: 'retried', at: world.clock.now(), by: APPROVER });
    await advanceOnce(world, ID);
    expect(now().steps['control-plane-1.23']).toMatchObject({ kind: 'started' });
  });

  it('begins nothing when the stop comes right before the commit', async () => {
    put(aRun('running', { plan, steps: progressUpTo(plan, 'access', done()) }));
    world.store.meanwhile(stop);
    await advanceOnce(world, ID);
    expect(now().steps['control-plane-1.23']).toBeUndefined();
    await advanceOnce(world, ID);
    expect(now().state.kind).toBe('stopped');
  });

  it('does not interrupt the step in hand', async () => {
    put(aRun('running', { plan, stopRequest: { by: REQUESTER, at: STARTED_AT } }));
    startNoticePosted(world, ID);
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toMatchObject([{ call: 'updateClusterVersion' }]);
  });

  it('gives a failed step its second attempt after a retry', async () => {
    const steps = progressUpTo(plan, 'control-plane-1.23', failedStep(2));
    put(aRun('running', { plan, steps }));
    await advanceOnce(world, ID);
    expect(now().steps['control-plane-1.23']).toMatchObject({ kind: 'started', attempt: 2, memory: {}, waiting: null });
  });

  it('succeeds with what it sees once every step is done, and gives the cluster back', async () => {
    world.cloud.cluster.version = '1.24';
    put(aRun('running', { plan, steps: allDone(plan) }));
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
    expect(now()).toMatchObject({ state: { kind: 'succeeded' }, after: { version: '1.24' } });
    expect(await world.store.ownerOf('coast')).toBeNull();
  });

  it('does not succeed before it has seen the cluster', async () => {
    put(aRun('running', { plan, steps: allDone(plan) }));
    world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'slower'));
    await expect(advanceOnce(world, ID)).rejects.toThrow('slower');
    expect(now().state.kind).toBe('running');
  });

  it('stops and says so when it cannot see the cluster for half an hour after the last step', async () => {
    put(aRun('running', { plan, steps: allDone(plan) }));
    world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'slower'));
    world.clock.advance(24 * 60 * MINUTE);
    await advanceOnce(world, ID);
    expect(now().stops[0]?.cause).toMatchObject({
      kind: 'run-failed',
      failure: { code: 'AwsThrottled', message: expect.stringMatching(/^every step is done, but .*slower$/) },
    });
  });

  it('looks at an ended run no more', async () => {
    put(aRun('succeeded'));
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
  });
});

describe('at a gate', () => {
  beforeEach(() => put(aRun('waiting')));

  it('waits as long as somebody uses the cluster, and leaves no trace of looking', async () => {
    world.cloud.activityIs = { total: 1, byNamespace: { prod: 1 } };
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: MINUTE });
    expect(eventsOf(world, ID)).toEqual([]);
    expect(world.store.rows.get(ID)?.wakeAt).toBe(world.clock.now() + MINUTE);
  });

  it('clears by itself when nobody is left', async () => {
    await advanceOnce(world, ID);
    expect(now()).toMatchObject({ state: { kind: 'running' }, gates: [{ resolution: { kind: 'cleared' } }] });
  });

  it('keeps to the decision of a person who aborted meanwhile', async () => {
    world.store.meanwhile(() => world.store.apply(ID, { kind: 'aborted', at: world.clock.now(), by: APPROVER }));
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: 0 });
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
    expect(now()).toMatchObject({ state: { kind: 'aborted' }, gates: [{ resolution: { kind: 'aborted' } }] });
  });

  it('keeps waiting when activity cannot be counted: people can still decide', async () => {
    world.cloud.failing.set('userPods', new UserError('KubernetesForbidden', 'pods is forbidden'));
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: MINUTE });
    expect(now()).toMatchObject({ state: { kind: 'waiting' }, gates: [{ resolution: { kind: 'open' } }], stops: [] });
  });

  it('opens by a person, who takes it on for as many as the card showed', async () => {
    world.cloud.activityIs = { total: 3, byNamespace: { prod: 2, staging: 1 } };
    world.cloud.groupStacks = [];
    world.store.apply(ID, { kind: 'gate-passed', reason: 'announced', at: world.clock.now(), by: APPROVER });
    startNoticePosted(world, ID);
    await advanceUntil(world, ID, (run) => run.steps[DELETE]?.kind === 'done');
    expect(now().gates).toMatchObject([{ resolution: { kind: 'passed', by: APPROVER, reason: 'announced' } }]);
  });
});

describe('a claim that was lost', () => {
  it('leaves no trace: neither a mutation nor an event', async () => {
    put(aRun('running'));
    startNoticePosted(world, ID);
    const describe = world.cloud.eks.describeCluster;
    world.cloud.eks.describeCluster = async (cluster) => {
      await world.store.claim(ID);
      return describe(cluster);
    };
    await expect(advanceOnce(world, ID)).rejects.toMatchObject({ code: 'ClaimLost' });
    expect(world.cloud.calls).toEqual([]);
    expect(eventsOf(world, ID)).toEqual([]);
  });

  it('may not commit what it saw', async () => {
    put(aRun('running'));
    startNoticePosted(world, ID);
    world.store.meanwhile(() => void world.store.claim(ID));
    await expect(advanceOnce(world, ID)).rejects.toMatchObject({ code: 'ClaimLost' });
    expect(eventsOf(world, ID)).toEqual([]);
  });

  it('finds the same request when the act was made and its commit was lost', async () => {
    put(aRun('running'));
    startNoticePosted(world, ID);
    world.store.meanwhile(() => void world.store.claim(ID));
    await expect(advanceOnce(world, ID)).rejects.toMatchObject({ code: 'ClaimLost' });
    world.cloud.cluster.status = 'UPDATING';
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toHaveLength(1);
    expect(now().steps['control-plane-1.23']).toMatchObject({ memory: { update: 'update-1' } });
  });
});

describe('an error outside a step', () => {
  const claimed = async () => (await world.store.claim(ID)) ?? fail();

  it('stops the run in words after its start', async () => {
    put(aRun('running'));
    await stopForError(
      world.deps,
      await claimed(),
      new UserError('NotInFleet', 'cluster coast is no longer in the fleet file'),
    );
    expect(now().stops).toMatchObject([{ cause: { kind: 'run-failed', failure: { code: 'NotInFleet' } } }]);
  });

  it('is a failed planning before its start', async () => {
    put(aRun('planning'));
    await stopForError(world.deps, await claimed(), new Error('boom'));
    expect(now().stops).toMatchObject([
      { cause: { kind: 'planning-failed', failure: { message: 'the bot itself failed: boom' } } },
    ]);
  });

  it.each([
    ['transient', new TransientError('AwsThrottled', 'slower')],
    ['of a Redis that was away', new Error('Connection is closed.')],
  ])('is looked at again when it is %s', async (_what, error) => {
    put(aRun('running'));
    expect(await stopForError(world.deps, await claimed(), error)).toEqual({ kind: 'again', ms: 15_000 });
    expect(await world.store.due(world.clock.now())).toEqual([]);
    expect(now().state.kind).toBe('running');
  });

  it('stops a stopped run no second time', async () => {
    put(aRun('stopped'));
    await stopForError(world.deps, await claimed(), new Error('boom'));
    expect(now().stops).toHaveLength(1);
  });
});

describe('a whole run', () => {
  it('of two quick steps ends well, each step seen', async () => {
    const plan: Plan = aPlan({
      steps: inOrder([
        { id: 'preflight', phase: 'preflight', expectedMinutes: 1 },
        { id: 'access', phase: 'access', expectedMinutes: 1 },
      ]),
    });
    put(aRun('running', { plan, steps: {} }));
    await advanceUntil(world, ID, inState('succeeded'));
    expect(eventsOf(world, ID)).toEqual(['step-started', 'step-done', 'step-started', 'step-done', 'succeeded']);
  });
});

function done(): ReturnType<typeof startedStep> {
  return { kind: 'done', at: STARTED_AT, startedAt: STARTED_AT, attempt: 1, notes: [], evidence: [] };
}

function fail(): never {
  throw new Error('the run is there');
}
