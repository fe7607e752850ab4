import {
  DescribeClusterCommand,
  DescribeUpdateCommand,
  ListUpdatesCommand,
  UpdateClusterVersionCommand,
} from '@aws-sdk/client-eks';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { ACCOUNT, clientsOf, HOUR, kubeOf, startTestCloud, until } from './testing.ts';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

function hop(version: string, token = `token-${version}`): UpdateClusterVersionCommand {
  return new UpdateClusterVersionCommand({ name: 'coast', version, clientRequestToken: token });
}

async function updateStatus(updateId: string | undefined): Promise<string | undefined> {
  const { update } = await clientsOf(cloud).eks.send(new DescribeUpdateCommand({ name: 'coast', updateId }));
  return update?.status;
}

describe('the control plane', () => {
  it('goes up one minor: in progress, then successful and seen in DescribeCluster and the effects log', async () => {
    cloud = await startTestCloud([{}], { durations: { controlPlaneUpdate: HOUR } });
    const { eks } = clientsOf(cloud);
    const { update } = await eks.send(hop('1.23'));
    expect(update).toMatchObject({ status: 'InProgress', type: 'VersionUpdate' });
    const during = await eks.send(new DescribeClusterCommand({ name: 'coast' }));
    expect(during.cluster).toMatchObject({ status: 'UPDATING', version: '1.22' });
    await until(
      'the update',
      () => updateStatus(update?.id),
      (status) => status === 'Successful',
    );
    const after = await eks.send(new DescribeClusterCommand({ name: 'coast' }));
    expect(after.cluster).toMatchObject({ status: 'ACTIVE', version: '1.23' });
    expect(cloud.effects()).toMatchObject([
      { effect: 'control-plane-update-started', from: '1.22', to: '1.23', caller: 'bot', updateId: update?.id },
    ]);
  });

  it('takes the same token for the same update, also after it ended', async () => {
    cloud = await startTestCloud();
    const { eks } = clientsOf(cloud);
    const first = await eks.send(hop('1.23'));
    expect((await eks.send(hop('1.23'))).update?.id).toBe(first.update?.id);
    await until(
      'the update',
      () => updateStatus(first.update?.id),
      (status) => status === 'Successful',
    );
    expect((await eks.send(hop('1.23'))).update?.id).toBe(first.update?.id);
    expect((await eks.send(new ListUpdatesCommand({ name: 'coast' }))).updateIds).toEqual([first.update?.id]);
    expect(cloud.effects()).toHaveLength(1);
  });

  it.each([
    [
      'a skipped minor',
      '1.24',
      'InvalidParameterException',
      'Unsupported Kubernetes minor version update from 1.22 to 1.24',
    ],
    [
      'the version it has',
      '1.22',
      'InvalidParameterException',
      'Unsupported Kubernetes minor version update from 1.22 to 1.22',
    ],
    ['an unknown version', '1.99', 'InvalidParameterException', 'unsupported Kubernetes version'],
  ])('refuses %s', async (_what, version, name, message) => {
    cloud = await startTestCloud();
    await expect(clientsOf(cloud).eks.send(hop(version))).rejects.toMatchObject({ name, message });
    expect(cloud.effects()).toEqual([]);
  });

  it('refuses a second update while one is in flight', async () => {
    cloud = await startTestCloud([{}], { durations: { controlPlaneUpdate: 5 * HOUR } });
    const { eks } = clientsOf(cloud);
    const { update } = await eks.send(hop('1.23'));
    const expected = {
      name: 'ResourceInUseException',
      message: `Cannot VersionUpdate because cluster coast currently has update ${update?.id} in progress`,
    };
    await expect(eks.send(hop('1.23', 'another'))).rejects.toMatchObject(expected);
  });

  it('answers 401 for a minute after a hop, then knows its callers again', async () => {
    cloud = await startTestCloud([{}], { durations: { unauthorizedAfterUpdate: 2 * HOUR } });
    const kube = await kubeOf(cloud);
    expect((await kube('GET', '/version')).body).toMatchObject({ gitVersion: 'v1.22.17-eks-0a21954' });
    const { update } = await clientsOf(cloud).eks.send(hop('1.23'));
    await until(
      'the update',
      () => updateStatus(update?.id),
      (status) => status === 'Successful',
    );
    expect(await kube('GET', '/version')).toMatchObject({
      status: 401,
      body: { kind: 'Status', reason: 'Unauthorized' },
    });
    const answer = await until(
      'an answer',
      () => kube('GET', '/version'),
      ({ status }) => status === 200,
    );
    expect(answer.body).toMatchObject({ gitVersion: 'v1.23.17-eks-0a21954' });
  });

  it('fails with IpNotAvailable and keeps its version when told to', async () => {
    cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', name: 'update-fails' }] });
    const { eks } = clientsOf(cloud);
    const { update } = await eks.send(hop('1.23'));
    await until(
      'the update',
      () => updateStatus(update?.id),
      (status) => status === 'Failed',
    );
    const described = await eks.send(new DescribeUpdateCommand({ name: 'coast', updateId: update?.id }));
    expect(described.update?.errors).toMatchObject([{ errorCode: 'IpNotAvailable' }]);
    expect((await eks.send(new DescribeClusterCommand({ name: 'coast' }))).cluster).toMatchObject({
      status: 'ACTIVE',
      version: '1.22',
    });
  });
});

describe('identity', () => {
  it('says who the access key is, and refuses unknown keys and wrong secrets', async () => {
    cloud = await startTestCloud();
    const { sts } = clientsOf(cloud);
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:user/eks-upgrade-bot`,
    });
    const [known] = cloud.principals;
    const wrongSecret = clientsOf(cloud, '', {
      accessKeyId: known?.accessKeyId ?? '',
      secretAccessKey: 'wrong',
      arn: '',
    });
    await expect(wrongSecret.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    const unknown = clientsOf(cloud, '', { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x', arn: '' });
    await expect(unknown.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
  });

  it('lets a role be assumed where the options say so; its cluster is seen with it only', async () => {
    const role = 'arn:aws:iam::444455556666:role/upgrader';
    cloud = await startTestCloud([{ account: '444455556666' }], {
      assumableRoles: [role],
      principals: [{ accessKeyId: 'AKIABOT', secretAccessKey: 'secret', arn: `arn:aws:iam::${ACCOUNT}:user/bot` }],
    });
    const { sts, eks } = clientsOf(cloud);
    await expect(eks.send(new DescribeClusterCommand({ name: 'coast' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'run-1' }));
    const assumed = clientsOf(cloud, '', {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      arn: '',
    });
    expect((await assumed.eks.send(new DescribeClusterCommand({ name: 'coast' }))).cluster?.version).toBe('1.22');
    await expect(
      sts.send(new AssumeRoleCommand({ RoleArn: `${role}-other`, RoleSessionName: 'run-1' })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
