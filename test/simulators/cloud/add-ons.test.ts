import {
  DescribeAddonCommand,
  DescribeUpdateCommand,
  UpdateAddonCommand,
  UpdateClusterVersionCommand,
} from '@aws-sdk/client-eks';
import { afterEach, describe, expect, it } from 'vitest';
import { type JsonObject, numberAt } from './json.ts';
import type { ClusterConfig } from './options.ts';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { clientsOf, coast, kubeOf, startTestCloud, until } from './testing.ts';

const CNI = '/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

type Asked = Partial<ConstructorParameters<typeof UpdateAddonCommand>[0]>;
const update = (addonName: string, addonVersion: string, more: Asked = {}) =>
  clientsOf(cloud).eks.send(new UpdateAddonCommand({ clusterName: 'coast', addonName, addonVersion, ...more }));
const described = async (addonName: string) =>
  (await clientsOf(cloud).eks.send(new DescribeAddonCommand({ clusterName: 'coast', addonName }))).addon;
const ended = (updateId: string | undefined, addonName: string) =>
  until(
    'its end',
    async () =>
      (await clientsOf(cloud).eks.send(new DescribeUpdateCommand({ name: 'coast', updateId, addonName }))).update,
    (answer) => answer?.status !== 'InProgress',
  );

const at = (version: string) => ({ config: { ...coast, metadata: { ...coast.metadata, version } } });
const eksAt = (version: string, addons: ClusterConfig['addons'] & object = []) =>
  ({ ...at(version), config: { ...at(version).config, addons }, addons: 'eks' }) as const;

describe('an update of an EKS add-on', () => {
  it('loses configuration and role that are not passed along, and pod identities only by an empty list', async () => {
    const addons = [{ name: 'coredns', configurationValues: '{}', serviceAccountRoleARN: 'arn:aws:iam::1:role/dns' }];
    cloud = await startTestCloud([eksAt('1.23', addons)]);
    const before = await described('coredns');
    expect(before).toMatchObject({ configurationValues: '{}', serviceAccountRoleArn: 'arn:aws:iam::1:role/dns' });
    expect(before?.podIdentityAssociations).toHaveLength(1);
    await ended((await update('coredns', 'v1.8.7-eksbuild.9')).update?.id, 'coredns');
    const after = await described('coredns');
    expect(after).not.toHaveProperty('configurationValues');
    expect(after).not.toHaveProperty('serviceAccountRoleArn');
    expect(after?.podIdentityAssociations).toEqual(before?.podIdentityAssociations);
    await update('coredns', 'v1.8.7-eksbuild.10', { podIdentityAssociations: [] });
    expect(await described('coredns')).not.toHaveProperty('podIdentityAssociations');
  });

  it('moves the VPC CNI one minor at a time', async () => {
    cloud = await startTestCloud([eksAt('1.23', [{ name: 'vpc-cni', version: 'v1.12.6-eksbuild.2' }])]);
    await expect(update('vpc-cni', 'v1.14.1-eksbuild.1')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Updating VPC-CNI can only go up or down 1 minor version at a time',
    });
    expect(await update('vpc-cni', 'v1.13.4-eksbuild.1')).toMatchObject({ update: { status: 'InProgress' } });
  });

  it('fails where fields were changed by hand, keeping everything, until they may be overwritten', async () => {
    cloud = await startTestCloud([eksAt('1.23')], { faults: [{ cluster: 'coast', name: 'add-on-conflict' }] });
    const kept = await update('coredns', 'v1.8.7-eksbuild.9', { resolveConflicts: 'PRESERVE' });
    expect(await ended(kept.update?.id, 'coredns')).toMatchObject({
      status: 'Failed',
      errors: [
        {
          errorCode: 'ConfigurationConflict',
          errorMessage: expect.stringContaining('ConfigMap coredns - .data.Corefile'),
        },
      ],
    });
    expect(await described('coredns')).toMatchObject({ status: 'UPDATE_FAILED', addonVersion: 'v1.8.7-eksbuild.10' });
    const overwritten = await update('coredns', 'v1.8.7-eksbuild.9', { resolveConflicts: 'OVERWRITE' });
    expect(await ended(overwritten.update?.id, 'coredns')).toMatchObject({ status: 'Successful' });
    expect(await described('coredns')).toMatchObject({ status: 'ACTIVE', addonVersion: 'v1.8.7-eksbuild.9' });
  });
});

async function stored(path: string): Promise<JsonObject> {
  return (await (await kubeOf(cloud))('GET', path)).body;
}

it('a VPC CNI before 1.12 crashes from 1.26 on', async () => {
  cloud = await startTestCloud([at('1.25')]);
  const kube = await kubeOf(cloud);
  const old = JSON.parse(
    JSON.stringify(await stored(CNI)).replace(/amazon-k8s-cni:v[^"]+/, 'amazon-k8s-cni:v1.11.4'),
  ) as JsonObject;
  expect(await kube('PUT', CNI, { body: old })).toMatchObject({ status: 200 });
  const available = async () => numberAt((await kube('GET', CNI)).body, 'status', 'numberAvailable');
  await until('its rollout', available, (count) => count === 1);
  await clientsOf(cloud).eks.send(new UpdateClusterVersionCommand({ name: 'coast', version: '1.26' }));
  await until('the hop', available, (count) => count === 0);
  expect(cloud.snapshot('coast').version).toBe('1.26');
});

it('settings that somebody changes by hand stand in the objects', async () => {
  cloud = await startTestCloud();
  cloud.setFault({ cluster: 'coast', name: 'add-on-settings-changed' });
  expect(await stored('/api/v1/namespaces/kube-system/configmaps/coredns')).toMatchObject({
    data: { Corefile: expect.stringContaining('corp.example:53') },
  });
  expect(await stored('/apis/apps/v1/namespaces/kube-system/deployments/coredns')).toMatchObject({
    spec: { replicas: 4 },
  });
  expect(JSON.stringify(await stored(CNI))).toContain('{"name":"ENABLE_PREFIX_DELEGATION","value":"true"}');
});
