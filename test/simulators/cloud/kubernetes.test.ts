import { afterEach, describe, expect, it } from 'vitest';
import { listAt, objectAt, textAt } from './json.ts';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import type { Kube } from './testing.ts';
import { HOUR, kubeOf, startTestCloud, until } from './testing.ts';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

const AWS_AUTH = '/api/v1/namespaces/kube-system/configmaps/aws-auth';
const AWS_NODE = '/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node';
const KUBE_PROXY = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy';

async function setImage(kube: Kube, path: string, name: string, image: string): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name, image }] } } } };
  expect((await kube('PATCH', path, { body, contentType: 'application/strategic-merge-patch+json' })).status).toBe(200);
}

describe('who is let in', () => {
  it('lets the bot in and says what it may do', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'list', resource: 'nodes' } },
    };
    const answer = await kube('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: review });
    expect(answer.body).toMatchObject({ status: { allowed: true } });
  });

  it('answers 401 to a principal that is not mapped, and to a token made for another cluster', async () => {
    cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', name: 'no-access' }] });
    expect(await (await kubeOf(cloud))('GET', '/api/v1/nodes')).toMatchObject({
      status: 401,
      body: { kind: 'Status', reason: 'Unauthorized', code: 401 },
    });
    await cloud.stop();
    cloud = await startTestCloud();
    expect((await (await kubeOf(cloud, 'coast', 'another'))('GET', '/api/v1/nodes')).status).toBe(401);
    expect((await (await kubeOf(cloud))('GET', '/api/v1/nodes')).status).toBe(200);
    cloud.setFault({ cluster: 'coast', name: 'no-access' });
    expect((await (await kubeOf(cloud))('GET', '/api/v1/nodes')).status).toBe(401);
    expect(cloud.snapshot('coast').nodeGroups[0]).toMatchObject({ name: 'core-a', readyNodes: 1 });
  });

  it('makes nodes NotReady when their role is unmapped', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    const { body } = await kube('GET', AWS_AUTH);
    await kube('PUT', AWS_AUTH, { body: { ...body, data: { ...objectAt(body, 'data'), mapRoles: '[]\n' } } });
    const group = await until(
      'NotReady',
      () => cloud.snapshot('coast').nodeGroups[0],
      (found) => found?.readyNodes === 0,
    );
    expect(group).toMatchObject({ name: 'core-a', nodes: 1 });
  });

  it('refuses an update of a stale aws-auth', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    const { body } = await kube('GET', AWS_AUTH);
    const change = { ...body, data: { ...objectAt(body, 'data'), mapAccounts: '[]\n' } };
    expect((await kube('PUT', AWS_AUTH, { body: change })).status).toBe(200);
    expect(await kube('PUT', AWS_AUTH, { body: change })).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  });
});

describe('pods', () => {
  it('finds users by equality and by set, in pages', async () => {
    cloud = await startTestCloud([{ activity: 12 }]);
    const kube = await kubeOf(cloud);
    const users = await kube('GET', '/api/v1/pods?labelSelector=component%3Dsingleuser-server');
    expect(listAt(users.body, 'items')).toHaveLength(12);
    const bySet = `/api/v1/pods?labelSelector=${encodeURIComponent('component in (singleuser-server, other)')}`;
    const first = await kube('GET', `${bySet}&limit=5`);
    expect(listAt(first.body, 'items')).toHaveLength(5);
    const next = await kube('GET', `${bySet}&limit=10&continue=${textAt(first.body, 'metadata', 'continue')}`);
    expect(listAt(next.body, 'items')).toHaveLength(7);
    expect(
      (await kube('GET', '/api/v1/pods?labelSelector=app.kubernetes.io/component%20in%20(dask-scheduler)')).body,
    ).toMatchObject({ items: [] });
  });

  it('are evicted, and nodes are cordoned', async () => {
    cloud = await startTestCloud([{ activity: 1 }]);
    const kube = await kubeOf(cloud);
    const { body } = await kube('GET', '/api/v1/pods?labelSelector=component%3Dsingleuser-server');
    const node = textAt(body, 'items', 0, 'spec', 'nodeName') ?? '';
    const contentType = 'application/strategic-merge-patch+json';
    expect(
      (await kube('PATCH', `/api/v1/nodes/${node}`, { body: { spec: { unschedulable: true } }, contentType })).body,
    ).toMatchObject({ spec: { unschedulable: true } });
    const pod = textAt(body, 'items', 0, 'metadata', 'name') ?? '';
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: 'prod' } };
    expect((await kube('POST', `/api/v1/namespaces/prod/pods/${pod}/eviction`, { body: eviction })).body).toMatchObject(
      { status: 'Success' },
    );
    expect(cloud.snapshot('coast').activity).toBe(0);
    expect(cloud.effects().map(({ effect }) => effect)).toEqual(['node-cordoned', 'pod-evicted']);
  });
});

