import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it, test } from 'vitest';
import { isFinished, toBudget, toPodOnNode, toRoom, zonesOf } from '#src/adapters/kubernetes-pods.ts';

const GI = 2 ** 30;

function pod(changes: { metadata?: object; spec?: object; status?: object } = {}): V1Pod {
  return {
    metadata: { namespace: 'prod', name: 'hub-6b7f-x2x9k', uid: 'u1', labels: { app: 'hub' }, ...changes.metadata },
    spec: { nodeName: 'n1', containers: [], ...changes.spec },
    status: { phase: 'Running', ...changes.status },
  };
}

const container = (requests: Record<string, string>, more: object = {}): V1Container => ({
  name: 'c',
  resources: { requests },
  ...more,
});
const ownedBy = (kind: string, name: string, controller = true) => ({ ownerReferences: [{ kind, name, controller }] });

describe('whose a pod is', () => {
  const hash = { labels: { app: 'hub', 'pod-template-hash': '6b7f' } };

  test.each([
    ['of the Deployment behind its ReplicaSet', { ...hash, ...ownedBy('ReplicaSet', 'hub-6b7f') }, 'Deployment hub'],
    ['of a ReplicaSet that no Deployment made', ownedBy('ReplicaSet', 'hub-6b7f'), 'ReplicaSet hub-6b7f'],
    ['of a ReplicaSet with another hash', { ...hash, ...ownedBy('ReplicaSet', 'hub-99') }, 'ReplicaSet hub-99'],
    ['of a StatefulSet', ownedBy('StatefulSet', 'prometheus'), 'StatefulSet prometheus'],
    ['of a DaemonSet', ownedBy('DaemonSet', 'aws-node'), 'DaemonSet aws-node'],
  ])('%s', (_, metadata, owner) => {
    const [kind, name] = owner.split(' ');
    expect(toPodOnNode(pod({ metadata })).owner).toEqual({ kind, namespace: 'prod', name });
  });

  it('is nobody when nothing makes it again: an owner that does not control it counts for nothing', () => {
    expect(toPodOnNode(pod()).owner).toBeNull();
    expect(toPodOnNode(pod({ metadata: ownedBy('ReplicaSet', 'hub-6b7f', false) })).owner).toBeNull();
  });

  it("may be the kubelet's own, which the API server knows only as an image", () => {
    expect(toPodOnNode(pod({ metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } })).isMirror).toBe(true);
    expect(toPodOnNode(pod()).isMirror).toBe(false);
  });
});

describe('a pod that leaves', () => {
  it('is Ready only by its Ready condition', () => {
    const ready = (status: string) => toPodOnNode(pod({ status: { conditions: [{ type: 'Ready', status }] } })).ready;
    expect([ready('True'), ready('False'), toPodOnNode(pod()).ready]).toEqual([true, false, false]);
  });

  it('is ending from when it was told to, with the grace it was given then', () => {
    const told = { deletionTimestamp: new Date(), deletionGracePeriodSeconds: 5 };
    const spec = { terminationGracePeriodSeconds: 600 };
    expect(toPodOnNode(pod({ spec }))).toMatchObject({ isEnding: false, graceSeconds: 600 });
    expect(toPodOnNode(pod({ spec, metadata: told }))).toMatchObject({ isEnding: true, graceSeconds: 5 });
    expect(toPodOnNode(pod()), "Kubernetes's default").toMatchObject({ graceSeconds: 30 });
  });

  it('has run to its end when it succeeded or failed', () => {
    const phases = ['Running', 'Pending', 'Succeeded', 'Failed', 'Unknown'];
    expect(phases.filter((phase) => isFinished(pod({ status: { phase } })))).toEqual(['Succeeded', 'Failed']);
  });

  it('names the claims of its volumes', () => {
    const volumes = [{ persistentVolumeClaim: { claimName: 'hub-db-dir' } }, { emptyDir: {} }];
    expect(toPodOnNode(pod({ spec: { volumes } })).claims).toEqual(['hub-db-dir']);
  });
});

