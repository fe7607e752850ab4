import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { objectAt, textAt } from './json.ts';
import type { GroupSnapshot } from './options.ts';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import type { Kube } from './testing.ts';
import { clientsOf, HOUR, kubeOf, startTestCloud, until } from './testing.ts';
import { recommendedImage } from './versions.ts';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

const AWS_AUTH = '/api/v1/namespaces/kube-system/configmaps/aws-auth';
const stackName = 'eksctl-coast-nodegroup-core-b';

function template(
  imageId = recommendedImage({ version: '1.22', region: 'us-west-2', family: 'AL2', accelerated: false })?.imageId,
): string {
  return JSON.stringify({
    Resources: {
      NodeInstanceRole: { Type: 'AWS::IAM::Role', Properties: {} },
      NodeGroupLaunchTemplate: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: { LaunchTemplateData: { ImageId: imageId, InstanceType: 'm5.xlarge' } },
      },
      NodeGroup: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: { MinSize: '1', MaxSize: '6', DesiredCapacity: '1' },
      },
    },
    Outputs: { InstanceRoleARN: { Value: { 'Fn::GetAtt': ['NodeInstanceRole', 'Arn'] } } },
  });
}

function create(body = template()): CreateStackCommand {
  const tags = {
    'alpha.eksctl.io/cluster-name': 'coast',
    'alpha.eksctl.io/nodegroup-name': 'core-b',
    'alpha.eksctl.io/nodegroup-type': 'unmanaged',
  };
  return new CreateStackCommand({
    StackName: stackName,
    TemplateBody: body,
    Capabilities: ['CAPABILITY_IAM'],
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
}

function group(name: string): GroupSnapshot | undefined {
  return cloud.snapshot('coast').nodeGroups.find((candidate) => candidate.name === name);
}

async function roleOf(stack: string): Promise<string> {
  const { Stacks } = await clientsOf(cloud).cloudformation.send(new DescribeStacksCommand({ StackName: stack }));
  return Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'InstanceRoleARN')?.OutputValue ?? '';
}

async function mapRole(kube: Kube, rolearn: string): Promise<number> {
  const { body } = await kube('GET', AWS_AUTH);
  const roles = parse(textAt(body, 'data', 'mapRoles') ?? '[]') as unknown[];
  const mapping = {
    rolearn,
    username: 'system:node:{{EC2PrivateDNSName}}',
    groups: ['system:bootstrappers', 'system:nodes'],
  };
  const data = { ...objectAt(body, 'data'), mapRoles: stringify([...roles, mapping]) };
  return (await kube('PUT', AWS_AUTH, { body: { ...body, data } })).status;
}

describe('a self-managed node group', () => {
  it('is complete without nodes while its role is unmapped; mapped, the node joins and gets Ready', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    await clientsOf(cloud).cloudformation.send(create());
    const launched = cloud.now();
    await until(
      'the stack',
      () => group('core-b'),
      (found) => found?.stackStatus === 'CREATE_COMPLETE',
    );
    await until(
      'ten minutes',
      () => cloud.now(),
      (now) => now > launched + 10 * 60_000,
    );
    expect(group('core-b')).toMatchObject({ version: '1.22', nodes: 0, kind: 'self-managed' });
    expect(await mapRole(kube, await roleOf(stackName))).toBe(200);
    await until(
      'a Ready node',
      () => group('core-b'),
      (found) => found?.readyNodes === 1,
    );
    const { body } = await kube('GET', '/api/v1/nodes?labelSelector=alpha.eksctl.io/nodegroup-name%3Dcore-b');
    expect(body).toMatchObject({ items: [{ status: { nodeInfo: { kubeletVersion: 'v1.22.17-eks-0a21954' } } }] });
  });

  it('joins by the access entry in its own stack where the cluster has access entries', async () => {
    cloud = await startTestCloud([{ authenticationMode: 'API_AND_CONFIG_MAP' }]);
    const body = JSON.parse(template()) as { Resources: Record<string, unknown> };
    body.Resources['AccessEntry'] = {
      Type: 'AWS::EKS::AccessEntry',
      Properties: {
        PrincipalArn: { 'Fn::GetAtt': ['NodeInstanceRole', 'Arn'] },
        ClusterName: 'coast',
        Type: 'EC2_LINUX',
      },
    };
    await clientsOf(cloud).cloudformation.send(create(JSON.stringify(body)));
    const ready = await until(
      'a Ready node',
      () => group('core-b'),
      (found) => found?.readyNodes === 1,
    );
    expect(ready).toMatchObject({ nodes: 1, version: '1.22' });
    expect(group('core-a')).toMatchObject({ readyNodes: 1 });
  });

  it('refuses a stack whose name exists, also while it is being deleted', async () => {
    cloud = await startTestCloud([{}], { durations: { emptyStackDelete: HOUR, stackDelete: HOUR } });
    const { cloudformation } = clientsOf(cloud);
    await cloudformation.send(create());
    await expect(cloudformation.send(create())).rejects.toMatchObject({ name: 'AlreadyExistsException' });
    await cloudformation.send(new DeleteStackCommand({ StackName: stackName }));
    expect(group('core-b')?.stackStatus).toBe('DELETE_IN_PROGRESS');
    await expect(cloudformation.send(create())).rejects.toMatchObject({ name: 'AlreadyExistsException' });
    await until(
      'the end of the stack',
      () => group('core-b'),
      (found) => found === undefined,
    );
    await cloudformation.send(create());
  });

  it('takes its nodes and the users on them along when it is deleted, in its own time', async () => {
    cloud = await startTestCloud([{ activity: 5 }], { durations: { stackDelete: HOUR } });
    expect(cloud.snapshot('coast').activity).toBe(5);
    await clientsOf(cloud).cloudformation.send(
      new DeleteStackCommand({ StackName: 'eksctl-coast-nodegroup-nb-m5-large' }),
    );
    expect(group('nb-m5-large')).toMatchObject({ stackStatus: 'DELETE_IN_PROGRESS' });
    await until(
      'the end of the stack',
      () => group('nb-m5-large'),
      (found) => found === undefined,
    );
    expect(cloud.snapshot('coast').activity).toBe(0);
    expect(cloud.effects()).toMatchObject([{ effect: 'stack-delete-started', userPods: 5, nodes: 1 }]);
  });

  it('is deleted silently when it is not there', async () => {
    cloud = await startTestCloud();
    await clientsOf(cloud).cloudformation.send(new DeleteStackCommand({ StackName: 'eksctl-coast-nodegroup-nobody' }));
    expect(cloud.effects()).toEqual([]);
  });

  it.each([
    ['told to', undefined, [{ cluster: 'coast', name: 'stack-rolls-back' as const }], 'vCPU'],
    ['its AMI does not exist', 'ami-00000000000000000', [], "The image id '[ami-00000000000000000]' does not exist"],
  ])('rolls back when %s, and the events say why', async (_why, imageId, faults, reason) => {
    cloud = await startTestCloud([{}], { faults });
    const { cloudformation } = clientsOf(cloud);
    await cloudformation.send(create(template(imageId)));
    await until(
      'the roll-back',
      () => group('core-b'),
      (found) => found?.stackStatus === 'ROLLBACK_COMPLETE',
    );
    const { StackEvents } = await cloudformation.send(new DescribeStackEventsCommand({ StackName: stackName }));
    const failed = StackEvents?.find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
    expect(failed?.ResourceStatusReason).toContain(reason);
    expect(group('core-b')?.nodes).toBe(0);
  });

  it('stays in DELETE_FAILED when told to, and can be deleted again', async () => {
    cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', name: 'delete-fails', times: 1 }] });
    const { cloudformation } = clientsOf(cloud);
    const StackName = 'eksctl-coast-nodegroup-dask-m5-large';
    const status = () => group('dask-m5-large')?.stackStatus;
    await cloudformation.send(new DeleteStackCommand({ StackName }));
    await until('the failure', status, (found) => found === 'DELETE_FAILED');
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    expect(Stacks?.[0]?.StackStatusReason).toContain('failed to delete: [NodeInstanceRole]');
    await cloudformation.send(new DeleteStackCommand({ StackName }));
    await until('the end of the stack', status, (found) => found === undefined);
  });

  it('refuses IAM resources without the capability', async () => {
    cloud = await startTestCloud();
    const bare = new CreateStackCommand({ StackName: stackName, TemplateBody: template() });
    await expect(clientsOf(cloud).cloudformation.send(bare)).rejects.toMatchObject({
      name: 'InsufficientCapabilitiesException',
    });
  });
});

