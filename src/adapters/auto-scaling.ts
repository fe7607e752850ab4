import type { Activity, AutoScalingClient, AutoScalingGroup, Filter } from '@aws-sdk/client-auto-scaling';
import type { FailedLaunch, ScalingGroup } from '#src/domain/empty-group-proof.ts';
import type { AutoScaling, ClusterScalingGroup } from '#src/ports/auto-scaling.ts';
import { type AdapterLogger, awsCaller } from './aws-call.ts';
import type { AwsClients } from './aws-clients.ts';

type Deps = { clients: Pick<AwsClients, 'autoScaling'>; cluster: string; logger: AdapterLogger };

/** A call's filter takes at most five hundred values; https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Filter.html */
const STACKS_A_CALL = 100;

/**
 * CloudFormation marks what it makes with this tag, whatever eksctl's own tags are called:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
 */
const STACK_TAG = 'aws:cloudformation:stack-name';

export function createAutoScaling({ clients, cluster, logger }: Deps): AutoScaling {
  const call = awsCaller({ service: 'autoscaling', cluster, logger });
  return {
    groupsOf: async (stackNames) => {
      const groups: ScalingGroup[] = [];
      for (let start = 0; start < stackNames.length; start += STACKS_A_CALL) {
        const found = await call('DescribeAutoScalingGroups', async () =>
          groupsTagged(await clients.autoScaling(), stackNames.slice(start, start + STACKS_A_CALL)),
        );
        groups.push(...found.flatMap(toScalingGroup));
      }
      return groups;
    },
    ofCluster: (name) =>
      call('DescribeAutoScalingGroups', async () => {
        const owned = { Name: `tag:kubernetes.io/cluster/${name}`, Values: ['owned'] };
        return (await groupsMatching(await clients.autoScaling(), owned)).flatMap(toClusterGroup);
      }),
    setDesired: async ({ group, desired }) => {
      const { SetDesiredCapacityCommand } = await import('@aws-sdk/client-auto-scaling');
      await call('SetDesiredCapacity', async () =>
        (await clients.autoScaling()).send(
          new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity: desired }),
        ),
      );
    },
    removeInstance: async (InstanceId) => {
      const { TerminateInstanceInAutoScalingGroupCommand } = await import('@aws-sdk/client-auto-scaling');
      await call('TerminateInstanceInAutoScalingGroup', async () =>
        (await clients.autoScaling()).send(
          new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
        ),
      );
    },
    failedLaunches: async (group, since) => {
      const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
      // Newest first; the group is new, and of one that fails again and again the newest say enough.
      const { Activities = [] } = await call('DescribeScalingActivities', async () =>
        (await clients.autoScaling()).send(
          new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group, MaxRecords: 20 }),
        ),
      );
      return Activities.filter(({ StatusCode }) => StatusCode === 'Failed')
        .map(toFailedLaunch)
        .filter(({ at }) => at >= since);
    },
  };
}

function groupsTagged(client: AutoScalingClient, stackNames: string[]): Promise<AutoScalingGroup[]> {
  return groupsMatching(client, { Name: `tag:${STACK_TAG}`, Values: stackNames });
}

async function groupsMatching(client: AutoScalingClient, filter: Filter): Promise<AutoScalingGroup[]> {
  const { paginateDescribeAutoScalingGroups } = await import('@aws-sdk/client-auto-scaling');
  const groups: AutoScalingGroup[] = [];
  for await (const page of paginateDescribeAutoScalingGroups({ client }, { Filters: [filter] }))
    groups.push(...(page.AutoScalingGroups ?? []));
  return groups;
}

/** EKS tags the groups of managed node groups with `eks:nodegroup-name`: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html */
function toClusterGroup({
  AutoScalingGroupName = '',
  Tags = [],
  Status,
  ...group
}: AutoScalingGroup): ClusterScalingGroup[] {
  if (Status !== undefined) return [];
  const tag = (key: string) => Tags.find(({ Key }) => Key === key)?.Value ?? null;
  const { MinSize: min = 0, MaxSize: max = 0 } = group;
  const managed = tag('eks:nodegroup-name') !== null;
  return [{ name: AutoScalingGroupName, stackName: tag(STACK_TAG), managed, sizes: { min, max } }];
}

/** `Status` is only there while the group is being deleted. */
function toScalingGroup(group: AutoScalingGroup): ScalingGroup[] {
  const stackName = group.Tags?.find(({ Key }) => Key === STACK_TAG)?.Value;
  if (stackName === undefined || group.Status !== undefined) return [];
  const { MinSize: min = 0, MaxSize: max = 0, DesiredCapacity: desired = 0, Instances = [] } = group;
  return [
    {
      name: group.AutoScalingGroupName ?? '',
      stackName,
      sizes: { min, max, desired },
      instances: Instances.map(({ InstanceId = '', LifecycleState = '' }) => ({
        id: InstanceId,
        state: LifecycleState,
      })),
    },
  ];
}

/**
 * The codes and words with which EC2 says that it has none, or lets this account have none: quotas are a matter of
 * capacity too. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-capacity.html, and
 * in buildkite/elastic-ci-stack-for-aws#851, cortexlabs/cortex#1258, deepracer-on-the-spot#55
 */
const NO_CAPACITY = new RegExp(
  [
    'Insufficient(?:Instance|Host|ReservedInstance)?Capacity',
    'UnfulfillableCapacity',
    'not have sufficient .*capacity',
    'no Spot capacity',
    'MaxSpotInstanceCountExceeded|Max spot instance count exceeded',
    'SpotMaxPriceTooLow',
    'VcpuLimitExceeded|InstanceLimitExceeded|more (?:vCPU capacity|instances) .*limit',
    'not supported in your requested Availability Zone',
  ].join('|'),
  'i',
);

function toFailedLaunch({ StartTime, StatusMessage = '', Description = '' }: Activity): FailedLaunch {
  const message = StatusMessage || Description || 'a launch failed, and AWS does not say why';
  return { at: StartTime?.getTime() ?? 0, capacity: NO_CAPACITY.test(message), message };
}
