import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DeleteNodegroupCommand,
  DescribeAddonCommand,
  DescribeAddonVersionsCommand,
  DescribeClusterVersionsCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  ListAddonsCommand,
  ListNodegroupsCommand,
  UpdateAddonCommand,
  UpdateClusterVersionCommand,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { ACCOUNT, clientsOf, HOUR, kubeOf, modern, startTestCloud, until } from './testing.ts';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

async function hop(version: string): Promise<void> {
  await clientsOf(cloud).eks.send(new UpdateClusterVersionCommand({ name: 'modern', version }));
  await until(
    'the hop',
    () => cloud.snapshot('modern'),
    (found) => found.version === version,
  );
}

describe('a managed node group', () => {
  it('is refused ahead of the control plane, then replaces its nodes one by one', async () => {
    cloud = await startTestCloud([{ config: modern }], { durations: { managedUpdateBase: HOUR } });
    const { eks } = clientsOf(cloud);
    expect((await eks.send(new ListNodegroupsCommand({ clusterName: 'modern' }))).nodegroups).toEqual(['core-a']);
    const ahead = new UpdateNodegroupVersionCommand({
      clusterName: 'modern',
      nodegroupName: 'core-a',
      version: '1.35',
      clientRequestToken: 'a',
    });
    await expect(eks.send(ahead)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await hop('1.35');
    const { update } = await eks.send(ahead);
    const describe_ = new DescribeNodegroupCommand({ clusterName: 'modern', nodegroupName: 'core-a' });
    expect((await eks.send(describe_)).nodegroup).toMatchObject({ status: 'UPDATING', version: '1.34' });
    const ask = new DescribeUpdateCommand({ name: 'modern', updateId: update?.id, nodegroupName: 'core-a' });
    await until(
      'the update',
      async () => (await eks.send(ask)).update?.status,
      (status) => status === 'Successful',
    );
    expect((await eks.send(describe_)).nodegroup).toMatchObject({
      status: 'ACTIVE',
      version: '1.35',
      releaseVersion: '1.35.6-20260714',
    });
    expect(cloud.snapshot('modern').nodeGroups).toMatchObject([
      { name: 'core-a', kind: 'managed', version: '1.35', nodes: 2, readyNodes: 2 },
    ]);
    expect(cloud.effects().map(({ effect }) => effect)).toEqual([
      'control-plane-update-started',
      'node-group-update-started',
    ]);
  });

  it('that is deleted stays a while, then it is not found', async () => {
    cloud = await startTestCloud([{ config: modern }], { durations: { stackDelete: HOUR } });
    const { eks } = clientsOf(cloud);
    const core = { clusterName: 'modern', nodegroupName: 'core-a' };
    expect((await eks.send(new DeleteNodegroupCommand(core))).nodegroup?.status).toBe('DELETING');
    const names = async () => (await eks.send(new ListNodegroupsCommand({ clusterName: 'modern' }))).nodegroups;
    await until('its end', names, (found) => found?.length === 0);
    await expect(eks.send(new DescribeNodegroupCommand(core))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('an EKS add-on', () => {
  it('is offered by Kubernetes version, and updated to an exact one', async () => {
    cloud = await startTestCloud([{ config: modern }]);
    const { eks } = clientsOf(cloud);
    expect((await eks.send(new ListAddonsCommand({ clusterName: 'modern' }))).addons).toEqual([
      'coredns',
      'kube-proxy',
      'vpc-cni',
    ]);
    const offered = await eks.send(
      new DescribeAddonVersionsCommand({ addonName: 'kube-proxy', kubernetesVersion: '1.35' }),
    );
    const version = offered.addons?.[0]?.addonVersions?.find(({ compatibilities }) =>
      compatibilities?.some(({ defaultVersion }) => defaultVersion),
    )?.addonVersion;
    expect(version).toBe('v1.35.3-eksbuild.13');
    const update = new UpdateAddonCommand({
      clusterName: 'modern',
      addonName: 'kube-proxy',
      addonVersion: version,
      resolveConflicts: 'PRESERVE',
      clientRequestToken: 'a',
    });
    await expect(eks.send(update)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await hop('1.35');
    const started = await eks.send(update);
    const ask = new DescribeUpdateCommand({ name: 'modern', updateId: started.update?.id, addonName: 'kube-proxy' });
    await until(
      'the update',
      async () => (await eks.send(ask)).update?.status,
      (status) => status === 'Successful',
    );
    expect(
      (await eks.send(new DescribeAddonCommand({ clusterName: 'modern', addonName: 'kube-proxy' }))).addon,
    ).toMatchObject({ addonVersion: version, status: 'ACTIVE' });
    const kube = await kubeOf(cloud, 'modern');
    const { body } = await until(
      'the 401 minute',
      () => kube('GET', '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy'),
      ({ status }) => status === 200,
    );
    expect(JSON.stringify(body)).toContain(`kube-proxy:${version}`);
  });

  it('that is not there is not found', async () => {
    cloud = await startTestCloud();
    const ask = new DescribeAddonCommand({ clusterName: 'coast', addonName: 'kube-proxy' });
    await expect(clientsOf(cloud).eks.send(ask)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('access entries', () => {
  it('let an unmapped principal map itself where the mode has them', async () => {
    cloud = await startTestCloud([{ config: modern }], { faults: [{ cluster: 'modern', name: 'no-access' }] });
    const { eks } = clientsOf(cloud);
    const kube = await kubeOf(cloud, 'modern');
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(401);
    const principalArn = `arn:aws:iam::${ACCOUNT}:user/eks-upgrade-bot`;
    await eks.send(new CreateAccessEntryCommand({ clusterName: 'modern', principalArn }));
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(403);
    const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
    await eks.send(
      new AssociateAccessPolicyCommand({
        clusterName: 'modern',
        principalArn,
        policyArn,
        accessScope: { type: 'cluster' },
      }),
    );
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(200);
    const masters = new CreateAccessEntryCommand({
      clusterName: 'modern',
      principalArn: `${principalArn}-2`,
      kubernetesGroups: ['system:masters'],
    });
    await expect(eks.send(masters)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('are refused where the cluster has only aws-auth', async () => {
    cloud = await startTestCloud();
    const entry = new CreateAccessEntryCommand({
      clusterName: 'coast',
      principalArn: `arn:aws:iam::${ACCOUNT}:user/x`,
    });
    await expect(clientsOf(cloud).eks.send(entry)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

describe('versions', () => {
  it('are all on offer, the newest by default', async () => {
    cloud = await startTestCloud();
    const { clusterVersions } = await clientsOf(cloud).eks.send(new DescribeClusterVersionsCommand({}));
    expect(clusterVersions).toHaveLength(18);
    expect(clusterVersions?.[0]).toMatchObject({
      clusterVersion: '1.36',
      defaultVersion: true,
      versionStatus: 'STANDARD_SUPPORT',
    });
    expect(clusterVersions?.at(-1)).toMatchObject({ clusterVersion: '1.19', versionStatus: 'EXTENDED_SUPPORT' });
  });
});