describe('taints of a node', () => {
  const OURS = { key: 'eks-upgrade/phase-out', effect: 'NoSchedule' };
  const contentType = 'application/merge-patch+json';

  it('are a list that is written whole, and only at the version that was read', async () => {
    cloud = await startTestCloud([{ activity: 1 }]);
    const kube = await kubeOf(cloud);
    const pods = await kube('GET', '/api/v1/pods?labelSelector=component%3Dsingleuser-server');
    const path = `/api/v1/nodes/${textAt(pods.body, 'items', 0, 'spec', 'nodeName')}`;
    const { body: node } = await kube('GET', path);
    const [dedicated] = listAt(node, 'spec', 'taints');
    expect(dedicated).toEqual({ key: 'hub.jupyter.org/dedicated', value: 'user', effect: 'NoSchedule' });
    const patch = { metadata: objectAt({ resourceVersion: textAt(node, 'metadata', 'resourceVersion') ?? '' }) };
    const body = { ...patch, spec: { taints: [dedicated ?? null, OURS] } };
    expect((await kube('PATCH', path, { body, contentType })).body).toMatchObject({
      spec: { taints: [dedicated, OURS] },
    });
    expect(await kube('PATCH', path, { body, contentType })).toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
    const strategic = 'application/strategic-merge-patch+json';
    await kube('PATCH', path, { body: { spec: { taints: [OURS] } }, contentType: strategic });
    expect(cloud.effects().map(({ effect, taint }) => `${effect} ${String(taint)}`)).toEqual([
      'node-tainted eks-upgrade/phase-out:NoSchedule',
      'node-untainted hub.jupyter.org/dedicated=user:NoSchedule',
    ]);
  });

  it('of the node controller come and go by themselves', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    const { body: nodes } = await kube('GET', '/api/v1/nodes');
    const path = `/api/v1/nodes/${textAt(nodes, 'items', 0, 'metadata', 'name')}`;
    const cordoned = await kube('PATCH', path, { body: { spec: { unschedulable: true } }, contentType });
    expect(listAt(cordoned.body, 'spec', 'taints')).toEqual([
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
    ]);
    const { body } = await kube('PATCH', path, { body: { spec: { unschedulable: null } }, contentType });
    expect(listAt(body, 'spec', 'taints')).toEqual([]);
  });
});

describe('the rollout of a self-managed add-on', () => {
  it('takes a while, and its status follows', async () => {
    cloud = await startTestCloud([{}], { durations: { rolloutBase: HOUR, rolloutMax: HOUR } });
    const kube = await kubeOf(cloud);
    expect((await kube('GET', KUBE_PROXY)).body).toMatchObject({
      status: { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 },
    });
    await setImage(kube, KUBE_PROXY, 'kube-proxy', 'registry/eks/kube-proxy:v1.23.17-eksbuild.9');
    expect((await kube('GET', KUBE_PROXY)).body).toMatchObject({
      status: { updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 1 },
    });
    await until(
      'the rollout',
      async () => objectAt((await kube('GET', KUBE_PROXY)).body),
      (daemonSet) =>
        Number(objectAt(daemonSet, 'status')['updatedNumberScheduled']) === 1 &&
        objectAt(daemonSet, 'status')['numberAvailable'] === 1 &&
        objectAt(daemonSet, 'status')['observedGeneration'] === 2,
    );
    expect(cloud.snapshot('coast').addons).toContainEqual({
      name: 'kube-proxy',
      version: '1.23',
      detail: 'v1.23.17-eksbuild.9',
    });
    expect(cloud.effects()).toMatchObject([{ effect: 'object-changed', path: KUBE_PROXY }]);
  });

  it('gets stuck on runAsNonRoot in aws-node until the patch takes it away', async () => {
    cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', name: 'aws-node-run-as-non-root', times: 1 }] });
    const kube = await kubeOf(cloud);
    await setImage(kube, AWS_NODE, 'aws-node', 'registry/amazon-k8s-cni:v1.23.0');
    const pods = await until(
      'the stuck pod',
      () => kube('GET', '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Daws-node'),
      ({ body }) =>
        textAt(body, 'items', 0, 'status', 'containerStatuses', 0, 'state', 'waiting', 'reason') ===
        'CreateContainerConfigError',
    );
    expect(textAt(pods.body, 'items', 0, 'status', 'containerStatuses', 0, 'state', 'waiting', 'message')).toContain(
      'runAsNonRoot',
    );
    const patch = {
      spec: {
        template: {
          spec: {
            containers: [{ name: 'aws-node', securityContext: { runAsNonRoot: null, allowPrivilegeEscalation: null } }],
          },
        },
      },
    };
    await kube('PATCH', AWS_NODE, { body: patch, contentType: 'application/strategic-merge-patch+json' });
    await until(
      'the rollout',
      async () => objectAt((await kube('GET', AWS_NODE)).body, 'status'),
      (status) => status['numberAvailable'] === 1 && status['updatedNumberScheduled'] === 1,
    );
  });
});
