import { describe, expect, test } from 'vitest';
import { createEks } from '#src/adapters/eks.ts';
import { type AwsScript, quiet, scriptedAws, sdkError } from './scripted-aws.ts';

function eksWith(script: AwsScript) {
  const { clients, requests } = scriptedAws(script);
  return {
    eks: createEks({ clients, cluster: 'coast', logger: quiet }),
    requests,
    operations: () => requests.map(({ operation }) => operation),
  };
}

const inUse = () => {
  throw sdkError('ResourceInUseException', 'Update in progress', 409);
};

describe('updates in progress', () => {
  test('are found whatever the order of the list; those that ended are never described again', async () => {
    const status: Record<string, string> = {
      a: 'Successful',
      b: 'Failed',
      c: 'Successful',
      d: 'Successful',
      e: 'Cancelled',
      f: 'InProgress',
    };
    const { eks, operations, requests } = eksWith({
      listUpdates: () => ({ updateIds: Object.keys(status) }),
      describeUpdate: ({ updateId }: { updateId: string }) => ({
        update: { id: updateId, status: status[updateId], type: 'VersionUpdate' },
      }),
    });
    expect((await eks.updatesInProgress('coast')).map(({ id }) => id)).toEqual(['f']);
    requests.length = 0;
    status['f'] = 'Successful';
    expect(await eks.updatesInProgress('coast')).toEqual([]);
    expect(operations()).toEqual(['ListUpdates', 'DescribeUpdate']);
    requests.length = 0;
    expect(await eks.updatesInProgress('coast')).toEqual([]);
    expect(operations()).toEqual(['ListUpdates']);
  });

  test('are not looked for further once one is found: EKS runs one at a time', async () => {
    const { eks, operations } = eksWith({
      listUpdates: () => ({ updateIds: Array.from({ length: 40 }, (_, i) => `u${i}`) }),
      describeUpdate: ({ updateId }: { updateId: string }) => ({
        update: { id: updateId, status: updateId === 'u1' ? 'InProgress' : 'Successful' },
      }),
    });
    expect(await eks.updatesInProgress('coast')).toMatchObject([{ id: 'u1' }]);
    expect(operations().filter((name) => name === 'DescribeUpdate')).toHaveLength(4);
  });

  test('all pages of the list are read', async () => {
    const { eks } = eksWith({
      listUpdates: ({ nextToken }: { nextToken?: string }) =>
        nextToken === undefined ? { updateIds: ['a'], nextToken: 'more' } : { updateIds: ['b'] },
      describeUpdate: ({ updateId }: { updateId: string }) => ({
        update: { id: updateId, status: updateId === 'b' ? 'InProgress' : 'Failed' },
      }),
    });
    expect(await eks.updatesInProgress('coast')).toMatchObject([{ id: 'b' }]);
  });
});

describe('describing an update', () => {
  const notFound = (message: string) => () => {
    throw sdkError('ResourceNotFoundException', message, 404);
  };

  test('that EKS does not show yet is passing', async () => {
    const { eks } = eksWith({ describeUpdate: notFound('No update found for ID: u1') });
    await expect(eks.describeUpdate({ cluster: 'coast', updateId: 'u1' })).rejects.toMatchObject({
      name: 'TransientError',
      code: 'AwsUpdateNotShown',
    });
  });

  test('of a cluster that is gone is not', async () => {
    const { eks } = eksWith({ describeUpdate: notFound('No cluster found for name: coast.') });
    await expect(eks.describeUpdate({ cluster: 'coast', updateId: 'u1' })).rejects.toMatchObject({ name: 'UserError' });
  });
});

describe('starting an update', () => {
  test('an upgrade of the control plane carries the version and the token', async () => {
    const { eks, requests } = eksWith({ updateClusterVersion: () => ({ update: { id: 'u1' } }) });
    expect(await eks.updateClusterVersion({ cluster: 'coast', version: '1.23', token: 't' })).toEqual({
      kind: 'started',
      updateId: 'u1',
    });
    expect(requests).toEqual([
      { operation: 'UpdateClusterVersion', input: { name: 'coast', version: '1.23', clientRequestToken: 't' } },
    ]);
  });

  test('while another one runs is a value, in EKS’s words', async () => {
    const { eks } = eksWith({ updateClusterVersion: inUse, updateNodegroupVersion: inUse });
    const inFlight = { kind: 'in-flight', message: 'Update in progress' };
    expect(await eks.updateClusterVersion({ cluster: 'coast', version: '1.23', token: 't' })).toEqual(inFlight);
    expect(await eks.updateNodegroupVersion({ cluster: 'coast', nodeGroup: 'g', version: '1.23', token: 't' })).toEqual(
      inFlight,
    );
  });

  test('that EKS refuses for the cluster’s state is for a person', async () => {
    const { eks } = eksWith({
      updateClusterVersion: () => {
        throw sdkError('InvalidStateException', 'Upgrade insights block the update');
      },
    });
    await expect(eks.updateClusterVersion({ cluster: 'coast', version: '1.23', token: 't' })).rejects.toMatchObject({
      name: 'UserError',
      code: 'AwsInvalidState',
    });
  });
});

