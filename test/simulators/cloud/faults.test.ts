import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  ListUpdatesCommand,
  UpdateClusterVersionCommand,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { fetch } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { clockFromNow } from '../clock.ts';
import { type Fault, faultNames, type GroupSnapshot } from './options.ts';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { ACCOUNT, admin, clientsOf, coast, HOUR, kubeOf, modern, startTestCloud, until } from './testing.ts';
import { recommendedImage } from './versions.ts';

const MODERN = { config: modern, authenticationMode: 'API' as const };
const CORE_STACK = 'eksctl-coast-nodegroup-core-b';
const CONFIG_MAPS = '/api/v1/namespaces/kube-system/configmaps';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

const starts = async (fault: Omit<Fault, 'cluster'>, options = {}): Promise<ReturnType<typeof clientsOf>> => {
  cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', ...fault }], ...options });
  return clientsOf(cloud);
};
const describeCoast = () => clientsOf(cloud).eks.send(new DescribeClusterCommand({ name: 'coast' }));
const updateCoast = (token = 'mine') =>
  clientsOf(cloud).eks.send(
    new UpdateClusterVersionCommand({ name: 'coast', version: '1.23', clientRequestToken: token }),
  );

describe('a call to AWS', () => {
  it('is throttled as often as told, then no more', async () => {
    await starts({ name: 'throttling', times: 2 });
    await expect(describeCoast()).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 429 },
    });
    await expect(describeCoast()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect((await describeCoast()).cluster?.status).toBe('ACTIVE');
  });

  it('fails with a 5xx for as long as told', async () => {
    const { cloudformation, sts } = await starts({ name: 'server-errors', forMs: HOUR });
    await expect(describeCoast()).rejects.toMatchObject({
      name: 'ServerException',
      $metadata: { httpStatusCode: 500 },
    });
    await expect(cloudformation.send(new DescribeStacksCommand({}))).rejects.toMatchObject({ name: 'InternalFailure' });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'InternalFailure' });
    await until(
      'its end',
      () => describeCoast().catch(() => null),
      (answer) => answer !== null,
    );
  });

  it('is cut off before it has an effect', async () => {
    await starts({ name: 'connection-reset', times: 1 });
    await expect(updateCoast()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cloud.effects()).toEqual([]);
  });

  it('takes effect and loses its answer; reads are not touched', async () => {
    await starts({ name: 'answer-lost', times: 1 });
    await describeCoast();
    await expect(updateCoast()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await updateCoast()).update?.status, 'the same token, the same update').toBe('InProgress');
    expect(cloud.effects()).toHaveLength(1);
  });

  it('with an expired key is refused, also by Kubernetes; the key of a session begun later is good', async () => {
    const role = `arn:aws:iam::${ACCOUNT}:role/upgrader`;
    const { sts } = await starts({ name: 'expired-credentials' }, { assumableRoles: [role] });
    await expect(describeCoast()).rejects.toMatchObject({
      name: 'ExpiredTokenException',
      $metadata: { httpStatusCode: 403 },
    });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'ExpiredToken' });
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'bot' }));
    const session = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      arn: role,
    };
    await clientsOf(cloud, 'test', session).eks.send(new DescribeClusterCommand({ name: 'coast' }));
    cloud.setFault({ cluster: 'coast', name: 'expired-credentials' }, false);
    const kube = await kubeOf(cloud);
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(200);
    cloud.setFault({ cluster: 'coast', name: 'expired-credentials' });
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(401);
  });

  it('that changes a cluster finds it in use', async () => {
    await starts({ name: 'resource-in-use', times: 1 });
    await expect(updateCoast()).rejects.toMatchObject({
      name: 'ResourceInUseException',
      $metadata: { httpStatusCode: 409 },
    });
    await updateCoast();
  });

  it('reads what was 30 seconds ago', async () => {
    const { eks, cloudformation } = await starts(
      { name: 'stale-reads' },
      { clock: clockFromNow(40), durations: { controlPlaneUpdate: 60_000 } },
    );
    const { update } = await updateCoast();
    const ref = { name: 'coast', updateId: update?.id ?? '' };
    await expect(eks.send(new DescribeUpdateCommand(ref))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect((await eks.send(new ListUpdatesCommand({ name: 'coast' }))).updateIds).toEqual([]);
    expect((await describeCoast()).cluster?.status).toBe('ACTIVE');
    await expect(updateCoast('another'), 'a change meets what is').rejects.toMatchObject({
      name: 'ResourceInUseException',
    });
    await until(
      'the update to show',
      () => eks.send(new ListUpdatesCommand({ name: 'coast' })),
      (list) => list.updateIds?.length === 1,
    );
    expect((await cloudformation.send(new DescribeStacksCommand({}))).Stacks).not.toEqual([]);
  });
});