describe('a seeded world', () => {
  it('leaves no stack out of its pages when one of the page before is deleted meanwhile', async () => {
    const names = Array.from({ length: 11 }, (_, index) => `nb-${index}`);
    const nodeGroups = names.map((name) => ({ name, minSize: 0, desiredCapacity: 0, maxSize: 9 }));
    cloud = await startTestCloud([
      { config: { metadata: { name: 'coast', region: 'us-west-2', version: '1.21' }, nodeGroups } },
    ]);
    const { cloudformation } = clientsOf(cloud);
    const { Stacks: first = [], NextToken } = await cloudformation.send(new DescribeStacksCommand({}));
    cloud.setFault({ cluster: 'coast', name: 'stack-deleted-by-hand', nodeGroup: 'nb-3' });
    const { Stacks: second = [] } = await cloudformation.send(new DescribeStacksCommand({ NextToken }));
    const seen = [...first, ...second].map(({ StackName = '' }) => StackName);
    expect(seen).toEqual(expect.arrayContaining(names.map((name) => `eksctl-coast-nodegroup-${name}`)));
  });

  it('pages its stacks, shows their templates, and names the AMI behind a group without nodes', async () => {
    const nodeGroups = Array.from({ length: 14 }, (_, index) => ({
      name: `nb-${index}`,
      minSize: 0,
      desiredCapacity: 0,
      maxSize: 9,
    }));
    cloud = await startTestCloud([
      { config: { metadata: { name: 'coast', region: 'us-west-2', version: '1.21' }, nodeGroups } },
    ]);
    const { cloudformation, ec2 } = clientsOf(cloud);
    const first = await cloudformation.send(new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE'] }));
    expect(first.StackSummaries).toHaveLength(10);
    const second = await cloudformation.send(
      new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE'], NextToken: first.NextToken }),
    );
    expect(
      [...(first.StackSummaries ?? []), ...(second.StackSummaries ?? [])].map(({ StackName }) => StackName),
    ).toHaveLength(15);
    const { TemplateBody } = await cloudformation.send(
      new GetTemplateCommand({ StackName: 'eksctl-coast-nodegroup-nb-3' }),
    );
    const imageId = /"ImageId":"([^"]+)"/.exec(TemplateBody ?? '')?.[1] ?? '';
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    expect(Images).toMatchObject([{ Name: 'amazon-eks-node-1.21-v20240703', ImageId: imageId }]);
    const byName = await ec2.send(
      new DescribeImagesCommand({
        Filters: [{ Name: 'name', Values: ['amazon-eks-node-al2023-x86_64-standard-1.34-v*'] }],
      }),
    );
    expect(byName.Images?.map(({ Name }) => Name)).toEqual([
      'amazon-eks-node-al2023-x86_64-standard-1.34-v20250915',
      'amazon-eks-node-al2023-x86_64-standard-1.34-v20260714',
    ]);
  });
});
