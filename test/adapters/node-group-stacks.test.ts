import { expect, test } from 'vitest';
import { createNodeGroupStacks } from '#src/adapters/node-group-stacks.ts';
import { type AwsScript, quiet, scriptedAws, sdkError } from './scripted-aws.ts';

function stack(group: string, more: object = {}) {
  return {
    StackId: `arn:aws:cloudformation:us-west-2:111122223333:stack/eksctl-coast-nodegroup-${group}/1`,
    StackName: `eksctl-coast-nodegroup-${group}`,
    StackStatus: 'CREATE_COMPLETE',
    CreationTime: new Date(1000),
    Tags: [
      { Key: 'alpha.eksctl.io/cluster-name', Value: 'coast' },
      { Key: 'alpha.eksctl.io/nodegroup-name', Value: group },
    ],
    ...more,
  };
}

const template = (imageId: string) => ({
  TemplateBody: JSON.stringify({
    Resources: {
      NodeGroupLaunchTemplate: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: { LaunchTemplateData: { ImageId: imageId } },
      },
      NodeGroup: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { MinSize: '0', MaxSize: '5' } },
    },
  }),
});

function stacksWith(script: AwsScript) {
  const { clients, requests } = scriptedAws(script);
  const stacks = createNodeGroupStacks({ clients, cluster: 'coast', logger: quiet });
  return { stacks, requests, operations: () => requests.map(({ operation }) => operation) };
}

test('a group without nodes has the version of its image', async () => {
  const { stacks } = stacksWith({
    describeStacks: () => ({ Stacks: [stack('core-a'), { ...stack('x'), StackName: 'unrelated' }] }),
    getTemplate: () => template('ami-1'),
    describeImages: () => ({ Images: [{ ImageId: 'ami-1', Name: 'amazon-eks-node-1.22-v20230607' }] }),
  });
  expect(await stacks.list('coast')).toEqual([
    {
      stackName: 'eksctl-coast-nodegroup-core-a',
      group: 'core-a',
      kind: 'self-managed',
      status: 'CREATE_COMPLETE',
      createdAt: 1000,
      ami: { kind: 'known', imageId: 'ami-1', name: 'amazon-eks-node-1.22-v20230607', version: '1.22' },
      amiFamily: 'AmazonLinux2',
      nodeRole: null,
      bringsAccessEntry: false,
      ownRole: null,
      sizes: { min: 0, max: 5, desired: 0 },
    },
  ]);
});

test("an image of somebody's own has the family that eksctl wrote into its stack", async () => {
  const Description =
    'EKS nodes (AMI family: AmazonLinux2, SSH access: true, private networking: false) [created by eksctl]';
  const { stacks } = stacksWith({
    describeStacks: () => ({ Stacks: [stack('core-a')] }),
    getTemplate: () => ({
      TemplateBody: JSON.stringify({ Description, ...JSON.parse(template('ami-1').TemplateBody) }),
    }),
    describeImages: () => ({ Images: [{ ImageId: 'ami-1', Name: 'our-golden-image' }] }),
  });
  expect(await stacks.list('coast')).toMatchObject([{ ami: { kind: 'unknown' }, amiFamily: 'AmazonLinux2' }]);
});

test('the role of a group is known, and whether its stack brings an access entry for it', async () => {
  const role = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-a-NodeInstanceRole-1ABC';
  const Outputs = [{ OutputKey: 'InstanceRoleARN', OutputValue: role }];
  const entry = { OutputKey: 'NodeGroupUsesAccessEntry', OutputValue: 'true' };
  const { stacks } = stacksWith({
    describeStacks: () => ({
      Stacks: [stack('core-a', { Outputs }), stack('core-b', { Outputs: [...Outputs, entry] })],
    }),
    getTemplate: () => template('ami-1'),
    describeImages: () => ({ Images: [] }),
  });
  expect((await stacks.list('coast')).map((one) => [one.nodeRole, one.bringsAccessEntry])).toEqual([
    [role, false],
    [role, true],
  ]);
});

test('all images are asked for in one call, also those their owner deprecated', async () => {
  const { stacks, requests } = stacksWith({
    describeStacks: () => ({ Stacks: ['a', 'b', 'c'].map((group) => stack(group)) }),
    getTemplate: ({ StackName }: { StackName: string }) => template(StackName.includes('-a/') ? 'ami-1' : 'ami-2'),
    describeImages: () => ({ Images: [] }),
  });
  await stacks.list('coast');
  expect(requests.filter(({ operation }) => operation === 'DescribeImages').map(({ input }) => input)).toEqual([
    { Filters: [{ Name: 'image-id', Values: ['ami-1', 'ami-2'] }], IncludeDeprecated: true, IncludeDisabled: true },
  ]);
});

test('what cannot change is asked for once; a stack that was updated is read again', async () => {
  let updated: Date | undefined;
  const { stacks, operations, requests } = stacksWith({
    describeStacks: () => ({ Stacks: [stack('core-a', { LastUpdatedTime: updated })] }),
    getTemplate: () => template(updated === undefined ? 'ami-1' : 'ami-2'),
    describeImages: ({ Filters: [filter] }: { Filters: [{ Values: string[] }] }) => ({
      Images: filter.Values.map((ImageId) => ({
        ImageId,
        Name: `amazon-eks-node-${ImageId === 'ami-1' ? '1.22' : '1.23'}-v1`,
      })),
    }),
  });
  await stacks.list('coast');
  requests.length = 0;
  await stacks.list('coast');
  expect(operations()).toEqual(['DescribeStacks']);
  updated = new Date(2000);
  expect((await stacks.list('coast'))[0]?.ami).toMatchObject({ kind: 'known', version: '1.23' });
});