describe('an update', () => {
  it('by somebody else is in flight; switched on again there is still one', async () => {
    await starts({ name: 'update-by-someone-else' }, { durations: { controlPlaneUpdate: 1e9 } });
    cloud.setFault({ cluster: 'coast', name: 'update-by-someone-else' });
    expect((await describeCoast()).cluster?.status).toBe('UPDATING');
    await expect(updateCoast()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    expect(cloud.effects()).toMatchObject([{ effect: 'control-plane-update-started', caller: 'other' }]);
  });

  it('takes three hours', async () => {
    await starts({ name: 'update-takes-hours', times: 1 }, { clock: clockFromNow(60_000) });
    const began = cloud.now();
    await updateCoast();
    await until(
      'its end',
      () => cloud.snapshot('coast').version,
      (version) => version === '1.23',
    );
    expect(cloud.now() - began).toBeGreaterThan(2.9 * HOUR);
  });

  it('of a managed group fails when EC2 has no capacity, and the health of the group says why', async () => {
    cloud = await startTestCloud([MODERN], { faults: [{ cluster: 'modern', name: 'no-capacity', times: 1 }] });
    const { eks } = clientsOf(cloud);
    const group = { clusterName: 'modern', nodegroupName: 'core-a' };
    const { update } = await eks.send(new UpdateNodegroupVersionCommand(group));
    const ref = { name: 'modern', nodegroupName: 'core-a', updateId: update?.id ?? '' };
    const ended = await until(
      'its end',
      () => eks.send(new DescribeUpdateCommand(ref)),
      (answer) => answer.update?.status === 'Failed',
    );
    expect(ended.update?.errors).toMatchObject([{ errorCode: 'NodeCreationFailure' }]);
    const { nodegroup } = await eks.send(new DescribeNodegroupCommand(group));
    expect(nodegroup?.health?.issues).toMatchObject([
      { code: 'AsgInstanceLaunchFailures', message: expect.stringContaining('InsufficientInstanceCapacity') },
    ]);
    expect(cloud.snapshot('modern').nodeGroups).toMatchObject([{ nodes: 2, readyNodes: 2 }]);
  });

  it('of a managed group fails when its new node never becomes Ready; the old nodes stay', async () => {
    cloud = await startTestCloud([MODERN], { faults: [{ cluster: 'modern', name: 'nodes-never-ready', times: 1 }] });
    const { eks } = clientsOf(cloud);
    await eks.send(new UpdateNodegroupVersionCommand({ clusterName: 'modern', nodegroupName: 'core-a' }));
    const look = () => cloud.snapshot('modern').nodeGroups[0];
    await until('a third node', look, (group) => group?.nodes === 3 && group.readyNodes === 2);
    expect(await until('its end', look, (group) => group?.nodes === 2)).toMatchObject({ readyNodes: 2 });
  });
});

describe('a stack', () => {
  it('rolls back when EC2 has no capacity for its nodes', async () => {
    const { cloudformation } = await starts({ name: 'no-capacity' });
    await cloudformation.send(new CreateStackCommand(coreStack(1)));
    const end = await until(
      'its end',
      () => statusOf('core-b'),
      (status) => status?.endsWith('_COMPLETE') === true,
    );
    expect(end).toBe('ROLLBACK_COMPLETE');
  });

  it('without nodes does not need capacity', async () => {
    const { cloudformation } = await starts({ name: 'no-capacity' });
    await cloudformation.send(new CreateStackCommand(coreStack(0)));
    const end = await until(
      'its end',
      () => statusOf('core-b'),
      (status) => status?.endsWith('_COMPLETE') === true,
    );
    expect(end).toBe('CREATE_COMPLETE');
  });

  it('is complete, but its nodes are never Ready, until the switch is off', async () => {
    const faults = [{ cluster: 'coast', name: 'nodes-never-ready' as const, times: 1 }];
    cloud = await startTestCloud([{ authenticationMode: 'API' }], { faults });
    await clientsOf(cloud).cloudformation.send(new CreateStackCommand(coreStack(1)));
    await until(
      'its node',
      () => groupNow('core-b'),
      (group) => group?.nodes === 1,
    );
    const joined = cloud.now();
    await until(
      'an hour',
      () => cloud.now(),
      (now) => now > joined + HOUR,
    );
    expect(groupNow('core-b')).toMatchObject({ stackStatus: 'CREATE_COMPLETE', nodes: 1, readyNodes: 0 });
    cloud.setFault({ cluster: 'coast', name: 'nodes-never-ready' }, false);
    expect(groupNow('core-b')?.readyNodes).toBe(1);
  });

  it('is deleted by hand', async () => {
    await starts({ name: 'update-fails' });
    cloud.setFault({ cluster: 'coast', name: 'stack-deleted-by-hand', nodeGroup: 'nb-m5-large' });
    await until(
      'the group to be gone',
      () => statusOf('nb-m5-large'),
      (status) => status === undefined,
    );
    expect(cloud.effects()).toMatchObject([
      { effect: 'stack-delete-started', caller: 'other', stack: 'eksctl-coast-nodegroup-nb-m5-large' },
    ]);
  });
});

describe('an API server', () => {
  it('takes no connection, and closes those it had', async () => {
    await starts({ name: 'update-fails' });
    const kube = await kubeOf(cloud);
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(200);
    cloud.setFault({ cluster: 'coast', name: 'api-server-away' });
    await expect(kube('GET', '/api/v1/nodes')).rejects.toThrow('fetch failed');
    await expect(kube('GET', '/api/v1/nodes')).rejects.toThrow('fetch failed');
    cloud.setFault({ cluster: 'coast', name: 'api-server-away' }, false);
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(200);
  });

  it('answers 429 in plain text, with Retry-After', async () => {
    await starts({ name: 'api-server-busy', times: 1 });
    const kube = await kubeOf(cloud);
    await expect(kube('GET', '/api/v1/nodes'), 'it is no JSON').rejects.toThrow(/JSON/);
    expect((await kube('GET', '/api/v1/nodes')).status).toBe(200);
  });

  it('refuses changes in the words of a webhook, and no reads', async () => {
    await starts({ name: 'webhook-denies' });
    const kube = await kubeOf(cloud);
    const { body } = await kube('GET', `${CONFIG_MAPS}/aws-auth`);
    expect(await kube('PUT', `${CONFIG_MAPS}/aws-auth`, { body })).toMatchObject({
      status: 403,
      body: {
        reason: 'Forbidden',
        message: expect.stringMatching(
          /^configmaps "aws-auth" is forbidden: admission webhook "\S+" denied the request: /,
        ),
      },
    });
  });

  it('gets a certificate of a new authority, and DescribeCluster hands that out', async () => {
    await starts({ name: 'update-fails' });
    const kube = await kubeOf(cloud);
    await kube('GET', '/api/v1/nodes');
    const before = (await describeCoast()).cluster?.certificateAuthority?.data;
    cloud.setFault({ cluster: 'coast', name: 'new-certificate-authority' });
    await until('another authority', describeCoast, ({ cluster }) => cluster?.certificateAuthority?.data !== before);
    await expect(kube('GET', '/api/v1/nodes')).rejects.toThrow('fetch failed');
    expect((await (await kubeOf(cloud))('GET', '/api/v1/nodes')).status).toBe(200);
  });
});

describe('every switch', () => {
  it('can be turned on and off through the control API at any moment', async () => {
    cloud = await startTestCloud([{}, MODERN]);
    for (const cluster of ['coast', 'modern']) {
      for (const name of faultNames) {
        for (const on of [true, true, false, false]) {
          const answer = await fetch(`${cloud.controlUrl}/faults`, {
            method: 'POST',
            body: JSON.stringify({ cluster, name, times: 1, on }),
          });
          expect(answer.status, `${name} ${on ? 'on' : 'off'}`).toBe(200);
        }
      }
    }
  });
});

describe('what others have made beside eksctl', () => {
  it('is a stack without its tags, an Auto Scaling group that the cluster owns, and a Ready node without the label of a group', async () => {
    const { cloudformation } = await starts({ name: 'group-by-hand' });
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: 'nodes-by-hand' }));
    expect(Stacks).toMatchObject([{ StackStatus: 'CREATE_COMPLETE', Tags: [] }]);
    const scaling = new AutoScalingClient({ endpoint: cloud.awsUrl, region: 'us-west-2', credentials: admin });
    const owned = { Name: 'tag:kubernetes.io/cluster/coast', Values: ['owned'] };
    const { AutoScalingGroups = [] } = await scaling.send(new DescribeAutoScalingGroupsCommand({ Filters: [owned] }));
    expect(
      AutoScalingGroups.map(
        ({ AutoScalingGroupName = '' }) =>
          /nodegroup-[\w-]+?(?=-NodeGroup)|^nodes-by-hand/.exec(AutoScalingGroupName)?.[0],
      ),
    ).toContain('nodes-by-hand');
    const kube = await kubeOf(cloud);
    const { body } = await kube('GET', '/api/v1/nodes');
    const nodes = body['items'] as { metadata: { labels: Record<string, string> }; status: { conditions: object[] } }[];
    const without = nodes.filter(({ metadata }) => metadata.labels['alpha.eksctl.io/nodegroup-name'] === undefined);
    expect(without.map(({ status }) => status.conditions)).toEqual([[expect.objectContaining({ status: 'True' })]]);
    expect(cloud.snapshot('coast').nodeGroups.map(({ name }) => name)).not.toContain('nodes-by-hand');
  });
});

