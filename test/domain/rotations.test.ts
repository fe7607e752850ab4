import { describe, expect, it } from 'vitest';
import { scheduleRotations } from '#src/domain/rotations.ts';
import type { SkewPolicy } from '#src/domain/skew.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';

type Versions = Record<string, KubernetesVersion | null>;
type Case = [
  title: string,
  from: KubernetesVersion,
  to: KubernetesVersion,
  skew: SkewPolicy,
  groups: Versions,
  expected: string[],
];

/** `nodes 1.24 at 1.23: core-a` reads: at control plane 1.23 the group core-a goes to 1.24. */
const CASES: Case[] = [
  ['two minors need one rotation at the end', '1.22', '1.24', 'supported', { a: '1.22' }, ['nodes 1.24 at 1.24: a']],
  [
    'three minors below kubelet 1.25 need two',
    '1.21',
    '1.24',
    'supported',
    { a: '1.21' },
    ['nodes 1.23 at 1.23: a', 'nodes 1.24 at 1.24: a'],
  ],
  ['three minors from kubelet 1.25 on need one', '1.30', '1.33', 'supported', { a: '1.30' }, ['nodes 1.33 at 1.33: a']],
  [
    'a kubelet of 1.24 may be two minors older, not three',
    '1.24',
    '1.27',
    'supported',
    { a: '1.24' },
    ['nodes 1.26 at 1.26: a', 'nodes 1.27 at 1.27: a'],
  ],
  [
    'five minors need three',
    '1.19',
    '1.24',
    'supported',
    { a: '1.19' },
    ['nodes 1.21 at 1.21: a', 'nodes 1.23 at 1.23: a', 'nodes 1.24 at 1.24: a'],
  ],
  [
    'runbook saves a rotation, as late as possible',
    '1.21',
    '1.24',
    'runbook',
    { a: '1.21' },
    ['nodes 1.24 at 1.23: a'],
  ],
  [
    'runbook goes two minors ahead where that is what saves one',
    '1.19',
    '1.24',
    'runbook',
    { a: '1.19' },
    ['nodes 1.23 at 1.21: a', 'nodes 1.24 at 1.24: a'],
  ],
  ['runbook stays behind where nothing is saved', '1.22', '1.24', 'runbook', { a: '1.22' }, ['nodes 1.24 at 1.24: a']],
  ['runbook stays behind from 1.25 on', '1.30', '1.33', 'runbook', { a: '1.30' }, ['nodes 1.33 at 1.33: a']],
  [
    'a rotation to the target takes all along',
    '1.21',
    '1.24',
    'runbook',
    { a: '1.21', b: '1.22' },
    ['nodes 1.24 at 1.23: a,b'],
  ],
  [
    'a group that can wait until the end waits',
    '1.22',
    '1.24',
    'supported',
    { a: '1.21', b: '1.22' },
    ['nodes 1.23 at 1.23: a', 'nodes 1.24 at 1.24: a,b'],
  ],
  ['a group at the target rests', '1.23', '1.24', 'supported', { a: '1.24', b: '1.23' }, ['nodes 1.24 at 1.24: b']],
  ['no hop: groups that lag rotate', '1.24', '1.24', 'supported', { a: '1.24', b: '1.23' }, ['nodes 1.24 at 1.24: b']],
  [
    'too old before the first hop: rotate at once',
    '1.24',
    '1.25',
    'supported',
    { a: '1.22' },
    ['nodes 1.24 at 1.24: a', 'nodes 1.25 at 1.25: a'],
  ],
  [
    'not checked: rotates, taken to be as old as the oldest',
    '1.22',
    '1.24',
    'supported',
    { a: null, b: '1.21' },
    ['nodes 1.23 at 1.23: a,b', 'nodes 1.24 at 1.24: a,b'],
  ],
  ['not checked, and all is there already: rests', '1.24', '1.24', 'supported', { a: null, b: '1.24' }, []],
  ['not checked and alone: rotates at the end', '1.22', '1.24', 'supported', { a: null }, ['nodes 1.24 at 1.24: a']],
  ['newer than the target: never goes back', '1.22', '1.23', 'supported', { a: '1.24' }, []],
  ['a downgrade has no rotation', '1.24', '1.22', 'supported', { a: '1.24' }, []],
  ['no group, no rotation', '1.22', '1.24', 'supported', {}, []],
];

describe('scheduleRotations', () => {
  it.each(CASES)('%s (%s → %s, %s)', (_, from, to, skew, versions, expected) => {
    const groups = Object.entries(versions).map(([name, version]) => ({ name, version }));
    const { rotations } = scheduleRotations({ groups, from, to, skew });
    expect(rotations.map(({ at, goal, groups: due }) => `nodes ${goal} at ${at}: ${due.join(',')}`)).toEqual(expected);
  });

  it('says runbook only when nodes really go ahead', () => {
    const skewOf = (from: KubernetesVersion, to: KubernetesVersion): SkewPolicy =>
      scheduleRotations({ groups: [{ name: 'a', version: from }], from, to, skew: 'runbook' }).skew;
    expect(skewOf('1.21', '1.24')).toBe('runbook');
    expect(skewOf('1.22', '1.24')).toBe('supported');
  });
});
