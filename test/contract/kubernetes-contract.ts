import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objectName } from '#src/domain/addon-settings.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { CloudWorld, MakeWorld } from './cloud-world.ts';

const WISHES = [
  { verb: 'list', group: '', resource: 'nodes' },
  { verb: 'patch', group: 'apps', resource: 'daemonsets', namespace: 'kube-system', name: 'aws-node' },
];

const USERS = ['component=singleuser-server'];

/** What every `Kubernetes` must do, whoever is behind it. */
export function describeKubernetesContract(makeWorld: MakeWorld): void {
  let world: CloudWorld;
  let coast: Cloud;

  beforeEach(async () => {
    world = await makeWorld();
    coast = world.cloudOf(world.coast);
  });
  afterEach(() => world.close());

  describe('access', () => {
    test('that the bot has is allowed', async () => {
      expect(await coast.kubernetes.reviewAccess(WISHES)).toEqual({ kind: 'allowed' });
    });

    test('nothing wished is allowed without asking', async () => {
      expect(await coast.kubernetes.reviewAccess([])).toEqual({ kind: 'allowed' });
    });

    test('of a principal that is not mapped is unauthorized, a value; any other call says it as a passing error', async () => {
      world.break('coast', 'no-access');
      expect(await coast.kubernetes.reviewAccess(WISHES)).toEqual({
        kind: 'unauthorized',
        message: expect.stringMatching(/./),
      });
      await expect(coast.kubernetes.nodes()).rejects.toMatchObject({
        name: 'TransientError',
        code: 'KubernetesUnauthorized',
      });
      await expect(coast.kubernetes.serverVersion()).rejects.toMatchObject({ code: 'KubernetesUnauthorized' });
    });
  });

  test('the server’s version follows the control plane, after a while of 401', async () => {
    expect(await coast.kubernetes.serverVersion()).toMatch(/^v1\.22\./);
    await coast.eks.updateClusterVersion({ cluster: 'coast', version: '1.23', token: 't' });
    const version = () => coast.kubernetes.serverVersion().catch((error: { code: string }) => error.code);
    await expect.poll(version, { timeout: 10_000 }).toMatch(/^v1\.23\./);
  });

  test('roles of nodes are let in and kept out by aws-auth, beside what it says of others', async () => {
    const before = (await coast.kubernetes.mappedRoles()) ?? [];
    expect(before).toContainEqual({
      arn: expect.stringMatching(/:role\/eksctl-coast-nodegroup-core-a-NodeInstanceRole-/),
      letsNodesIn: true,
    });
    const old = before[0]?.arn ?? '';
    const role = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-b-NodeInstanceRole-1ABC';
    await coast.kubernetes.changeNodeRoles({ add: [role], remove: [old] });
    expect(await coast.kubernetes.mappedRoles()).toEqual([...before.slice(1), { arn: role, letsNodesIn: true }]);
    await coast.kubernetes.changeNodeRoles({ add: [role], remove: [old] });
    expect(await coast.kubernetes.mappedRoles()).toEqual([...before.slice(1), { arn: role, letsNodesIn: true }]);
    expect(await coast.kubernetes.reviewAccess(WISHES)).toEqual({ kind: 'allowed' });
  });

  test('a role and a user are mapped by aws-auth beside what it says of others, once', async () => {
    const [role, user] = ['arn:aws:iam::111122223333:role/bot', 'arn:aws:iam::111122223333:user/teams/bot'];
    const roles = (await coast.kubernetes.mappedRoles()) ?? [];
    expect(await coast.kubernetes.mappedGroups(role)).toBeNull();
    await coast.kubernetes.mapPrincipal({ arn: role, username: 'bot', groups: ['a', 'b'] });
    await coast.kubernetes.mapPrincipal({ arn: role, username: 'bot', groups: ['c'] });
    await coast.kubernetes.mapPrincipal({ arn: user, username: 'bot', groups: ['d'] });
    expect(await coast.kubernetes.mappedGroups(role)).toEqual(['a', 'b']);
    expect(await coast.kubernetes.mappedGroups(user)).toEqual(['d']);
    expect(await coast.kubernetes.mappedRoles()).toEqual([...roles, { arn: role, letsNodesIn: false }]);
    expect(await coast.kubernetes.reviewAccess(WISHES)).toEqual({ kind: 'allowed' });
  });

  test('nodes say their group, their kubelet and whether they are ready', async () => {
    const nodes = await coast.kubernetes.nodes();
    expect(nodes.filter(({ group }) => group === 'core-a')).toEqual([
      {
        name: expect.stringMatching(/./),
        group: 'core-a',
        ready: true,
        kubeletVersion: expect.stringMatching(/^v1\.22\./),
        unschedulable: false,
        phasedOut: false,
      },
    ]);
    const managed = await world.cloudOf(world.harbor).kubernetes.nodes();
    expect(managed.map(({ group, ready }) => ({ group, ready }))).toEqual([
      { group: 'workers', ready: true },
      { group: 'workers', ready: true },
    ]);
  });

  test('a node is closed for new servers and opened again; its other taints stay', async () => {
    const { kubernetes } = coast;
    const [node] = (await kubernetes.userPods(USERS)).flatMap(({ node: name }) => name ?? []);
    const isClosed = async () =>
      (await kubernetes.nodes()).filter(({ phasedOut }) => phasedOut).map(({ name }) => name);
    await kubernetes.setPhaseOut(node ?? '', true);
    expect(await isClosed()).toEqual([node]);
    await kubernetes.setPhaseOut(node ?? '', true);
    await kubernetes.setPhaseOut(node ?? '', false);
    await kubernetes.setPhaseOut(node ?? '', false);
    expect(await isClosed()).toEqual([]);
    await kubernetes.setPhaseOut('ip-192-168-9-9.gone', true);
    expect(world.nodeEffects('coast'), 'each once, and only ours').toEqual([
      'node-tainted eks-upgrade/phase-out:NoSchedule',
      'node-untainted eks-upgrade/phase-out:NoSchedule',
    ]);
  });

  describe('activity', () => {
    test('is pods with their namespace and node', async () => {
      const pods = await coast.kubernetes.userPods(USERS);
      const nodes = (await coast.kubernetes.nodes()).map(({ name }) => name);
      expect(pods.map(({ namespace }) => namespace).toSorted()).toEqual(['prod', 'prod', 'staging']);
      expect(pods.filter(({ node }) => node === null || !nodes.includes(node))).toEqual([]);
    });

    test('counts a pod once, however many selectors match it', async () => {
      expect(await coast.kubernetes.userPods([...USERS, ...USERS])).toHaveLength(3);
    });

    test('understands sets, and nothing is nothing', async () => {
      const dask = 'app.kubernetes.io/component in (dask-scheduler, dask-worker)';
      expect(await coast.kubernetes.userPods([dask])).toEqual([]);
      expect(await coast.kubernetes.userPods([])).toEqual([]);
    });
  });

  describe('the workload of an add-on', () => {
    test.each([
      ['kube-proxy', 'DaemonSet', /kube-proxy:v1\.22/],
      ['vpc-cni', 'DaemonSet', /amazon-k8s-cni:v1\./],
      ['coredns', 'Deployment', /coredns:v1\./],
    ] as const)('%s is a %s with its image, rolled out', async (addon, kind, image) => {
      expect(await coast.kubernetes.addonWorkload(addon)).toEqual({
        kind,
        image: expect.stringMatching(image),
        rolledOut: true,
        progress: expect.stringMatching(/^(\d+) of \1 pods updated$/),
        podProblems: [],
      });
    });

    test.each([
      [
        'vpc-cni',
        ['ClusterRole aws-node', 'ClusterRoleBinding aws-node', 'ConfigMap amazon-vpc-cni', 'DaemonSet aws-node'],
      ],
      [
        'coredns',
        [
          'ClusterRole system:coredns',
          'ClusterRoleBinding system:coredns',
          'ConfigMap coredns',
          'Deployment coredns',
          'Service kube-dns',
          'ServiceAccount coredns',
        ],
      ],
      ['kube-proxy', ['DaemonSet kube-proxy']],
    ] as const)(
      '%s has the objects that eksctl replaces, without what the API server keeps in them',
      async (addon, names) => {
        const objects = await coast.kubernetes.addonObjects(addon);
        expect(objects.map(objectName).sort()).toEqual(names);
        for (const { status, metadata } of objects) {
          expect(status).toBeUndefined();
          expect(Object.keys(metadata ?? {})).not.toContain('resourceVersion');
        }
      },
    );

    test('whose pods fail as root says why, until the patch', async () => {
      const { kubernetes } = coast;
      world.break('coast', 'aws-node-run-as-non-root');
      await world.replaceAwsNode();
      const problems = async () => (await kubernetes.addonWorkload('vpc-cni'))?.podProblems;
      await expect
        .poll(problems, { timeout: 10_000 })
        .toEqual([expect.stringMatching(/^CreateContainerConfigError: .*runAsNonRoot/)]);
      expect(await kubernetes.addonWorkload('vpc-cni')).toMatchObject({ rolledOut: false });
      await kubernetes.patchAwsNodeRunAsNonRoot();
      const rolledOut = async () => (await kubernetes.addonWorkload('vpc-cni'))?.rolledOut;
      await expect.poll(rolledOut, { timeout: 10_000 }).toBe(true);
    });
  });
}
