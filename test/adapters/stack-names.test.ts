import { describe, expect, test } from 'vitest';
import { groupOfStack } from '#src/adapters/stack-names.ts';

function stack(name: string, tags: Record<string, string> = {}) {
  return { StackName: name, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

const tagged = (cluster: string, group: string) => ({
  'alpha.eksctl.io/cluster-name': cluster,
  'alpha.eksctl.io/nodegroup-name': group,
});

describe('with tags', () => {
  test('the tags name cluster and group', () => {
    expect(groupOfStack(stack('eksctl-coast-nodegroup-core-a', tagged('coast', 'core-a')), 'coast')).toBe('core-a');
  });

  test('a cluster whose name begins with another and its separator keeps its groups', () => {
    const theirs = stack('eksctl-a-nodegroup-b-nodegroup-c', tagged('a-nodegroup-b', 'c'));
    expect(groupOfStack(theirs, 'a')).toBeUndefined();
    expect(groupOfStack(theirs, 'a-nodegroup-b')).toBe('c');
  });

  test('a group whose name looks like a separator belongs to its cluster', () => {
    const ours = stack('eksctl-a-nodegroup-b-nodegroup-c', tagged('a', 'b-nodegroup-c'));
    expect(groupOfStack(ours, 'a')).toBe('b-nodegroup-c');
    expect(groupOfStack(ours, 'a-nodegroup-b')).toBeUndefined();
  });

  test('the tags of old eksctl count, too', () => {
    const old = { 'eksctl.cluster.k8s.io/v1alpha1/cluster-name': 'coast', 'eksctl.io/v1alpha2/nodegroup-name': 'ng-1' };
    expect(groupOfStack(stack('eksctl-coast-nodegroup-ng-1', old), 'coast')).toBe('ng-1');
  });
});

describe('without tags', () => {
  test('a name that can be read in one way is read', () => {
    expect(groupOfStack(stack('eksctl-coast-nodegroup-core-a'), 'coast')).toBe('core-a');
  });

  test('a name that can be read in two ways is nobody’s', () => {
    expect(groupOfStack(stack('eksctl-a-nodegroup-b-nodegroup-c'), 'a')).toBeUndefined();
    expect(groupOfStack(stack('eksctl-a-nodegroup-b-nodegroup-c'), 'a-nodegroup-b')).toBeUndefined();
  });
});

test.each(['eksctl-coast-cluster', 'eksctl-coast-addon-vpc-cni', 'eksctl-coastal-nodegroup-x', 'coast'])(
  '%s is no node group of coast',
  (name) => {
    expect(groupOfStack(stack(name, { 'alpha.eksctl.io/cluster-name': 'coast' }), 'coast')).toBeUndefined();
  },
);
