import { describe, expect, test } from 'vitest';
import type { Effect } from '../../simulators/cloud/effects.ts';
import type { ClusterSnapshot, GroupSnapshot } from '../../simulators/cloud/options.ts';
import { claimsOf } from './claims.ts';
import { type Facts, untruths } from './truth.ts';

const group = (name: string, version: GroupSnapshot['version'], stackStatus = 'CREATE_COMPLETE'): GroupSnapshot => ({
  name,
  kind: 'self-managed',
  version,
  nodes: 1,
  readyNodes: 1,
  stackStatus,
});
const before: ClusterSnapshot = {
  cluster: 'storm-001',
  status: 'ACTIVE',
  version: '1.24',
  nodeGroups: [group('core-a', '1.24'), group('nb-small', '1.24')],
  addons: [{ name: 'coredns', version: '1.8', detail: 'v1.8.7' }],
  activity: 0,
};
const after: ClusterSnapshot = {
  ...before,
  version: '1.25',
  nodeGroups: [group('core-b', '1.25'), group('nb-small', '1.25')],
  addons: [{ name: 'coredns', version: '1.9', detail: 'v1.9.3' }],
};
const update: Effect = {
  at: '2026-01-01T00:00:00Z',
  effect: 'control-plane-update-started',
  cluster: 'storm-001',
  caller: 'bot',
  principal: 'x',
};

function found(lines: string[], facts: Partial<Facts> = {}): string[] {
  return untruths(claimsOf({ lines }), { before, during: [before], effects: [], isInGit: true, ...facts });
}

const AT_124 = '• The control plane is at 1.24.';
const NONE_MISSING = '• No node group is missing.';

describe('a notice about a stop', () => {
  test('that says what is so is true', () => {
    expect(found([AT_124, NONE_MISSING])).toEqual([]);
  });

  test.each<[string, string[], Partial<Facts>]>([
    ['another version of the control plane', ['• The control plane is at 1.25.', NONE_MISSING], {}],
    [
      'a version from before somebody else updated it',
      [AT_124, NONE_MISSING],
      { during: [{ ...before, version: '1.25' }] },
    ],
    [
      'no group missing when one is',
      [AT_124, NONE_MISSING],
      { during: [{ ...before, nodeGroups: [group('core-a', '1.24')] }] },
    ],
    [
      'no group missing when the stack of one has rolled back',
      [AT_124, NONE_MISSING],
      {
        during: [{ ...before, nodeGroups: [group('core-a', '1.24'), group('nb-small', '1.24', 'ROLLBACK_COMPLETE')] }],
      },
    ],
    [
      'a group as gone that is there',
      [AT_124, '• *Not there now:* node group `nb-small` was deleted and is not created again yet.'],
      {},
    ],
    [
      'the old core group as there when it is not',
      [AT_124, '• The new core group `core-b` may exist beside the old one, which is still there.'],
      { during: [{ ...before, nodeGroups: [group('core-b', '1.24'), group('nb-small', '1.24')] }] },
    ],
    ['nothing changed when something was', ['• Nothing was changed.'], { effects: [update] }],
  ])('that says %s is seen', (_what, lines, facts) => {
    expect(found(lines, facts).length).toBeGreaterThan(0);
  });

  test('that keeps silent about a group that is away, or about the control plane, is seen', () => {
    const during = [{ ...before, nodeGroups: [group('core-a', '1.24')] }];
    expect(found([AT_124], { during })).toEqual(['does not say that nb-small may be missing']);
    expect(found([NONE_MISSING])).toEqual(['says nothing about the control plane']);
  });

  test('may leave open what was not seen to end', () => {
    const lines = [
      '• The control plane was at 1.24; its update to 1.25 is not confirmed.',
      '• *Not certain:* the deletion or creation of node group `nb-small` began and was not seen to end.',
    ];
    expect(found(lines)).toEqual([]);
    expect(found(lines, { during: [{ ...before, version: '1.25', nodeGroups: [group('core-a', '1.24')] }] })).toEqual(
      [],
    );
  });

  test('may say that the bot could not look, and is believed', () => {
    const lines = ['• *Not looked at:* EKS throttles. What follows is what the bot knows from its own steps.', AT_124];
    expect(found(lines, { during: [after] })).toEqual([]);
  });

  test('is held against every moment from what it speaks of until it was read', () => {
    expect(found([AT_124, NONE_MISSING], { during: [before, { ...after, version: '1.25' }] })).toEqual([]);
  });

  test('does not count what somebody else did as a change of ours', () => {
    expect(found(['• Nothing was changed.'], { effects: [{ ...update, caller: 'other' }] })).toEqual([]);
  });
});

describe('a finish notice', () => {
  const lines = [
    '• Control plane: 1.24 → 1.25',
    '• Node groups: 2 at 1.24 (2 nodes) → 2 at 1.25 (2 nodes)',
    '• New: `core-b`',
    '• Gone: `core-a`',
    '• Add-ons: coredns v1.8.7 → v1.9.3',
    '*The changed config is in git*',
  ];

  test('that says what is so is true', () => {
    expect(found(lines, { during: [after] })).toEqual([]);
  });

  test.each<[string, Partial<ClusterSnapshot>]>([
    ['the control plane', { version: '1.24' }],
    ['a group', { nodeGroups: [group('core-b', '1.25'), group('nb-small', '1.24')] }],
    ['names', { nodeGroups: [group('core-c', '1.25'), group('nb-small', '1.25')] }],
    ['an add-on', { addons: [{ name: 'coredns', version: '1.8', detail: 'v1.8.7' }] }],
  ])('that is wrong about %s is seen', (_what, changes) => {
    expect(found(lines, { during: [{ ...after, ...changes }] }).length).toBeGreaterThan(0);
  });

  test('that is wrong about git is seen, in both directions', () => {
    expect(found(lines, { during: [after], isInGit: false })).toEqual([
      'says that the changed config is in git; it is not',
    ]);
    const uncommitted = [...lines.slice(0, -1), '*The changed config is not in git*'];
    expect(found(uncommitted, { during: [after] })).toEqual(['says that the changed config is not in git; it is']);
  });
});
