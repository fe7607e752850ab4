import { describe, expect, it } from 'vitest';
import { evolve } from '#src/domain/evolve.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import type { RunFact } from '#src/domain/run-events.ts';
import { APPROVER, aFailure, aPlan, aRun, REQUESTER, STARTED_AT } from '#test/support/builders.ts';
import { expectAllowed } from '#test/support/run-rules.ts';

const HOP = 'control-plane-1.23';
const AT = STARTED_AT + 60_000;
const apply = (run: Run, ...facts: (RunFact & { by?: string; at?: number })[]): Run =>
  facts.reduce((before, fact) => evolve(before, { at: AT, by: 'bot', ...fact }), run);

describe('a run after an event', () => {
  const plan = aPlan();
  const after = { version: '1.24' as const, nodeGroups: [], addons: [] };

  it.each<[string, Run, RunFact, Run['state']['kind']]>([
    ['planned', aRun('planning'), { kind: 'planned', plan, expiresAt: AT + 1 }, 'awaiting-approval'],
    [
      'refused',
      aRun('planning'),
      { kind: 'plan-refused', plan: aPlan({ refusals: [{ id: 'x', text: 'y' }] }) },
      'refused',
    ],
    ['nothing to do', aRun('planning'), { kind: 'nothing-to-do', snapshot: after }, 'nothing-to-do'],
    ['not plannable', aRun('planning'), { kind: 'planning-failed', failure: aFailure }, 'stopped'],
    ['rejected', aRun('awaiting-approval'), { kind: 'rejected' }, 'rejected'],
    ['expired', aRun('awaiting-approval'), { kind: 'expired' }, 'expired'],
    ['withdrawn', aRun('awaiting-approval'), { kind: 'withdrawn' }, 'withdrawn'],
    ['failed outside a step', aRun('running'), { kind: 'run-failed', failure: aFailure }, 'stopped'],
    [
      'at a gate',
      aRun('running'),
      { kind: 'gate-opened', stepId: HOP, question: { kind: 'activity', activity: { total: 1, byNamespace: {} } } },
      'waiting',
    ],
    ['through a gate', aRun('waiting'), { kind: 'gate-passed', reason: 'announced' }, 'running'],
    ['at a gate that cleared', aRun('waiting'), { kind: 'gate-cleared' }, 'running'],
    ['retried', aRun('stopped'), { kind: 'retried' }, 'running'],
    ['aborted from a stop', aRun('stopped'), { kind: 'aborted' }, 'aborted'],
    ['aborted from a gate', aRun('waiting'), { kind: 'aborted' }, 'aborted'],
  ])('%s', (_what, before, fact, kind) => {
    const run = apply(before, fact);
    expect(run.state.kind).toBe(kind);
    expect(run.endedAt === null).toBe(!hasEnded(run));
    expectAllowed(run);
  });

  it('is approved on a plan hash, by somebody, who takes on what the plan showed to be in use', () => {
    const run = apply(aRun('awaiting-approval'), { kind: 'approved', planHash: plan.hash, by: APPROVER });
    expect(expectAllowed(run).approval).toEqual({
      by: APPROVER,
      at: AT,
      planHash: plan.hash,
      accepted: plan.activity,
    });
  });

  it('asks again for a changed plan, keeps the earlier one to show, and drops the approval', () => {
    const other = aPlan({ from: '1.23' });
    const approved = apply(aRun('awaiting-approval'), { kind: 'approved', planHash: plan.hash, by: APPROVER });
    expect(expectAllowed(apply(approved, { kind: 'plan-changed', plan: other, expiresAt: AT + 1 }))).toMatchObject({
      plan: other,
      supersededPlan: { hash: plan.hash },
      approval: null,
    });
  });

  it('has used up its approval when it is planned again', () => {
    const approved = apply(aRun('awaiting-approval'), { kind: 'approved', planHash: plan.hash, by: APPROVER });
    const run = apply(
      approved,
      { kind: 'planning-failed', failure: aFailure },
      { kind: 'retried' },
      { kind: 'planned', plan, expiresAt: AT + 1 },
    );
    expect(run).toMatchObject({ state: { kind: 'awaiting-approval' }, approval: null });
  });

  it('counts the attempts of a step, and begins each with an empty memory', () => {
    const run = apply(
      aRun('running'),
      { kind: 'step-waiting', stepId: HOP, for: 'EKS', memory: { update: 'u' }, notes: ['n'] },
      { kind: 'step-failed', stepId: HOP, failure: aFailure },
      { kind: 'retried' },
      { kind: 'step-started', stepId: HOP },
    );
    expect(run.steps[HOP]).toEqual({ kind: 'started', at: AT, attempt: 2, waiting: null, notes: [], memory: {} });
  });

  it('is in the same attempt when the commit that began it was made twice', () => {
    const run = aRun('running');
    expect(apply(run, { kind: 'step-started', stepId: HOP })).toEqual(run);
  });

  it('keeps since when a step waits for the same, and begins anew for something else', () => {
    const wait = (what: string, at: number): RunFact & { at: number } => ({
      kind: 'step-waiting',
      stepId: HOP,
      for: what,
      memory: {},
      notes: [],
      at,
    });
    const run = apply(aRun('running'), wait('EKS', 1), wait('EKS', 2));
    expect(run.steps[HOP]).toMatchObject({ waiting: { for: 'EKS', since: 1 } });
    expect(apply(run, wait('nodes', 3)).steps[HOP]).toMatchObject({ waiting: { for: 'nodes', since: 3 } });
  });

  it.each<RunFact>([
    { kind: 'step-done', stepId: HOP, evidence: [], notes: [] },
    { kind: 'step-failed', stepId: HOP, failure: aFailure },
    { kind: 'step-waiting', stepId: HOP, for: 'x', memory: {}, notes: [] },
  ])('cannot end or wait in a step that is not under way: $kind', (fact) => {
    const done = apply(aRun('running'), { kind: 'step-done', stepId: HOP, evidence: ['seen'], notes: [] });
    expect(apply(done, fact)).toEqual(done);
  });

  it('stops with the person who asked for it, once', () => {
    const asked = apply(aRun('running'), { kind: 'stop-requested', by: REQUESTER });
    const run = apply(asked, { kind: 'stopped' });
    expect(expectAllowed(run)).toMatchObject({
      stopRequest: null,
      stops: [{ cause: { kind: 'stop-requested', decision: { by: REQUESTER } } }],
    });
    expect(apply(aRun('running'), { kind: 'stopped' })).toEqual(aRun('running'));
  });

  it('writes on the row of its own command only', () => {
    const run = apply(aRun('running'), { kind: 'command-requested', id: 'c2', stepId: HOP, attempt: 1, args: [] });
    expect(apply(run, { kind: 'command-ended', id: 'c1', outcome: { kind: 'lost' } })).toEqual(run);
    expect(apply(run, { kind: 'command-started', id: 'c2' }).command?.state.kind).toBe('running');
  });

  it('succeeded although its config is not committed: the failed step is no stop', () => {
    const done = aRun('succeeded');
    const steps = {
      ...done.steps,
      'commit-config': { kind: 'started' as const, at: 1, attempt: 1, waiting: null, notes: [], memory: {} },
    };
    const running: Run = { ...done, state: { kind: 'running' }, endedAt: null, after: null, steps };
    const run = apply(running, { kind: 'succeeded-uncommitted', after, stepId: 'commit-config', failure: aFailure });
    expect(expectAllowed(run)).toMatchObject({
      state: { kind: 'succeeded-uncommitted', failure: aFailure },
      stops: [],
      steps: { 'commit-config': { kind: 'failed' } },
      after,
    });
  });

  it('does not change the run it came from', () => {
    const run = Object.freeze(aRun('waiting'));
    const copy = structuredClone(run);
    apply(run, { kind: 'gate-cleared' });
    expect(run).toEqual(copy);
  });
});