describe('how much room a pod takes', () => {
  const requests = (spec: object) => toPodOnNode(pod({ spec })).requests;

  it('is the sum of its containers, and what its runtime adds', () => {
    const containers = [container({ cpu: '500m', memory: '1Gi' }), container({ cpu: '1', memory: '512Mi' })];
    expect(requests({ containers })).toEqual({ cpu: 1.5, memory: 1.5 * GI });
    expect(requests({ containers, overhead: { memory: '256Mi' } }).memory).toBe(1.75 * GI);
    expect(requests({ containers: [{ name: 'asks for nothing' }] })).toEqual({ cpu: 0, memory: 0 });
  });

  it('is that of its largest init container where that is more: they run one after the other', () => {
    const containers = [container({ memory: '1Gi' })];
    const initContainers = [container({ memory: '3Gi' }), container({ memory: '2Gi' })];
    expect(requests({ containers, initContainers }).memory).toBe(3 * GI);
  });

  it('has sidecars in it, which are init containers that go on running', () => {
    const containers = [container({ memory: '1Gi' })];
    const sidecar = container({ memory: '2Gi' }, { restartPolicy: 'Always' });
    expect(requests({ containers, initContainers: [sidecar] }).memory).toBe(3 * GI);
    expect(requests({ containers, initContainers: [sidecar, container({ memory: '2Gi' })] }).memory).toBe(4 * GI);
  });

  test.each([
    ['100m', 0.1],
    ['2', 2],
    ['1.5Gi', 1.5 * GI],
    ['129e6', 129e6],
    ['123Mi', 123 * 2 ** 20],
    ['1G', 1e9],
    ['garbage', 0],
    [undefined, 0],
  ])('a quantity of %s', (text, number) => {
    const allocatable: Record<string, string> = text === undefined ? {} : { cpu: text };
    expect(toRoom(allocatable)).toEqual({ cpu: number, memory: 0, pods: 0 });
  });

  it('is none on a node that says nothing', () => {
    expect(toRoom(undefined)).toEqual({ cpu: 0, memory: 0, pods: 0 });
  });
});

describe('where a volume can be reached', () => {
  const KEY = 'topology.kubernetes.io/zone';
  const affinity = (...terms: { key: string; operator?: string; values?: string[] }[][]) =>
    zonesOf({
      spec: {
        nodeAffinity: {
          required: {
            nodeSelectorTerms: terms.map((expressions) => ({
              matchExpressions: expressions.map((one) => ({ operator: 'In', ...one })),
            })),
          },
        },
      },
    });

  it('is the zone of its node affinity, also under the key of older EBS drivers', () => {
    expect(affinity([{ key: KEY, values: ['a'] }])).toEqual(['a']);
    expect(affinity([{ key: 'topology.ebs.csi.aws.com/zone', values: ['b'] }])).toEqual(['b']);
  });

  it('are the zones of all terms, each once; one that says nothing of zones lets it be reached everywhere', () => {
    expect(affinity([{ key: KEY, values: ['a', 'b'] }], [{ key: KEY, values: ['b', 'c'] }])).toEqual(['a', 'b', 'c']);
    expect(affinity([{ key: KEY, values: ['a'] }], [{ key: 'kubernetes.io/arch', values: ['arm64'] }])).toEqual([]);
    expect(affinity([{ key: KEY, operator: 'NotIn', values: ['a'] }])).toEqual([]);
  });

  it('are the zones of its label where the driver that came with Kubernetes made it', () => {
    const labelled = (labels: Record<string, string>) => zonesOf({ metadata: { labels } });
    expect(labelled({ 'failure-domain.beta.kubernetes.io/zone': 'a__b' })).toEqual(['a', 'b']);
    expect(labelled({})).toEqual([]);
  });
});

describe('which pods a budget is about', () => {
  const budget = (selector: object | undefined, version: 'v1' | 'v1beta1' = 'v1') =>
    toBudget(
      { metadata: { name: 'hub', namespace: 'prod' }, spec: selector === undefined ? {} : { selector } },
      version,
    );
  const hub = { app: 'hub', tier: 'core' };

  test.each<[string, object | undefined, 'v1' | 'v1beta1', boolean]>([
    ['labels that it has', { matchLabels: { app: 'hub' } }, 'v1', true],
    ['labels of which it has not all', { matchLabels: { app: 'hub', release: 'x' } }, 'v1', false],
    ['a value among several', { matchExpressions: [{ key: 'app', operator: 'In', values: ['x', 'hub'] }] }, 'v1', true],
    ['none of these values', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['hub'] }] }, 'v1', false],
    ['a label that it lacks', { matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['y'] }] }, 'v1', true],
    ['a label with any value', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, 'v1', true],
    ['no such label', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, 'v1', false],
    ['an operator that nobody knows', { matchExpressions: [{ key: 'tier', operator: 'Near' }] }, 'v1', false],
    ['everything, in policy/v1', {}, 'v1', true],
    ['nothing, in policy/v1beta1', {}, 'v1beta1', false],
    ['no selector at all', undefined, 'v1', false],
  ])('%s', (_, selector, version, is) => {
    expect(budget(selector, version).matches(hub)).toBe(is);
  });

  it('allows no disruption when the controller has not counted yet', () => {
    expect(budget({}).disruptionsAllowed).toBe(0);
    const counted = { metadata: { name: 'hub', namespace: 'prod' }, status: { disruptionsAllowed: 2 } };
    expect(toBudget(counted, 'v1').disruptionsAllowed).toBe(2);
  });
});