describe('updating an add-on', () => {
  test('keeps its configuration and role, and does not touch pod identities', async () => {
    const { eks, requests } = eksWith({
      describeAddon: () => ({
        addon: {
          addonName: 'vpc-cni',
          addonVersion: 'v1.11.0-eksbuild.1',
          status: 'ACTIVE',
          configurationValues: '{"env":{"ENABLE_PREFIX_DELEGATION":"true"}}',
          serviceAccountRoleArn: 'arn:aws:iam::111122223333:role/cni',
          podIdentityAssociations: ['arn:aws:eks:us-west-2:111122223333:podidentityassociation/coast/a-1'],
        },
      }),
      updateAddon: () => ({ update: { id: 'u1' } }),
    });
    await eks.updateAddon({ cluster: 'coast', addon: 'vpc-cni', version: 'v1.12.6-eksbuild.2', token: 't' });
    expect(requests[1]?.input).toEqual({
      clusterName: 'coast',
      addonName: 'vpc-cni',
      addonVersion: 'v1.12.6-eksbuild.2',
      resolveConflicts: 'PRESERVE',
      configurationValues: '{"env":{"ENABLE_PREFIX_DELEGATION":"true"}}',
      serviceAccountRoleArn: 'arn:aws:iam::111122223333:role/cni',
      clientRequestToken: 't',
    });
  });

  test('overwrites fields that were changed by hand only when told to', async () => {
    const addon = { addonName: 'coredns', addonVersion: 'v1', status: 'UPDATE_FAILED', configurationValues: '{}' };
    const { eks, requests } = eksWith({
      describeAddon: () => ({ addon }),
      updateAddon: () => ({ update: { id: 'u1' } }),
    });
    await eks.updateAddon({ cluster: 'coast', addon: 'coredns', version: 'v2', token: 't', overwrite: true });
    expect(requests[1]?.input).toMatchObject({ resolveConflicts: 'OVERWRITE', configurationValues: '{}' });
  });

  test('that EKS does not manage changes nothing, and says so', async () => {
    const { eks, operations } = eksWith({
      describeAddon: () => {
        throw sdkError('ResourceNotFoundException', 'No addon: coredns found in cluster: coast', 404);
      },
    });
    await expect(
      eks.updateAddon({ cluster: 'coast', addon: 'coredns', version: 'v1', token: 't' }),
    ).rejects.toMatchObject({ code: 'AwsNotFound' });
    expect(operations()).toEqual(['DescribeAddon']);
  });
});

describe('describing an add-on', () => {
  const failing = (name: string, message: string, status: number) =>
    eksWith({
      describeAddon: () => {
        throw sdkError(name, message, status);
      },
    }).eks.describeAddon('coast', 'coredns');

  test('null only where EKS does not manage it', async () => {
    expect(await failing('ResourceNotFoundException', 'No addon: coredns found in cluster: coast', 404)).toBeNull();
  });

  test('a denied call is not null', async () => {
    await expect(
      failing('AccessDeniedException', 'User: x is not authorized to perform: eks:DescribeAddon', 403),
    ).rejects.toMatchObject({ code: 'AwsAccessDenied' });
  });

  test('a missing cluster is not null', async () => {
    await expect(failing('ResourceNotFoundException', 'No cluster found for name: coast.', 404)).rejects.toMatchObject({
      code: 'AwsNotFound',
    });
  });
});

test('a managed group that is deleted between list and describe is not there', async () => {
  const { eks } = eksWith({
    listNodegroups: ({ nextToken }: { nextToken?: string }) =>
      nextToken === undefined ? { nodegroups: ['old'], nextToken: 'more' } : { nodegroups: ['workers'] },
    describeNodegroup: ({ nodegroupName }: { nodegroupName: string }) => {
      if (nodegroupName === 'old')
        throw sdkError('ResourceNotFoundException', 'No node group found for name: old.', 404);
      return { nodegroup: { nodegroupName, status: 'ACTIVE', version: '1.34' } };
    },
  });
  expect((await eks.managedNodeGroups('coast')).map(({ name }) => name)).toEqual(['workers']);
});

test('another add-on in the same answer does not count', async () => {
  const of = (addonName: string, addonVersion: string) => ({
    addonName,
    addonVersions: [{ addonVersion, compatibilities: [{ clusterVersion: '1.24', defaultVersion: true }] }],
  });
  const { eks, requests } = eksWith({
    describeAddonVersions: () => ({ addons: [of('vpc-cni', 'v9'), of('coredns', 'v1.9.3-eksbuild.2')] }),
  });
  expect(await eks.offeredAddonVersions('coredns', '1.24')).toEqual({
    defaultVersion: 'v1.9.3-eksbuild.2',
    versions: ['v1.9.3-eksbuild.2'],
  });
  expect(requests[0]?.input).toMatchObject({ addonName: 'coredns', kubernetesVersion: '1.24' });
});
