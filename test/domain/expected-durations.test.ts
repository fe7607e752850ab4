import { describe, expect, it } from 'vitest';
import { expectedMinutes } from '#src/domain/expected-durations.ts';
import type { StepAction } from '#src/domain/plan.ts';
import { aGroup, nodesOf } from '#test/support/observations.ts';

const GROUPS = [
  aGroup('two', '1.34', { kind: 'managed', nodes: nodesOf('two', 2, '1.34') }),
  aGroup('many', '1.34', { kind: 'managed', nodes: nodesOf('many', 55, '1.34') }),
  aGroup('empty', '1.34', { kind: 'managed' }),
];

describe('expectedMinutes', () => {
  it.each<[string, StepAction, number]>([
    ['the control plane', { phase: 'control-plane', from: '1.33', to: '1.34' }, 10],
    [
      'an empty group deleted',
      { phase: 'node-groups', version: '1.34', action: 'delete', groups: ['empty'], renames: [] },
      1,
    ],
    [
      'a group with nodes deleted',
      { phase: 'node-groups', version: '1.34', action: 'delete', groups: ['two'], renames: [] },
      5,
    ],
    [
      'nine groups created, eight at once',
      {
        phase: 'node-groups',
        version: '1.34',
        action: 'create',
        role: 'others',
        groups: Array.from({ length: 9 }, String),
        renames: [],
      },
      10,
    ],
    [
      'two managed nodes replaced',
      { phase: 'node-groups', version: '1.34', action: 'update-managed', groups: ['two', 'empty'] },
      30,
    ],
    [
      '55 managed nodes replaced',
      { phase: 'node-groups', version: '1.34', action: 'update-managed', groups: ['two', 'many'] },
      170,
    ],
    [
      'an empty managed group',
      { phase: 'node-groups', version: '1.34', action: 'update-managed', groups: ['empty'] },
      3,
    ],
    [
      'two add-ons, one skipped',
      {
        phase: 'add-ons',
        version: '1.34',
        addons: [
          { kind: 'eksctl', name: 'coredns' },
          { kind: 'skip', name: 'vpc-cni', why: 'absent' },
        ],
      },
      2,
    ],
  ])('%s', (_, action, minutes) => {
    expect(expectedMinutes(action, GROUPS)).toBe(minutes);
  });
});
