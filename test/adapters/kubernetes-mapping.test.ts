import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { mainImage, toObservedNode, toUserPods } from '#src/adapters/kubernetes-mapping.ts';

function node(labels: Record<string, string>, conditions: { type: string; status: string }[] = []): V1Node {
  return {
    metadata: { name: 'n1', labels },
    spec: {},
    status: { conditions, nodeInfo: { kubeletVersion: 'v1.22.17-eks-0a21954' } },
  } as unknown as V1Node;
}

test.each([
  [{ 'alpha.eksctl.io/nodegroup-name': 'core-a' }, 'core-a'],
  [{ 'eks.amazonaws.com/nodegroup': 'workers' }, 'workers'],
  [{ 'kubernetes.io/os': 'linux' }, null],
])('labels %j: the node is of group %s', (labels, group) => {
  expect(toObservedNode(node(labels)).group).toBe(group);
});

test('only a Ready condition that is True makes a node ready', () => {
  expect(toObservedNode(node({}, [{ type: 'Ready', status: 'True' }])).ready).toBe(true);
  expect(toObservedNode(node({}, [{ type: 'Ready', status: 'Unknown' }])).ready).toBe(false);
  expect(toObservedNode(node({}, [{ type: 'MemoryPressure', status: 'True' }])).ready).toBe(false);
});

test('activity is each living pod once, with its namespace and the node it is bound to', () => {
  const pod = (uid: string, namespace: string, phase: string) =>
    ({
      metadata: { uid, namespace, name: uid },
      spec: phase === 'Running' ? { nodeName: 'n1' } : {},
      status: { phase },
    }) as V1Pod;
  const pods = [
    pod('1', 'prod', 'Running'),
    pod('1', 'prod', 'Running'),
    pod('2', 'staging', 'Pending'),
    pod('3', 'prod', 'Succeeded'),
    pod('4', 'prod', 'Failed'),
  ];
  expect(toUserPods(pods)).toEqual([
    { namespace: 'prod', node: 'n1' },
    { namespace: 'staging', node: null },
  ]);
});

test('the image that counts is that of the container named like the workload', () => {
  const containers = [
    { name: 'aws-eks-nodeagent', image: 'agent:1' },
    { name: 'aws-node', image: 'cni:2' },
  ];
  expect(mainImage(containers, 'aws-node')).toBe('cni:2');
  expect(mainImage(containers, 'coredns')).toBe('agent:1');
  expect(mainImage(undefined, 'coredns')).toBe('');
});
