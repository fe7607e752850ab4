import { describe, expect, it } from 'vitest';
import { compareHealth, type Health, healthBefore, type Workload } from '#src/domain/cluster-health.ts';
import type { ObservedNode } from '#src/domain/observation.ts';

function workload(name: string, ready = 1, changes: Partial<Workload> = {}): Workload {
  return { kind: 'Deployment', namespace: 'prod', name, ready, wanted: 1, ...changes };
}

function node(name: string, changes: Partial<ObservedNode> = {}): ObservedNode {
  return {
    name,
    group: 'core-a',
    ready: true,
    kubeletVersion: 'v1.24.17',
    unschedulable: false,
    ...changes,
  } as ObservedNode;
}

function health(changes: Partial<Health> = {}): Health {
  return {
    workloads: [workload('hub'), workload('proxy')],
    pendingPods: [],
    nodes: [node('n1')],
    urls: [],
    ...changes,
  };
}

const compared = (before: Health, now: Health) => compareHealth(healthBefore(before), now);

describe('what was ready before', () => {
  it('is back when it is ready again, however many it wants by now', () => {
    const now = health({ workloads: [workload('hub', 3, { wanted: 3 }), workload('proxy', 0, { wanted: 0 })] });
    expect(compared(health(), now)).toMatchObject({ notBack: [], count: 0, deleted: [] });
  });

  it('and is not ready now is not back, by name', () => {
    const now = health({ workloads: [workload('hub', 0), workload('proxy', 1, { wanted: 2 })] });
    expect(compared(health(), now)).toMatchObject({
      notBack: ['Deployment prod/hub (0 of 1 ready)', 'Deployment prod/proxy (1 of 2 ready)'],
      count: 2,
    });
  });

  it('and was deleted by its owner is told apart', () => {
    expect(compared(health(), health({ workloads: [workload('hub')] }))).toMatchObject({
      notBack: [],
      deleted: ['Deployment prod/proxy'],
    });
  });

  it('does not hold what was not ready, wanted no pods, or is an add-on that the run itself changes', () => {
    const before = health({
      workloads: [
        workload('broken', 0),
        workload('placeholder', 0, { wanted: 0 }),
        workload('coredns', 2, { namespace: 'kube-system', wanted: 2 }),
      ],
    });
    const now = health({
      workloads: [
        workload('broken', 0),
        workload('placeholder', 0),
        workload('coredns', 0, { namespace: 'kube-system' }),
      ],
    });
    expect(compared(before, now)).toMatchObject({ notBack: [], count: 0, deleted: [] });
  });

  it('is kept by name up to 2,000, and beyond that by how many there were', () => {
    const many = (namespace: string, count: number, ready = 1) =>
      Array.from({ length: count }, (_, index) => workload(`w${index}`, ready, { namespace }));
    const before = healthBefore(health({ workloads: [...many('a', 1500), ...many('b', 600)] }));
    expect(Object.values(before.ready).flat()).toHaveLength(1500);
    expect(before.uncounted).toEqual({ 'b/Deployment': 600 });
    const now = health({ workloads: [...many('a', 1500), ...many('b', 598), ...many('b', 2, 0)] });
    expect(compareHealth(before, now)).toMatchObject({ notBack: ['b/Deployment: 598 are ready, 600 were'], count: 2 });
  });
});

describe('nodes and addresses', () => {
  it('that were well must be well again', () => {
    const before = health({
      nodes: [node('n1'), node('ill', { ready: false })],
      urls: [
        { url: 'https://hub', healthy: true, says: '200' },
        { url: 'https://old', healthy: false, says: '404' },
      ],
    });
    const now = health({
      nodes: [node('n1', { troubles: ['DiskPressure'] }), node('ill', { ready: false })],
      urls: [
        { url: 'https://hub', healthy: false, says: 'no answer within 5 s' },
        { url: 'https://old', healthy: false, says: '404' },
      ],
    });
    expect(compared(before, now)).toMatchObject({
      unwell: ['node n1 is DiskPressure', 'https://hub is not healthy (no answer within 5 s)'],
      asBefore: ['https://old was not healthy before (404)'],
    });
  });
});
