import { expect, test } from 'vitest';
import type { Evidence } from './evidence.ts';
import { isWell, judge } from './verdict.ts';

const undisturbed: Evidence = {
  state: 'succeeded',
  reason: null,
  notAtTarget: [],
  effects: ['update to 1.25', 'create core-b', 'delete core-a'],
  posted: ['card', 'start', 'finish'],
  texts: { card: 'succeeded after some time', start: 'it begins', finish: 'it is done' },
  commits: ['tree-1'],
};

const seen = (changes: Partial<Evidence>) => judge(undisturbed, { ...undisturbed, ...changes });

test('a world like the undisturbed one is well', () => {
  expect(isWell(seen({ effects: undisturbed.effects.toReversed() }))).toBe(true);
});

test.each<[string, Partial<Evidence>, Partial<ReturnType<typeof judge>>]>([
  [
    'an effect that comes twice',
    { effects: [...undisturbed.effects, 'create core-b'] },
    { converged: true, repeatedEffects: ['create core-b'] },
  ],
  ['an effect that nobody asked for', { effects: [...undisturbed.effects, 'x'] }, { repeatedEffects: ['x'] }],
  [
    'an effect that is missing',
    { effects: undisturbed.effects.slice(1) },
    { converged: false, deviations: ['missing effect: update to 1.25'] },
  ],
  ['a second commit', { commits: ['tree-1', 'tree-1'] }, { repeatedEffects: ['commit of tree tree-1'] }],
  ['a commit that is missing', { commits: [] }, { converged: false }],
  ['a message that is missing', { posted: ['card', 'start'] }, { lostMessages: ['finish'] }],
  [
    'a message that stands there twice',
    { posted: ['card', 'start', 'start', 'finish'] },
    { converged: true, doubledMessages: ['start'] },
  ],
  [
    'a message that should not be',
    { posted: [...undisturbed.posted, 'failure:1'] },
    { converged: false, deviations: ['unexpected message: failure:1'] },
  ],
  [
    'a card that says something else at the end',
    { texts: { ...undisturbed.texts, card: 'running' } },
    { lostMessages: ['card ends as "running"'] },
  ],
  [
    'a run that stopped',
    { state: 'stopped', reason: 'nodes are not Ready' },
    { converged: false, deviations: ['the run is stopped: nodes are not Ready'] },
  ],
  [
    'a run that says more than is true',
    { notAtTarget: ['control plane ACTIVE at 1.24'] },
    { converged: false, deviations: ['control plane ACTIVE at 1.24'] },
  ],
])('%s is seen', (_what, changes, expected) => {
  const verdict = seen(changes);
  expect(verdict).toMatchObject(expected);
  expect(isWell(verdict)).toBe(false);
});

const sized = (from: number, to: number) =>
  `desired-capacity-set {"caller":"bot","nodeGroup":"gpu","from":${from},"to":${to}}`;
const terminated = (userPods: number) =>
  `instance-terminated {"caller":"bot","nodeGroup":"gpu","userPods":${userPods}}`;
const closed = 'node-tainted {"caller":"bot","node":"ip-10-0-0-1","taint":"eks-upgrade/phase-out:NoSchedule"}';

test('a raise that nobody can refuse is no repeated effect when it is taken back, and is one when it stays', () => {
  const repeated = (...effects: string[]) => seen({ effects: [...undisturbed.effects, ...effects] }).repeatedEffects;
  expect(repeated(sized(0, 1), sized(1, 0))).toEqual([]);
  expect(repeated(sized(0, 1), terminated(0))).toEqual([]);
  expect(repeated(sized(0, 1), closed, terminated(0))).toEqual([]);
  expect(repeated(sized(0, 1))).toEqual([sized(0, 1)]);
  expect(repeated(sized(0, 1), sized(2, 1))).toHaveLength(2);
  expect(repeated(sized(0, 1), terminated(1)), 'a server was on it').toHaveLength(2);
  expect(repeated(closed, terminated(0)), 'a node that nobody had raised').toHaveLength(2);
});