function groupNow(group: string): GroupSnapshot | undefined {
  return cloud.snapshot('coast').nodeGroups.find(({ name }) => name === group);
}

function statusOf(group: string): string | undefined {
  return groupNow(group)?.stackStatus;
}

function coreStack(nodes: number) {
  const image = recommendedImage({ version: '1.22', region: 'us-west-2', family: 'AL2', accelerated: false });
  const TemplateBody = JSON.stringify({
    Resources: {
      NodeInstanceRole: { Type: 'AWS::IAM::Role', Properties: {} },
      NodeGroupLaunchTemplate: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: { LaunchTemplateData: { ImageId: image?.imageId ?? '', InstanceType: 'm5.large' } },
      },
      AccessEntry: { Type: 'AWS::EKS::AccessEntry', Properties: { Type: 'EC2_LINUX' } },
      NodeGroup: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: { MinSize: '0', MaxSize: '3', DesiredCapacity: String(nodes) },
      },
    },
  });
  const tags = { 'cluster-name': coast.metadata.name, 'nodegroup-name': 'core-b', 'nodegroup-type': 'unmanaged' };
  const Tags = Object.entries(tags).map(([key, Value]) => ({ Key: `alpha.eksctl.io/${key}`, Value }));
  return { StackName: CORE_STACK, TemplateBody, Tags, Capabilities: ['CAPABILITY_IAM' as const] };
}
