import { beforeEach, describe, expect, it } from 'vitest';
import { approveRun, rejectRun } from '#src/operations/approve-run.ts';
import { APPROVER, aRun, REQUESTER } from '#test/support/builders.ts';
import { eventsOf } from '#test/support/fakes/advance.ts';
import { type OperationWorld, operationWorld } from '#test/support/fakes/fake-operation-deps.ts';

const waiting = aRun('awaiting-approval');
const runId = waiting.id;
const planHash = waiting.plan?.hash.slice(0, 16) ?? '';

let ops: OperationWorld;
beforeEach(() => {
  ops = operationWorld();
  ops.world.store.put(waiting);
});
const approve = (by = APPROVER, hash = planHash) => approveRun(ops.deps, { runId, planHash: hash, by });
const reject = (by = APPROVER, hash = planHash) => rejectRun(ops.deps, { runId, planHash: hash, by });

describe('Approve', () => {
  it('is recorded with who, when and on which plan hash, and wakes the run', async () => {
    expect(await approve()).toMatchObject({
      kind: 'done',
      run: {
        state: { kind: 'running' },
        approval: { by: APPROVER, at: ops.world.clock.now(), planHash: waiting.plan?.hash },
      },
    });
    expect(ops.world.woken).toContainEqual({ kind: 'run', runId });
  });

  it('of two approvers at once decides for one, and tells the other who it was', async () => {
    ops.groups.S0PLATFORM = ['U0SECOND'];
    const answers = await Promise.all([approve(), approve('U0SECOND')]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['done', 'too-late']);
    expect(answers.find(({ kind }) => kind === 'too-late')).toMatchObject({
      why: expect.stringMatching(/<@U0\w+> has approved this plan already\./),
    });
    expect(eventsOf(ops.world, runId)).toEqual(['approved']);
  });

  it('that comes right after another decision finds it made: the rule sees what the commit would replace', async () => {
    ops.world.store.meanwhile(() => ops.world.store.apply(runId, { kind: 'rejected', at: 1, by: 'U0SECOND' }));
    expect(await approve()).toMatchObject({ kind: 'too-late', why: '<@U0SECOND> has rejected this request already.' });
  });

  it("is never one's own, not even an approver's", async () => {
    ops.groups.S0PLATFORM = [REQUESTER];
    expect(await approve(REQUESTER)).toEqual({
      kind: 'not-allowed',
      why: 'You asked for this upgrade yourself: another approver has to approve it.',
    });
    expect(eventsOf(ops.world, runId)).toEqual([]);
  });

  it('is for nobody in observe mode', async () => {
    const answer = await approveRun({ ...ops.deps, mode: 'observe' }, { runId, planHash, by: APPROVER });
    expect(answer).toMatchObject({ kind: 'not-allowed', why: expect.stringContaining('observe mode') });
    expect(eventsOf(ops.world, runId)).toEqual([]);
  });

  it('is for approvers, by membership at the moment of the click', async () => {
    expect(await approve('U0MEMBER')).toMatchObject({
      kind: 'not-allowed',
      why: expect.stringContaining('not among the approvers'),
    });
    ops.groups.S0PLATFORM = ['U0MEMBER'];
    expect(await approve('U0MEMBER')).toMatchObject({ kind: 'done' });
    expect(ops.asked).toEqual(['S0PLATFORM', 'S0PLATFORM']);
  });

  it.each([
    ['of another plan', 'f'.repeat(16)],
    ['that is too short to tell plans apart', planHash.slice(0, 8)],
    ['that is empty', ''],
  ])('does not take a hash %s', async (_what, hash) => {
    expect(await approve(APPROVER, hash)).toMatchObject({
      kind: 'too-late',
      why: expect.stringContaining('The plan has changed since this card was shown'),
    });
  });

  it('is too late when the request has expired, though nobody has written that down yet', async () => {
    const { state } = waiting;
    ops.world.clock.advance((state.kind === 'awaiting-approval' ? state.expiresAt : 0) - ops.world.clock.now());
    expect(await approve()).toMatchObject({
      kind: 'too-late',
      why: 'This request has expired. Ask for the upgrade again to get a fresh plan.',
    });
    expect(eventsOf(ops.world, runId)).toEqual([]);
  });

  it.each([
    [aRun('withdrawn'), `<@${REQUESTER}> has withdrawn this request already.`],
    [aRun('expired'), 'This request has expired. Ask for the upgrade again to get a fresh plan.'],
    [aRun('planning'), 'The plan is being made again. Wait for the card to show it.'],
    [aRun('running'), `<@${APPROVER}> has approved this plan already.`],
    [aRun('refused'), 'There is nothing to decide any more.'],
  ])('of a run that went on says how: %#', async (run, why) => {
    ops.world.store.put(run);
    expect(await approve()).toMatchObject({ kind: 'too-late', why });
  });

  it('counts although the run could not be woken: the reconciler comes', async () => {
    ops.deps.wakeUps.wakeRun = () => Promise.reject(new Error('redis is slow'));
    expect(await approve()).toMatchObject({ kind: 'done' });
    expect(await ops.world.store.due(ops.world.clock.now())).toEqual([runId]);
  });

  it('of a run that is not there is an error to read', async () => {
    await expect(approveRun(ops.deps, { runId: 'gone', planHash, by: APPROVER })).rejects.toMatchObject({
      code: 'RunNotFound',
    });
  });
});

describe('Reject', () => {
  it("is an approver's", async () => {
    expect(await reject()).toMatchObject({
      kind: 'done',
      run: { state: { kind: 'rejected', decision: { by: APPROVER } } },
    });
    expect(await ops.world.store.ownerOf('coast')).toBeNull();
  });

  it('by the person who asked is a withdrawal', async () => {
    expect(await reject(REQUESTER)).toMatchObject({
      kind: 'done',
      run: { state: { kind: 'withdrawn', decision: { by: REQUESTER } } },
    });
  });

  it('is nobody else’s', async () => {
    expect(await reject('U0ANYONE')).toMatchObject({ kind: 'not-allowed' });
  });

  it('is tied to the plan that was shown', async () => {
    expect(await reject(APPROVER, 'f'.repeat(16))).toMatchObject({ kind: 'too-late' });
  });
});
