import { describe, expect, it } from 'vitest';
import { evolve } from '#src/domain/evolve.ts';
import { giveBackSteps, groupsOwed } from '#src/domain/give-back.ts';
import type { Run } from '#src/domain/run.ts';
import { stepsAtWork } from '#src/domain/run-progress.ts';
import { abortRun } from '#src/operations/steer-run.ts';
import { APPROVER, aFailure, aPlan, aRun, aStop, failedStep, progressUpTo } from '#test/support/builders.ts';
import { advanceOnce, advanceUntil, inState, startNoticePosted } from '#test/support/fakes/advance.ts';
import { aStack } from '#test/support/fakes/fake-cloud.ts';
import { operationWorld } from '#test/support/fakes/fake-operation-deps.ts';
import { fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const CREATE = 'node-groups-1.24-create-others';
const OTHERS = ['nb-small', 'nb-large', 'dask-worker'];

/** Its groups are deleted, and could not be created at the new version. */
function stranded(changes: Partial<Run> = {}): Run {
  const plan = aPlan();
  return aRun('stopped', {
    plan,
    steps: { ...progressUpTo(plan, CREATE), [CREATE]: failedStep(0, aFailure) },
    stops: [aStop({ kind: 'step-failed', stepId: CREATE, failure: aFailure })],
    ...changes,
  });
}

describe('what an abort gives back', () => {
  const stepsOf = (run: Run) => giveBackSteps({ ...run, plan: run.plan ?? aPlan() });

  it('is what was deleted and not created again, at the version it had', () => {
    expect(stepsOf(stranded())).toMatchObject([{ version: '1.22', groups: OTHERS, after: [], givesBack: true }]);
  });

  it('is nothing when no group is away', () => {
    expect(stepsOf(aRun('stopped'))).toEqual([]);
  });

  it('is at the nearest version that nodes may have beside the control plane', () => {
    const run = stranded();
    const sight = { at: 1e15, kind: 'seen' as const, version: '1.25' as const, status: 'ACTIVE', groups: [] };
    expect(stepsOf({ ...run, sight })).toMatchObject([{ version: '1.23' }]);
  });
});

describe('an aborted run', () => {
  it('creates what it had deleted, and ends as soon as it is proven', async () => {
    const world = fakeWorld();
    const run = stranded();
    world.store.put(run);
    const ops = operationWorld();
    ops.world.store.put(run);
    startNoticePosted(world, run.id);
    await abortRun(ops.deps, { runId: run.id, by: APPROVER });
    const aborting = ops.world.store.runNow(run.id);
    expect(aborting).toMatchObject({ state: { kind: 'running' }, abortRequest: { by: APPROVER } });
    expect(groupsOwed({ ...aborting, plan: aborting.plan ?? aPlan() })).toEqual(OTHERS);
    world.store.put(aborting);
    world.cloud.groupStacks = [aStack('core-b', '1.24')];
    await advanceUntil(world, run.id, (now) => now.command !== null);
    expect(world.store.runNow(run.id).command?.args).toEqual(['create', 'nodegroup', `--include=${OTHERS.join(',')}`]);
    const { id = '' } = world.store.runNow(run.id).command ?? {};
    const outcome = { kind: 'exited' as const, code: 0, lastLines: '' };
    world.store.apply(run.id, { kind: 'command-ended', id, outcome, at: world.clock.now(), by: 'bot' });
    world.cloud.groupStacks = [aStack('core-b', '1.24'), ...OTHERS.map((name) => aStack(name, '1.22'))];
    await advanceUntil(world, run.id, inState('aborted'));
    expect(world.store.runNow(run.id).state).toMatchObject({ kind: 'aborted', decision: { by: APPROVER } });
  });

  it('takes a group for given back that is there at the new version', async () => {
    const world = fakeWorld();
    const run = stranded();
    const steps = giveBackSteps({ ...run, plan: run.plan ?? aPlan() });
    world.store.put(evolve(run, { kind: 'abort-requested', steps, at: world.clock.now(), by: APPROVER }));
    startNoticePosted(world, run.id);
    world.cloud.groupStacks = OTHERS.map((name, i) => aStack(name, i === 0 ? '1.24' : '1.22'));
    expect(await advanceUntil(world, run.id, inState('aborted'))).toMatchObject({ command: null });
  });

  it('clears away what is left of a group at once, and stops in words when it cannot; then a person may end it without', async () => {
    const world = fakeWorld();
    const run = stranded();
    const steps = giveBackSteps({ ...run, plan: run.plan ?? aPlan() });
    world.store.put(evolve(run, { kind: 'abort-requested', steps, at: world.clock.now(), by: APPROVER }));
    startNoticePosted(world, run.id);
    world.cloud.groupStacks = OTHERS.map((name) => aStack(name, '1.22', { status: 'DELETE_FAILED' }));
    await advanceUntil(world, run.id, (now) => now.command !== null);
    const { id = '', args } = world.store.runNow(run.id).command ?? {};
    expect(args?.[0]).toBe('delete');
    const outcome = { kind: 'exited' as const, code: 0, lastLines: '' };
    world.store.apply(run.id, { kind: 'command-ended', id, outcome, at: world.clock.now(), by: 'bot' });
    await advanceUntil(world, run.id, inState('stopped'));
    const ops = operationWorld();
    ops.world.store.put(world.store.runNow(run.id));
    await abortRun(ops.deps, { runId: run.id, by: APPROVER });
    expect(ops.world.store.runNow(run.id).state.kind).toBe('aborted');
  });

  it('does not run a command that the upgrade had asked for', async () => {
    const world = fakeWorld();
    const command = {
      id: 'c',
      stepId: CREATE,
      attempt: 1,
      args: ['create'],
      state: { kind: 'requested' as const, at: 1 },
    };
    const run = stranded({ command });
    const steps = giveBackSteps({ ...run, plan: run.plan ?? aPlan() });
    const aborting = evolve(run, { kind: 'abort-requested', steps, at: world.clock.now(), by: APPROVER });
    expect(aborting.command?.state).toMatchObject({ kind: 'ended', outcome: { kind: 'spawn-failed' } });
    expect(stepsAtWork(aborting)).toEqual([]);
    world.store.put(aborting);
    await advanceOnce(world, run.id);
    expect(Object.keys(world.store.runNow(run.id).steps)).toContain('node-groups-1.22-give-back');
  });

  it('takes the next version when the old one has no image any more, not newer than the control plane', () => {
    const run = stranded();
    const steps = giveBackSteps({ ...run, plan: run.plan ?? aPlan() });
    const aborting = evolve(run, { kind: 'abort-requested', steps, at: 1, by: APPROVER });
    const stepId = 'node-groups-1.22-give-back';
    const failure = { ...aFailure, message: 'no AMI found for version 1.22' };
    const failing = [
      { kind: 'step-started' as const, stepId },
      { kind: 'step-failed' as const, stepId, failure },
    ].reduce((now, fact) => evolve(now, { ...fact, at: 2, by: 'bot' }), aborting);
    expect(failing.state.kind).toBe('stopped');
    const retried = evolve(failing, { kind: 'retried', at: 3, by: APPROVER });
    expect(retried.plan?.steps.at(-1)).toMatchObject({ id: stepId, version: '1.23' });
  });
});
