import { describe, expect, test } from 'vitest';
import { cutShort, nextMove, type ProofSight, type ProofState } from '#src/domain/empty-group-proof.ts';
import type { ObservedNode } from '#src/domain/observation.ts';

const MINUTE = 60_000;
const T0 = 100 * MINUTE;
const RAISED: ProofState = { kind: 'raised', from: 0, since: T0 };
const PROVEN = { kind: 'proven', evidence: 'nb: ip-1 was Ready at 1.24' } as const;
const GOING_BACK: ProofState = { kind: 'setting-back', from: 0, since: T0, verdict: PROVEN };

const node = (changes: Partial<ObservedNode> = {}): ObservedNode => ({
  name: 'ip-1',
  group: 'nb',
  ready: true,
  kubeletVersion: 'v1.24.17-eks-0a21954',
  unschedulable: false,
  phasedOut: false,
  ...changes,
});
const scaling = (desired: number, instances: string[] = [], max = 10): ProofSight['scaling'] => ({
  name: 'asg',
  stackName: 'stack',
  sizes: { min: 0, max, desired },
  instances: instances.map((state, i) => ({ id: `i-${i}`, state })),
});
const sight = (changes: Partial<ProofSight> & { minutes?: number } = {}): ProofSight => {
  const { minutes = 0, ...others } = changes;
  return {
    group: 'nb',
    version: '1.24',
    now: T0 + minutes * MINUTE,
    scaling: scaling(0),
    nodes: [],
    failedLaunches: [],
    visitors: [],
    ...others,
  };
};
const failure = (message: string, capacity: boolean) => [{ at: T0, capacity, message }];
const next = (state: ProofState | null, changes: Parameters<typeof sight>[0] = {}) =>
  nextMove(state, sight(changes), T0);
const settled = (verdict: object, left: string | null = null) => ({
  kind: 'note',
  state: { kind: 'settled', verdict, left },
});

describe('the size is raised', () => {
  test('only after it is written down what it was', () => {
    expect(next(null)).toEqual({ kind: 'note', state: { kind: 'intended', from: 0, since: T0 } });
    expect(next({ kind: 'intended', from: 0, since: T0 })).toEqual({
      kind: 'act',
      act: { kind: 'set-desired', desired: 1 },
      state: RAISED,
    });
  });

  test('once: what a killed worker had raised is not raised again', () => {
    expect(next({ kind: 'intended', from: 0, since: T0 }, { scaling: scaling(1) })).toEqual({
      kind: 'note',
      state: RAISED,
    });
  });

  test('not where somebody wants nodes already: these prove the group, and nothing is set back', () => {
    const raised = { kind: 'raised', from: 2, since: T0 } as const;
    expect(next(null, { scaling: scaling(2) })).toEqual({ kind: 'note', state: raised });
    expect(next(null, { scaling: scaling(2), nodes: [node()] })).toEqual(settled(PROVEN));
    expect(next({ ...GOING_BACK, from: 2 }, { scaling: scaling(2) })).toEqual(settled(PROVEN));
  });

  test('not beyond the maximum of the group', () => {
    expect(next(null, { scaling: scaling(0, [], 0) })).toEqual(
      settled({ kind: 'unproven', why: 'its maximum size is 0' }),
    );
  });

  test('when AWS shows the group, for which it has two minutes', () => {
    expect(next(null, { scaling: null, minutes: 1 })).toEqual({ kind: 'wait' });
    expect(next(null, { scaling: null, minutes: 3 })).toMatchObject(settled({ kind: 'failed' }));
  });
});

