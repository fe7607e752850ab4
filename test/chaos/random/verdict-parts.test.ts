import { describe, expect, test } from 'vitest';
import type { Effect } from '../../simulators/cloud/effects.ts';
import type { ClusterSnapshot } from '../../simulators/cloud/options.ts';
import { notAtTarget } from './at-target.ts';
import { Progress } from './progress.ts';
import { reasonOf, uselessness } from './reason.ts';
import { repeats } from './repeats.ts';
import { figuresOf, isAllWell } from './storm-summary.ts';
import type { RunEnd } from './witness.ts';

describe('a reason that a person can act on', () => {
  const spoken =
    'The upgrade of coast stopped: the step "x" failed. Cause: EKS let the update fail: no free addresses. What to do: Free addresses in the subnets, then press Retry.';

  test('has a cause and something to do, read from what people see', () => {
    const reason = reasonOf({ spoken, lines: [] });
    expect(reason).toEqual({
      cause: 'EKS let the update fail: no free addresses.',
      remedy: 'Free addresses in the subnets, then press Retry.',
    });
    expect(uselessness(reason)).toBeNull();
  });

  test.each([
    ['Unknown error.', 'Press Retry, or ask somebody.'],
    ['The bot itself failed: no such key here.', 'Press Retry, or ask somebody.'],
    ['It failed with undefined as its version.', 'Press Retry, or ask somebody.'],
    ['Cannot read properties (TypeError) of the thing.', 'Press Retry, or ask somebody.'],
    ['It broke at advance (/app/jobs/run.ts:12:3).', 'Press Retry, or ask somebody.'],
    ['ResourceInUseException.', 'Press Retry, or ask somebody.'],
    ['EKS let the update fail: no free addresses.', 'That is sad but so.'],
    ['EKS let the update fail: no free addresses.', 'Retry.'],
  ])('is not "%s" with "%s"', (cause, remedy) => {
    expect(uselessness({ cause, remedy })).not.toBeNull();
  });

  test('is missing when the notice has none', () => {
    expect(uselessness(reasonOf({ spoken: 'It stopped.', lines: [] }))).not.toBeNull();
  });
});

const snapshot = (version: ClusterSnapshot['version'], groupVersion: ClusterSnapshot['version']): ClusterSnapshot => ({
  cluster: 'storm-001',
  status: 'ACTIVE',
  version,
  nodeGroups: [
    {
      name: 'nb',
      kind: 'self-managed',
      version: groupVersion,
      nodes: 0,
      readyNodes: 0,
      stackStatus: 'CREATE_COMPLETE',
    },
  ],
  addons: [],
  activity: 0,
});

describe('repeated effects', () => {
  const effect = (name: string, details: object): Effect => ({
    at: '2026-01-01T00:00:00Z',
    effect: name,
    cluster: 'storm-001',
    caller: 'bot',
    principal: 'x',
    ...details,
  });
  const update = effect('control-plane-update-started', { to: '1.25' });
  const deletion = effect('stack-delete-started', { stack: 'eksctl-storm-001-nodegroup-nb', caller: 'eksctl' });
  const of = (effects: Effect[], before: ClusterSnapshot, updatesThatFailed = 0, doubledMessages: string[] = []) =>
    repeats({ effects, updatesThatFailed, before: () => before, doubledMessages });

  test('are a second update to the same version, unless the cloud let the first one fail', () => {
    expect(of([update, update], snapshot('1.24', '1.24'))).toHaveLength(1);
    expect(of([update, update], snapshot('1.24', '1.24'), 1)).toEqual([]);
    expect(of([update, { ...update, caller: 'other' }], snapshot('1.24', '1.24'))).toEqual([]);
  });

  test('are the deletion of a group that was replaced already, not of an old one', () => {
    expect(of([deletion], snapshot('1.25', '1.25'))).toHaveLength(1);
    expect(of([deletion], snapshot('1.25', '1.24'))).toEqual([]);
  });

  test('are messages that stand there twice', () => {
    expect(of([], snapshot('1.25', '1.24'), 0, ['finish'])).toHaveLength(1);
  });
});

test('a success that the cloud does not show is seen', () => {
  const was = snapshot('1.24', '1.24');
  expect(notAtTarget(was, snapshot('1.25', '1.25'), '1.25')).toEqual([]);
  expect(notAtTarget(was, snapshot('1.24', '1.25'), '1.25')).not.toEqual([]);
  expect(notAtTarget(was, snapshot('1.25', '1.24'), '1.25')).not.toEqual([]);
  expect(notAtTarget(was, { ...snapshot('1.25', '1.25'), nodeGroups: [] }, '1.25')).not.toEqual([]);
});

test('time in which we ourselves stood still is no time in which a run hangs', () => {
  const progress = new Progress();
  progress.turn(0);
  progress.note('run');
  progress.turn(100);
  progress.turn(600_000);
  expect(progress.idleMs('run')).toBe(1100);
  progress.note('run');
  expect(progress.idleMs('run')).toBe(0);
});

describe('the figures', () => {
  const end = (changes: Partial<RunEnd>): RunEnd => ({
    number: 1,
    cluster: 'storm-001',
    state: 'succeeded',
    outcome: 'succeeded',
    reason: null,
    why: [],
    untrue: [],
    repeated: [],
    ...changes,
  });

  test('are well when every run succeeded or failed with a reason', () => {
    const figures = figuresOf([end({}), end({ outcome: 'failed-with-reason', state: 'aborted' })], 0);
    expect(figures).toMatchObject({ runs: 2, succeeded: 1, failedWithReason: 1 });
    expect(isAllWell(figures)).toBe(true);
  });

  test.each<[string, Partial<RunEnd>, number]>([
    ['a run that hangs', { outcome: 'hung' }, 0],
    ['a run that ended in another way', { outcome: 'wrong' }, 0],
    ['a notice that is not true', { untrue: ['failure:1 …'] }, 0],
    ['an effect that was repeated', { repeated: ['…'] }, 0],
    ['a cluster that is owned', {}, 1],
  ])('are not well with %s', (_what, changes, ownersLeft) => {
    expect(isAllWell(figuresOf([end({}), end(changes)], ownersLeft))).toBe(false);
  });

  test('are not well when nothing ran', () => {
    expect(isAllWell(figuresOf([], 0))).toBe(false);
  });
});
