import { beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '#src/domain/run.ts';
import { abortRun, requestStop, retryStep } from '#src/operations/steer-run.ts';
import { APPROVER, aRun, REQUESTER, STARTED_AT } from '#test/support/builders.ts';
import { eventsOf } from '#test/support/fakes/advance.ts';
import { type OperationWorld, operationWorld } from '#test/support/fakes/fake-operation-deps.ts';
import { runningCommand } from '#test/support/fakes/phase-context.ts';

const runId = 'r-coast-7k2m';

let ops: OperationWorld;
beforeEach(() => {
  ops = operationWorld();
});
const put = (run: Run): void => ops.world.store.put(run);

describe('who may steer a run', () => {
  it.each([
    ['an approver', APPROVER, 'done'],
    ['the person who asked', REQUESTER, 'done'],
    ['an operator at a shell', 'shell:ada', 'done'],
    ['anybody else', 'U0ANYONE', 'not-allowed'],
  ])('%s: %s → %s', async (_who, by, kind) => {
    put(aRun('running'));
    expect(await requestStop(ops.deps, { runId, by })).toMatchObject({ kind });
  });

  it('is asked at the click: a member of an approver group may', async () => {
    put(aRun('running'));
    ops.groups.S0PLATFORM = ['U0MEMBER'];
    expect(await requestStop(ops.deps, { runId, by: 'U0MEMBER' })).toMatchObject({ kind: 'done' });
  });

  it('does not ask Slack for an operator: it may be away', async () => {
    put(aRun('running'));
    await requestStop(ops.deps, { runId, by: 'shell:ada' });
    expect(ops.asked).toEqual([]);
  });
});

describe('Stop after this step', () => {
  it('is kept with who asked for it, and changes nothing else', async () => {
    put(aRun('running'));
    expect(await requestStop(ops.deps, { runId, by: REQUESTER })).toMatchObject({
      run: { state: { kind: 'running' }, stopRequest: { by: REQUESTER, at: ops.world.clock.now() } },
    });
  });

  it('is asked for once', async () => {
    put(aRun('running', { stopRequest: { by: REQUESTER, at: STARTED_AT } }));
    expect(await requestStop(ops.deps, { runId, by: APPROVER })).toMatchObject({
      kind: 'too-late',
      why: 'The run stops after this step already.',
    });
  });

  it('has nothing to stop in a run that does not go on', async () => {
    put(aRun('succeeded'));
    expect(await requestStop(ops.deps, { runId, by: APPROVER })).toMatchObject({
      kind: 'too-late',
      why: 'There is nothing to stop: the run is succeeded.',
    });
  });
});

describe('Retry', () => {
  it('goes on where the run stopped', async () => {
    put(aRun('stopped'));
    expect(await retryStep(ops.deps, { runId, by: APPROVER })).toMatchObject({
      kind: 'done',
      run: { state: { kind: 'running' }, stops: [{ resolution: { kind: 'retried', by: APPROVER } }] },
    });
  });

  it('plans again when no plan could be made', async () => {
    put(aRun('stopped', { plan: null }));
    expect(await retryStep(ops.deps, { runId, by: REQUESTER })).toMatchObject({
      run: { state: { kind: 'planning' }, planAttempt: 2 },
    });
  });

  it('of an earlier stop does not go on from one that nobody has read yet', async () => {
    const run = aRun('stopped');
    const earlier = { kind: 'retried', by: APPROVER, at: run.stops[0]?.at ?? 0 } as const;
    put({ ...run, stops: run.stops.flatMap((stop) => [{ ...stop, resolution: earlier }, stop]) });
    expect(await retryStep(ops.deps, { runId, stop: 1, by: APPROVER })).toMatchObject({
      kind: 'too-late',
      why: 'That was gone on from, and the run has stopped again since: the newest notice in the thread says why.',
    });
    expect(await retryStep(ops.deps, { runId, stop: 2, by: APPROVER })).toMatchObject({ kind: 'done' });
  });

  it('of two at once happens once', async () => {
    put(aRun('stopped'));
    const answers = await Promise.all([
      retryStep(ops.deps, { runId, by: APPROVER }),
      retryStep(ops.deps, { runId, by: REQUESTER }),
    ]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['done', 'too-late']);
    expect(eventsOf(ops.world, runId)).toEqual(['retried']);
  });
});

describe('Abort', () => {
  it.each(['waiting', 'stopped'] as const)('ends a run that is %s, and gives the cluster back', async (kind) => {
    put(aRun(kind));
    expect(await abortRun(ops.deps, { runId, by: APPROVER })).toMatchObject({
      kind: 'done',
      run: { state: { kind: 'aborted', decision: { by: APPROVER } } },
    });
    expect(await ops.world.store.ownerOf('coast')).toBeNull();
  });

  it.each(['planning', 'awaiting-approval'] as const)('withdraws a run that is %s', async (kind) => {
    put(aRun(kind));
    expect(await abortRun(ops.deps, { runId, by: REQUESTER })).toMatchObject({ run: { state: { kind: 'withdrawn' } } });
  });

  it('is not for the middle of a step', async () => {
    put(aRun('running'));
    expect(await abortRun(ops.deps, { runId, by: APPROVER })).toMatchObject({
      kind: 'too-late',
      why: 'The run is in the middle of a step. Press "Stop after this step" first, then abort.',
    });
  });

  it('waits for an eksctl that still runs, so that the next run of the cluster does not begin beside it', async () => {
    put(aRun('stopped', { command: runningCommand('control-plane-1.23', []) }));
    expect(await abortRun(ops.deps, { runId, by: APPROVER })).toMatchObject({
      kind: 'too-late',
      why: expect.stringContaining('eksctl is still running'),
    });
    expect(await ops.world.store.ownerOf('coast')).toBe(runId);
  });

  it('has nothing to abort in an ended run', async () => {
    put(aRun('succeeded-uncommitted'));
    expect(await abortRun(ops.deps, { runId, by: APPROVER })).toMatchObject({
      why: 'There is nothing to abort: the run is succeeded uncommitted.',
    });
  });
});