describe('what a raised size comes to', () => {
  const verdict = (changes: Parameters<typeof sight>[0]) => {
    const move = next(RAISED, changes);
    return move.kind === 'note' && move.state.kind === 'setting-back' ? move.state.verdict : move.kind;
  };

  test.each<[string, Parameters<typeof sight>[0], unknown]>([
    ['a Ready node at the version', { scaling: scaling(1, ['InService']), nodes: [node()] }, PROVEN],
    [
      'a Ready node of another minor',
      { nodes: [node({ kubeletVersion: 'v1.23.1' })] },
      { kind: 'failed', why: 'node ip-1 of nb is at 1.23 instead of 1.24' },
    ],
    ['an instance for 14 minutes', { scaling: scaling(1, ['InService']), minutes: 14 }, 'wait'],
    [
      'an instance that is no node after 15 minutes',
      { scaling: scaling(1, ['InService']), minutes: 15 },
      {
        kind: 'failed',
        why: 'instance i-0 of nb runs, but has not joined the cluster as a node within 15 minutes',
      },
    ],
    [
      'a node that is not Ready after 15 minutes',
      { scaling: scaling(1, ['InService']), nodes: [node({ ready: false })], minutes: 15 },
      { kind: 'failed', why: 'node ip-1 of nb joined, but is not Ready 15 minutes after it was asked for' },
    ],
    [
      'no capacity, in the first two minutes',
      { scaling: scaling(1), failedLaunches: failure('no Spot capacity', true), minutes: 1 },
      'wait',
    ],
    [
      'no capacity, after two minutes',
      { scaling: scaling(1), failedLaunches: failure('no Spot capacity', true), minutes: 2 },
      { kind: 'unproven', why: 'AWS has no capacity for it now: no Spot capacity' },
    ],
    [
      'launches that fail for another reason, which may go by',
      { scaling: scaling(1), failedLaunches: failure('Invalid IAM Instance Profile', false), minutes: 14 },
      'wait',
    ],
    [
      'launches that fail for another reason, for 15 minutes',
      { scaling: scaling(1), failedLaunches: failure('Invalid IAM Instance Profile', false), minutes: 15 },
      { kind: 'failed', why: 'AWS cannot start an instance of nb: Invalid IAM Instance Profile' },
    ],
    [
      'nothing at all',
      { scaling: scaling(1), minutes: 15 },
      { kind: 'unproven', why: 'AWS started no instance within 15 minutes, and does not say why' },
    ],
    [
      'a size that somebody set back',
      { scaling: scaling(0), minutes: 3 },
      { kind: 'unproven', why: 'somebody set its size back to 0 before a node was Ready' },
    ],
  ])('%s', (_what, changes, expected) => {
    expect(verdict(changes)).toEqual(expected);
  });
});

describe('the size is set back', () => {
  test('by taking away the one instance, so that what somebody raises at that moment stays', () => {
    const closed = { scaling: scaling(1, ['InService']), nodes: [node({ phasedOut: true })] };
    expect(next(GOING_BACK, closed)).toEqual({
      kind: 'act',
      act: { kind: 'remove-instance', instanceId: 'i-0' },
      state: GOING_BACK,
    });
  });

  test('after its node was closed to new pods, so that none lands on it while it is looked at', () => {
    expect(next(GOING_BACK, { scaling: scaling(1, ['InService']), nodes: [node()] })).toEqual({
      kind: 'act',
      act: { kind: 'phase-out', nodes: ['ip-1'], on: true },
      state: GOING_BACK,
    });
    const visited = { scaling: scaling(1, ['InService']), visitors: ['prod/jupyter-ada'] };
    expect(next(GOING_BACK, { ...visited, nodes: [node({ phasedOut: true })] }), 'and opened to who has come').toEqual({
      kind: 'act',
      act: { kind: 'phase-out', nodes: ['ip-1'], on: false },
      state: { kind: 'settled', verdict: PROVEN, left: 'pods of others run on it by now (prod/jupyter-ada)' },
    });
  });

  test('where no instance ever came', () => {
    expect(next(GOING_BACK, { scaling: scaling(1) })).toMatchObject({ act: { kind: 'set-desired', desired: 0 } });
  });

  test('once, and is over when the node is gone', () => {
    expect(next(GOING_BACK, { scaling: scaling(0, ['Terminating']), nodes: [node()] })).toEqual({ kind: 'wait' });
    expect(next(GOING_BACK, { scaling: scaling(0), nodes: [node()] })).toEqual({ kind: 'wait' });
    expect(next(GOING_BACK, { scaling: scaling(0) })).toEqual(settled(PROVEN));
    expect(next(GOING_BACK, { scaling: scaling(0), nodes: [node()], minutes: 6 }), 'its object may stay').toEqual(
      settled(PROVEN),
    );
  });

  test('never below what somebody else has raised it to', () => {
    expect(next(GOING_BACK, { scaling: scaling(3, ['InService', 'Pending', 'Pending']) })).toEqual(
      settled(PROVEN, 'its size was raised to 3 by somebody else meanwhile'),
    );
  });

  test("never under pods that are not a DaemonSet's", () => {
    expect(next(GOING_BACK, { scaling: scaling(1, ['InService']), visitors: ['prod/jupyter-ada'] })).toEqual(
      settled(PROVEN, 'pods of others run on it by now (prod/jupyter-ada)'),
    );
  });

  test('also when the run stops before there is a verdict', () => {
    expect(cutShort(RAISED, T0)).toMatchObject({ kind: 'setting-back', from: 0, verdict: { kind: 'unproven' } });
    expect(cutShort(GOING_BACK, T0)).toEqual(GOING_BACK);
  });
});
