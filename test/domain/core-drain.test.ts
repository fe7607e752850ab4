import { describe, expect, it } from 'vitest';
import {
  budgetsInTheWay,
  mustLeave,
  outOfReach,
  parseOwner,
  readyOwners,
  withoutRoom,
} from '#src/domain/core-drain.ts';
import type { PodBudget } from '#src/domain/pod-on-node.ts';
import { renderCopy } from '#src/domain/render-copy.ts';
import { aPod } from '#test/support/fakes/fake-cloud.ts';

const node = (zone: string, allocatable = { cpu: 2, memory: 4e9, pods: 10 }) => ({
  name: `new-${zone}`,
  zone,
  allocatable,
});

describe('what leaves an old core node', () => {
  it('is everything but the pods of DaemonSets and mirror pods', () => {
    const daemon = aPod('kube-system/aws-node', 'old', {
      owner: { kind: 'DaemonSet', namespace: 'kube-system', name: 'aws-node' },
    });
    expect([aPod('prod/hub', 'old'), daemon, aPod('prod/x', 'old', { isMirror: true })].map(mustLeave)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is seen Ready again when it was Ready there, by its workload', () => {
    const pods = [
      aPod('prod/hub', 'old'),
      aPod('prod/proxy', 'old', { ready: false }),
      aPod('prod/bare', 'old', { owner: null }),
    ];
    expect(readyOwners(pods)).toEqual([{ kind: 'Deployment', namespace: 'prod', name: 'hub' }]);
    expect(parseOwner('Deployment prod/hub')).toEqual({ kind: 'Deployment', namespace: 'prod', name: 'hub' });
  });
});

describe('before anything moves', () => {
  const volume = { pod: 'uid-of-hub', claim: 'prod/hub-db-dir', zones: ['us-west-2b'] };

  it('a volume needs a new node in its zone; one without a zone is reached everywhere', () => {
    expect(outOfReach([volume], [node('us-west-2a')])).toEqual([volume]);
    expect(outOfReach([volume, { ...volume, zones: [] }], [node('us-west-2a'), node('us-west-2b')])).toEqual([]);
  });

  it('pods need room beside what runs on the new nodes, in the zone of their volume', () => {
    const hub = aPod('prod/hub', 'old', { requests: { cpu: 1.5, memory: 1e9 } });
    const busy = aPod('prod/x', 'new-us-west-2b', { requests: { cpu: 1, memory: 1e9 } });
    const nodes = [node('us-west-2a'), node('us-west-2b')];
    const without = (staying = [busy], volumes = [volume]) => withoutRoom({ moving: [hub], volumes, nodes, staying });
    expect(without()).toEqual([hub]);
    expect(without([])).toEqual([]);
    expect(without([busy], [])).toEqual([]);
  });
});

it('a budget is in the way when it lets none go, and several are when there are several', () => {
  const budget = (name: string, disruptionsAllowed: number): PodBudget => ({
    namespace: 'prod',
    name,
    matches: ({ app }) => app === 'hub',
    disruptionsAllowed,
  });
  const names = (budgets: PodBudget[]) => budgetsInTheWay(aPod('prod/hub', 'old'), budgets).map(({ name }) => name);
  expect(names([budget('a', 0)])).toEqual(['a']);
  expect(names([budget('a', 1)])).toEqual([]);
  expect(names([budget('a', 1), budget('b', 1)])).toEqual(['a', 'b']);
  expect(names([{ ...budget('a', 0), namespace: 'staging' }])).toEqual([]);
});

describe('the rendered copy of a core group', () => {
  const grown = (group: object, nodes: number) =>
    (
      renderCopy(
        { metadata: {}, nodeGroups: [{ name: 'core-b', ...group }] },
        { version: '1.24', renames: [], desired: { 'core-b': nodes } },
      ) as { nodeGroups: object[] }
    ).nodeGroups[0];

  it.each([
    ['as many nodes as the old one has', { minSize: 1, maxSize: 5, desiredCapacity: 1 }, 3, 3],
    ['never fewer than the config says', { minSize: 1, maxSize: 5, desiredCapacity: 4 }, 3, 4],
    ['at most its maximum', { minSize: 1, maxSize: 2, desiredCapacity: 1 }, 3, 2],
  ])('begins with %s', (_, group, nodes, desiredCapacity) => {
    expect(grown(group, nodes)).toEqual({ name: 'core-b', ...group, desiredCapacity });
  });
});
