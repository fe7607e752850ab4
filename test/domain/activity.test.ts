import { describe, expect, it } from 'vitest';
import { acceptedOn, countActivity, countActivityOn, groupsAtStake, groupsReplaced } from '#src/domain/activity.ts';
import { aPlan } from '#test/support/builders.ts';
import { aNode } from '#test/support/fakes/fake-cloud.ts';

const nodes = [
  aNode('core-a', '1.22', { name: 'core' }),
  aNode('nb-large', '1.22', { name: 'nb' }),
  aNode('nb-large', '1.22', { name: 'karpenter', group: null }),
];
const on = (node: string | null, namespace = 'prod') => ({ namespace, node });
const pods = [on('nb'), on('nb', 'staging'), on('core'), on('karpenter'), on(null), on('joined-just-now')];

describe('activity', () => {
  it('is shown for the whole cluster, by namespace and by node group', () => {
    expect(countActivity(pods, nodes)).toEqual({
      total: 6,
      byNamespace: { prod: 5, staging: 1 },
      byGroup: { 'core-a': 1, 'nb-large': 2 },
      unplaced: 2,
    });
  });

  it('is counted on the groups that are about to go, with what could land there: a server on another group is nobody’s problem', () => {
    expect(countActivityOn(['nb-large'], { pods, nodes })).toEqual({
      total: 4,
      byNamespace: { prod: 3, staging: 1 },
      byGroup: { 'nb-large': 2 },
      unplaced: 2,
    });
    expect(countActivityOn(['dask'], { pods: [on('nb'), on('core')], nodes }).total).toBe(0);
  });

  it('is taken on with a plan for its groups only', () => {
    const shown = countActivity(pods, nodes);
    expect(acceptedOn(['nb-large'], shown)).toBe(4);
    expect(acceptedOn(['dask'], shown)).toBe(2);
  });

  it('was not taken on with a plan of a bot that did not look at nodes', () => {
    expect(acceptedOn(['nb-large'], { total: 9, byNamespace: { prod: 9 } })).toBe(0);
    expect(acceptedOn(['nb-large'], undefined)).toBe(0);
  });

  it('is asked about once for both deletions of a rotation', () => {
    const others = { phase: 'node-groups', action: 'delete', groups: ['nb-large'], renames: [] } as const;
    const core = { ...others, role: 'core', groups: ['core-a'] } as const;
    const [first] = aPlan().steps;
    const steps = [others, core].map((action, i) => ({ ...first, ...action, id: `${i}`, version: '1.24' }) as const);
    const plan = aPlan({ steps: steps as never });
    expect(groupsAtStake(steps[1] as never, plan).toSorted()).toEqual(['core-a', 'nb-large']);
    expect(groupsReplaced(plan).toSorted()).toEqual(['core-a', 'nb-large']);
  });
});
