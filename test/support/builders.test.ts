import { describe, expect, it } from 'vitest';
import { APPROVER, aPlan, aRun, progressUpTo, REQUESTER, runsInEveryState } from './builders.ts';

describe('builders', () => {
  it('make a run in every state', () => {
    for (const [kind, run] of Object.entries(runsInEveryState())) expect(run.state.kind).toBe(kind);
  });

  it('make a stopped run without a plan', () => {
    expect(aRun('stopped', { plan: null }).stops[0]?.cause.kind).toBe('planning-failed');
  });

  it.each([
    ['the requester approved', () => aRun('running', { requestedBy: APPROVER })],
    [
      'the approval is for an unknown plan',
      () => aRun('running', { approval: { by: APPROVER, at: 1, planHash: 'x' } }),
    ],
    ['the last gate does not go with the state', () => aRun('waiting', { gates: [] })],
    ['endedAt does not go with the state', () => aRun('succeeded', { endedAt: null })],
    ['a run without a plan cannot be running', () => aRun('running', { plan: null })],
    ['the plan has no step nowhere', () => progressUpTo(aPlan(), 'nowhere')],
    ['is not sha256 hex', () => aRun('running', { plan: aPlan({ hash: 'short' }) })],
    [
      'began before preflight was done',
      () =>
        aRun('running', {
          steps: { access: { kind: 'done', at: 2, startedAt: 1, attempt: 1, notes: [], evidence: [] } },
        }),
    ],
  ])('refuse what could not happen: %s', (rule, build) => {
    expect(build).toThrow(rule);
  });

  it('keep requester and approver apart', () => {
    expect(aRun('succeeded')).toMatchObject({ requestedBy: REQUESTER, approval: { by: APPROVER } });
  });
});
