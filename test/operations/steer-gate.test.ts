import { beforeEach, describe, expect, it } from 'vitest';
import { passGate, stopAtGate, waitAtGate } from '#src/operations/steer-gate.ts';
import { retryStep } from '#src/operations/steer-run.ts';
import { APPROVER, aDrainGate, aRun, REQUESTER } from '#test/support/builders.ts';
import { type OperationWorld, operationWorld } from '#test/support/fakes/fake-operation-deps.ts';

const runId = 'r-coast-7k2m';
const GATE = 'node-groups-1.24-delete';

let ops: OperationWorld;
beforeEach(() => {
  ops = operationWorld();
  ops.world.store.put(aRun('waiting'));
});

describe('Go ahead', () => {
  const pass = (by: string, reason: string, stepId = GATE) => passGate(ops.deps, { runId, stepId, reason, by });

  it('keeps who, when and why, and the count the card showed', async () => {
    await pass(APPROVER, '  the maintenance was announced  ');
    expect(ops.world.store.runNow(runId)).toMatchObject({
      state: { kind: 'running' },
      gates: [
        {
          activity: { total: 3 },
          resolution: {
            kind: 'passed',
            by: APPROVER,
            at: ops.world.clock.now(),
            reason: 'the maintenance was announced',
          },
        },
      ],
    });
  });

  it('needs a reason', async () => {
    expect(await pass(APPROVER, '   ')).toEqual({
      kind: 'not-allowed',
      why: 'A reason is required: people whose servers end will ask for it.',
    });
    expect(ops.world.store.runNow(runId).state.kind).toBe('waiting');
  });

  it('is for approvers only, not for the person who asked', async () => {
    expect(await pass(REQUESTER, 'please')).toMatchObject({ kind: 'not-allowed' });
  });

  it('is for this gate only', async () => {
    expect(await pass(APPROVER, 'announced', 'node-groups-1.24-create-core')).toMatchObject({ kind: 'too-late' });
  });

  it('is too late when the cluster was left meanwhile', async () => {
    ops.world.store.meanwhile(() => ops.world.store.apply(runId, { kind: 'gate-cleared', at: 1, by: 'bot' }));
    expect(await pass(APPROVER, 'announced')).toMatchObject({
      kind: 'too-late',
      why: 'The run is not waiting at this point any more.',
    });
  });
});

describe('Force', () => {
  const blocked = aRun('waiting', { gates: [aDrainGate(GATE)] });
  beforeEach(() => ops.world.store.put(blocked));

  it('keeps who, when and why, for the pods that the gate shows', async () => {
    await passGate(ops.deps, { runId, stepId: GATE, reason: 'nobody is at work tonight', by: APPROVER });
    expect(ops.world.store.runNow(runId)).toMatchObject({
      state: { kind: 'running' },
      gates: [
        {
          kind: 'drain',
          blocked: [{ name: 'hub-6b7f-x2x9k' }],
          resolution: { kind: 'passed', by: APPROVER, reason: 'nobody is at work tonight' },
        },
      ],
    });
  });

  it('is for approvers only, and needs a reason', async () => {
    const force = (by: string, reason: string) => passGate(ops.deps, { runId, stepId: GATE, reason, by });
    expect(await force(REQUESTER, 'please')).toEqual({
      kind: 'not-allowed',
      why: 'Only approvers of the fleet file may force pods to go.',
    });
    expect(await force(APPROVER, ' ')).toEqual({
      kind: 'not-allowed',
      why: 'A reason is required: people who need what these pods serve will ask for it.',
    });
  });
});

describe('Wait longer', () => {
  it('lets the run try again, and keeps who said so', async () => {
    await waitAtGate(ops.deps, { runId, stepId: GATE, by: REQUESTER });
    expect(ops.world.store.runNow(runId)).toMatchObject({
      state: { kind: 'running' },
      gates: [{ resolution: { kind: 'waited', by: REQUESTER } }],
    });
  });

  it('is not for everybody, nor for another gate', async () => {
    expect(await waitAtGate(ops.deps, { runId, stepId: GATE, by: 'U0ANYONE' })).toMatchObject({ kind: 'not-allowed' });
    expect(await waitAtGate(ops.deps, { runId, stepId: 'verify', by: APPROVER })).toMatchObject({ kind: 'too-late' });
  });
});

describe('Stop at a gate', () => {
  it('stands still there at once, and can be continued', async () => {
    await stopAtGate(ops.deps, { runId, stepId: GATE, by: APPROVER });
    expect(ops.world.store.runNow(runId)).toMatchObject({
      state: { kind: 'stopped' },
      gates: [{ resolution: { kind: 'stopped', by: APPROVER } }],
      stops: [{ cause: { kind: 'stop-requested', decision: { by: APPROVER } }, resolution: { kind: 'open' } }],
    });
    await retryStep(ops.deps, { runId, stop: 1, by: APPROVER });
    expect(ops.world.store.runNow(runId).state.kind).toBe('running');
  });

  it('is too late when somebody decided otherwise', async () => {
    await waitAtGate(ops.deps, { runId, stepId: GATE, by: APPROVER });
    expect(await stopAtGate(ops.deps, { runId, stepId: GATE, by: APPROVER })).toMatchObject({
      kind: 'too-late',
      why: 'The run is not waiting at this point any more.',
    });
  });
});
