import { afterEach, describe, expect, it } from 'vitest';
import { kubeOf } from '../cloud/testing.ts';
import { COAST, type EksctlWorld, startEksctlWorld } from './testing.ts';

let world: EksctlWorld;
afterEach(() => world.stop());

function imagesWritten(): unknown[] {
  return world.cloud
    .effects()
    .filter(({ effect }) => effect === 'object-changed')
    .flatMap(({ images }) => images ?? []);
}

const REGISTRY = '602401143452.dkr.ecr.us-west-2.amazonaws.com';

describe('utils update-… of self-managed add-ons', () => {
  it.each([
    ['update-kube-proxy', `${REGISTRY}/eks/kube-proxy:v1.23.17-minimal-eksbuild.9`],
    ['update-aws-node', `${REGISTRY}/amazon-k8s-cni:v1.23.0`],
    ['update-coredns', `${REGISTRY}/eks/coredns:v1.8.7-eksbuild.21`],
  ])('%s writes its own idea of the version, and again changes nothing', async (command, image) => {
    world = await startEksctlWorld();
    const first = await world.eksctl(['utils', command, '--approve']);
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('now up-to-date') });
    const written = imagesWritten();
    expect(written).toContain(image);
    expect(await world.eksctl(['utils', command, '--approve'])).toMatchObject({ exitCode: 0 });
    expect(new Set(imagesWritten())).toEqual(new Set(written));
  });

  it('overwrites what somebody set, and carries over the address of DNS and the account of the CNI alone', async () => {
    world = await startEksctlWorld({ options: { faults: [{ cluster: 'coast', name: 'add-on-settings-changed' }] } });
    const kube = await kubeOf(world.cloud);
    const inSystem = async (path: string) => (await kube('GET', path.replace('~', 'namespaces/kube-system'))).body;
    expect(await inSystem('/apis/apps/v1/~/deployments/coredns')).toMatchObject({ spec: { replicas: 4 } });
    const account = await inSystem('/api/v1/~/serviceaccounts/aws-node');
    await world.eksctl(['utils', 'update-coredns', '--approve']);
    const { stdout } = await world.eksctl(['utils', 'update-aws-node', '--approve']);
    expect(stdout).toContain('skipped existing "kube-system:ServiceAccount/aws-node"');
    expect(await inSystem('/apis/apps/v1/~/deployments/coredns')).toMatchObject({ spec: { replicas: 2 } });
    expect(await inSystem('/api/v1/~/services/kube-dns')).toMatchObject({ spec: { clusterIP: '10.100.0.10' } });
    expect(JSON.stringify(await inSystem('/api/v1/~/configmaps/coredns'))).not.toContain('corp.example');
    expect(JSON.stringify(await inSystem('/apis/apps/v1/~/daemonsets/aws-node'))).toContain(
      '{"name":"ENABLE_PREFIX_DELEGATION","value":"false"}',
    );
    expect(await inSystem('/api/v1/~/serviceaccounts/aws-node')).toEqual(account);
  });

  it('only plans without --approve', async () => {
    world = await startEksctlWorld();
    const { exitCode, stdout } = await world.eksctl(['utils', 'update-coredns']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('[ℹ]  (plan) would have replaced "kube-system:Deployment.apps/coredns"');
    expect(world.cloud.effects()).toEqual([]);
  });

  it('refuses what EKS manages', async () => {
    world = await startEksctlWorld({ world: { addons: 'eks' } });
    expect(await world.eksctl(['utils', 'update-kube-proxy', '--approve'])).toMatchObject({
      exitCode: 1,
      stderr:
        'Error: addon kube-proxy is installed as a managed EKS addon; to update it, use `eksctl update addon` instead',
    });
  });

  it("takes the coredns of their era for minors that today's eksctl has none for", async () => {
    world = await startEksctlWorld({
      world: { version: '1.22', config: { ...COAST, metadata: { ...COAST.metadata, version: '1.22' } } },
    });
    expect(await world.eksctl(['utils', 'update-coredns', '--approve'])).toMatchObject({ exitCode: 0 });
    expect(imagesWritten()).toEqual([`${REGISTRY}/eks/coredns:v1.8.7-eksbuild.1`]);
  });
});

describe('create iamidentitymapping', () => {
  const MAP = [
    'create',
    'iamidentitymapping',
    '--arn=arn:aws:iam::111122223333:role/ops',
    '--username=ops',
    '--group=system:masters',
  ];

  it('maps a role once with --no-duplicate-arns, and twice without', async () => {
    world = await startEksctlWorld();
    expect(await world.eksctl([...MAP, '--no-duplicate-arns'])).toMatchObject({ exitCode: 0 });
    const again = await world.eksctl([...MAP, '--no-duplicate-arns']);
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('found existing mapping that matches the one being created, skipping.'),
    });
    expect(world.cloud.effects()).toHaveLength(1);

    expect(await world.eksctl(MAP)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('which will be shadowed by your new mapping'),
    });
    expect(world.cloud.effects()).toHaveLength(2);
  });

  it('exits 1 for the same ARN with another mapping', async () => {
    world = await startEksctlWorld();
    await world.eksctl([...MAP, '--no-duplicate-arns']);
    expect(await world.eksctl([...MAP.slice(0, 4), '--group=viewers', '--no-duplicate-arns'])).toMatchObject({
      exitCode: 1,
      stderr:
        'Error: found existing mapping with the same arn "arn:aws:iam::111122223333:role/ops" and shadowing is disabled',
    });
  });

  it('needs rights in the cluster itself', async () => {
    world = await startEksctlWorld({ options: { faults: [{ cluster: 'coast', name: 'no-access' }] } });
    expect(await world.eksctl(MAP)).toMatchObject({
      exitCode: 1,
      stderr: 'Error: getting auth ConfigMap: the server has asked for the client to provide credentials',
    });
  });
});
