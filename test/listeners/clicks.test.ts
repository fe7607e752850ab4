import { describe, expect, it } from 'vitest';
import { UserError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import { NOTICES, SAM } from '#test/simulators/slack/support.ts';
import { aDrainGate, aPlan, aRun } from '#test/support/builders.ts';
import { listenerWorld, show } from './listener-world.ts';

const runId = aRun('planning').id;
const hash = aPlan().hash.slice(0, 16);
const STEP = 'node-groups-1.24-delete';

describe('buttons', () => {
  it.each<[Run['state']['kind'], string, string, string, object]>([
    ['awaiting-approval', 'card', 'approve_run', 'approveRun', { planHash: hash }],
    ['awaiting-approval', 'card', 'reject_run', 'rejectRun', { planHash: hash }],
    ['running', 'card', 'stop_run', 'requestStop', {}],
    ['stopped', 'failure:1', 'retry_run', 'retryStep', { stop: 1 }],
    ['stopped', 'failure:1', 'abort_run', 'abortRun', {}],
  ])('in state %s, %s %s calls %s', async (kind, key, actionId, operation, ids) => {
    const { slack, calls } = await listenerWorld();
    const shown = await show(slack, aRun(kind));
    expect(await slack.click({ user: SAM, messageTs: shown[key] ?? '', actionId })).toMatchObject({ kind: 'acked' });
    await slack.waitFor(() => calls.length > 0);
    expect(calls).toEqual([{ operation, request: { runId, by: SAM, ...ids } }]);
  });

  it.each([
    ['wait_at_gate', 'waitAtGate'],
    ['stop_at_gate', 'stopAtGate'],
  ])('at a drain that is in the way, %s calls %s', async (actionId, operation) => {
    const { slack, calls } = await listenerWorld();
    const shown = await show(slack, aRun('waiting', { gates: [aDrainGate(STEP)] }));
    await slack.click({ user: SAM, messageTs: shown['gate:1'] ?? '', actionId });
    await slack.waitFor(() => calls.length > 0);
    expect(calls).toEqual([{ operation, request: { runId, stepId: STEP, by: SAM } }]);
  });

  it('tells only the one who clicked that somebody was faster, or that it is not theirs to decide', async () => {
    const { slack } = await listenerWorld({
      approveRun: async () => ({
        kind: 'too-late',
        run: aRun('running'),
        why: '<@U0APPROVE> has approved this plan already.',
      }),
      abortRun: async () => ({
        kind: 'not-allowed',
        why: 'You are not among the approvers of the fleet file, so this decision is not yours.',
      }),
    });
    const awaiting = await show(slack, aRun('awaiting-approval'));
    await slack.click({ user: SAM, messageTs: awaiting.card ?? '', actionId: 'approve_run' });
    expect(await slack.waitFor(() => slack.ephemerals(SAM)[0])).toMatchObject({
      text: '<@U0APPROVE> has approved this plan already.',
    });

    const stopped = await show(slack, aRun('stopped'));
    await slack.click({ user: SAM, messageTs: stopped['failure:1'] ?? '', actionId: 'abort_run' });
    const told = await slack.waitFor(() => slack.ephemerals(SAM)[1]);
    expect(told).toMatchObject({
      threadTs: stopped.card,
      text: 'You are not among the approvers of the fleet file, so this decision is not yours.',
    });
    expect(slack.messages(NOTICES).every(({ edited }) => edited === null)).toBe(true);
  });

  it('says nothing more when it is done: the card does', async () => {
    const { slack, calls } = await listenerWorld({
      rejectRun: async () => ({ kind: 'done', run: aRun('rejected') }),
      requestStop: () => Promise.reject(new UserError('X', 'a marker that comes second')),
    });
    const { card = '' } = await show(slack, aRun('awaiting-approval'));
    await slack.click({ user: SAM, messageTs: card, actionId: 'reject_run' });
    await slack.waitFor(() => calls.length === 1);
    const running = await show(slack, aRun('running'));
    await slack.click({ user: SAM, messageTs: running.card ?? '', actionId: 'stop_run' });
    await slack.waitFor(() => slack.ephemerals(SAM).length > 0);
    expect(slack.ephemerals(SAM).map(({ text }) => text)).toEqual(['A marker that comes second.']);
  });
});

describe('Go ahead', () => {
  async function openModal(answers: Parameters<typeof listenerWorld>[0] = {}) {
    const world = await listenerWorld(answers);
    const shown = await show(world.slack, aRun('waiting'));
    await world.slack.click({ user: SAM, messageTs: shown['gate:1'] ?? '', actionId: 'pass_gate' });
    await world.slack.waitFor(() => world.slack.views(SAM).length === 1);
    return { ...world, shown };
  }

  it('asks for a reason and passes the gate with it', async () => {
    const { slack, calls } = await openModal();
    expect(await slack.submitView({ user: SAM, values: { reason_input: '  announced last week ' } })).toMatchObject({
      kind: 'closed',
    });
    await slack.waitFor(() => calls.length > 0);
    expect(calls).toEqual([
      { operation: 'passGate', request: { runId, stepId: STEP, reason: 'announced last week', by: SAM } },
    ]);
  });

  it('does not take blanks for a reason', async () => {
    const { slack, calls } = await openModal();
    expect(await slack.submitView({ user: SAM, values: { reason_input: '   ' } })).toMatchObject({
      kind: 'errors',
      errors: { reason: 'Please say why, so that others can understand it later.' },
    });
    expect(calls).toEqual([]);
  });

  it('tells the person in the thread when it was too late', async () => {
    const { slack, shown } = await openModal({
      passGate: async () => ({
        kind: 'too-late',
        run: aRun('running'),
        why: 'The cluster is not in use any more: it went on by itself.',
      }),
    });
    await slack.submitView({ user: SAM, values: { reason_input: 'announced' } });
    expect(await slack.waitFor(() => slack.ephemerals(SAM)[0])).toMatchObject({
      threadTs: shown.card,
      text: 'The cluster is not in use any more: it went on by itself.',
    });
  });

  it('asks to press again when the question could not be opened', async () => {
    const { slack } = await listenerWorld();
    const shown = await show(slack, aRun('waiting'));
    slack.addFault({ kind: 'api-error', method: 'views.open', error: 'expired_trigger_id' });
    await slack.click({ user: SAM, messageTs: shown['gate:1'] ?? '', actionId: 'pass_gate' });
    expect(await slack.waitFor(() => slack.ephemerals(SAM)[0])).toMatchObject({
      text: 'Slack did not open the question in time. Please press the button again.',
    });
  });
});

describe('Force', () => {
  it('says what it does to the pods, asks for a reason, and passes the gate with it', async () => {
    const { slack, calls } = await listenerWorld();
    const shown = await show(slack, aRun('waiting', { gates: [aDrainGate(STEP)] }));
    await slack.click({ user: SAM, messageTs: shown['gate:1'] ?? '', actionId: 'force_drain' });
    await slack.waitFor(() => slack.views(SAM).length === 1);
    expect(JSON.stringify(slack.views(SAM)[0])).toContain('whatever their PodDisruptionBudget says');
    await slack.submitView({ user: SAM, values: { reason_input: 'nobody is at work tonight' } });
    await slack.waitFor(() => calls.length > 0);
    expect(calls).toEqual([
      { operation: 'passGate', request: { runId, stepId: STEP, reason: 'nobody is at work tonight', by: SAM } },
    ]);
  });
});