test.each([
  ['deregistered', [], 'its image ami-1 is deregistered or not shared with this account'],
  [
    'custom',
    [{ ImageId: 'ami-1', Name: 'our-golden-image' }],
    'its image ami-1 (our-golden-image) is a custom one whose name does not say a version',
  ],
])('a %s image is unknown, and says why', async (_, Images, why) => {
  const { stacks } = stacksWith({
    describeStacks: () => ({ Stacks: [stack('core-a')] }),
    getTemplate: () => template('ami-1'),
    describeImages: () => ({ Images }),
  });
  expect((await stacks.list('coast'))[0]?.ami).toEqual({ kind: 'unknown', why });
});

test('a stack that a list in pages passed over is asked for by its id: only CloudFormation says that it is gone', async () => {
  let isGone = false;
  let listings = 0;
  const { stacks } = stacksWith({
    describeStacks: ({ StackName }: { StackName?: string }) => {
      if (StackName !== undefined)
        return { Stacks: [stack('core-a', { StackStatus: isGone ? 'DELETE_COMPLETE' : 'DELETE_IN_PROGRESS' })] };
      listings += 1;
      return { Stacks: listings === 1 ? [stack('core-a')] : [] };
    },
    getTemplate: () => template('ami-1'),
    describeImages: () => ({ Images: [{ ImageId: 'ami-1', Name: 'amazon-eks-node-1.22-v20230607' }] }),
  });
  await stacks.list('coast');
  expect(await stacks.list('coast')).toMatchObject([{ group: 'core-a', status: 'DELETE_IN_PROGRESS' }]);
  isGone = true;
  expect(await stacks.list('coast')).toEqual([]);
});

test('all pages of stacks are read, and deleted ones left out', async () => {
  const { stacks } = stacksWith({
    describeStacks: ({ NextToken }: { NextToken?: string }) =>
      NextToken === undefined
        ? { Stacks: [stack('gone', { StackStatus: 'DELETE_COMPLETE' })], NextToken: 'more' }
        : { Stacks: [stack('going', { StackStatus: 'DELETE_IN_PROGRESS' })] },
    getTemplate: () => template('ami-1'),
    describeImages: () => ({ Images: [] }),
  });
  expect((await stacks.list('coast')).map(({ group, status }) => [group, status])).toEqual([
    ['going', 'DELETE_IN_PROGRESS'],
  ]);
});

test('a stack that is deleted while the bot looks is still listed, with an unknown image', async () => {
  const { stacks } = stacksWith({
    describeStacks: () => ({ Stacks: [stack('core-a')] }),
    getTemplate: () => {
      throw sdkError('ValidationError', 'Stack with id eksctl-coast-nodegroup-core-a does not exist');
    },
  });
  expect((await stacks.list('coast'))[0]).toMatchObject({
    group: 'core-a',
    ami: { kind: 'unknown', why: 'its stack was deleted while the bot looked' },
  });
});

test('the stack of a managed group leaves version and image to EKS', async () => {
  const managed = {
    Resources: {
      ManagedNodeGroup: {
        Type: 'AWS::EKS::Nodegroup',
        Properties: { ScalingConfig: { MinSize: 1, MaxSize: 3, DesiredSize: 2 } },
      },
    },
  };
  const { stacks, operations } = stacksWith({
    describeStacks: () => ({ Stacks: [stack('workers')] }),
    getTemplate: () => ({ TemplateBody: JSON.stringify(managed) }),
  });
  expect((await stacks.list('coast'))[0]).toMatchObject({
    kind: 'managed',
    ami: { kind: 'unknown', why: 'EKS chooses the image of a managed group' },
    sizes: { min: 1, max: 3, desired: 2 },
  });
  expect(operations()).not.toContain('DescribeImages');
});

test('a stack that is gone has no reasons for its failure, and a denied call is an error', async () => {
  const failing = (name: string, message: string) =>
    stacksWith({
      describeStackEvents: () => {
        throw sdkError(name, message);
      },
    }).stacks.failureReasons('eksctl-coast-nodegroup-core-a');
  expect(await failing('ValidationError', 'Stack [eksctl-coast-nodegroup-core-a] does not exist')).toEqual([]);
  await expect(
    failing('AccessDenied', 'User: x is not authorized to perform: cloudformation:DescribeStackEvents'),
  ).rejects.toMatchObject({ code: 'AwsAccessDenied' });
});

test('the events before the operation that failed are not read', async () => {
  const id = stack('core-a').StackId;
  const { stacks, requests } = stacksWith({
    describeStackEvents: () => ({
      StackEvents: [
        {
          StackId: id,
          LogicalResourceId: 'NodeGroup',
          PhysicalResourceId: 'asg',
          ResourceStatus: 'CREATE_FAILED',
          ResourceStatusReason: 'no capacity',
        },
        {
          StackId: id,
          LogicalResourceId: 'eksctl-coast-nodegroup-core-a',
          PhysicalResourceId: id,
          ResourceStatus: 'CREATE_IN_PROGRESS',
        },
      ],
      NextToken: 'older',
    }),
  });
  expect(await stacks.failureReasons('eksctl-coast-nodegroup-core-a')).toEqual(['NodeGroup: no capacity']);
  expect(requests).toHaveLength(1);
});
