import {
  type AutoScalingGroup,
  autoScalingGroups,
  instancesOf,
  isBeingDeleted,
  scalingOf,
  setDesired,
  sizesOf,
  terminateInstance,
} from '../world/auto-scaling.ts';
import { AwsError } from './errors.ts';
import type { QueryHandler } from './query-protocol.ts';
import { listIn, pageOf } from './query-protocol.ts';
import type { AwsRequest } from './request.ts';
import type { Xml } from './xml.ts';

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/ */
export const autoScalingOperations: Record<string, QueryHandler<AwsRequest>> = {
  DescribeAutoScalingGroups: describeGroups,
  DescribeScalingActivities: describeActivities,
  SetDesiredCapacity: (request, form) => {
    const desired = Number(form.get('DesiredCapacity'));
    setDesired(request.world, groupNamed(request, form), { desired, actor: request.actor });
    return {};
  },
  TerminateInstanceInAutoScalingGroup: (request, form) => {
    const instanceId = form.get('InstanceId') ?? '';
    if (form.get('ShouldDecrementDesiredCapacity') !== 'true')
      throw new AwsError('ValidationError', 'the simulator only terminates and decrements', 400);
    terminateInstance(request.world, groupsOf(request), { instanceId, actor: request.actor });
    return { Activity: { ActivityId: instanceId, StatusCode: 'InProgress', Cause: 'user request', Progress: 0 } };
  },
};

/** The cluster's name or one of its groups' by which a fault knows which cluster a call is about. */
export function groupOfInstance(request: AwsRequest, instanceId: string | null): string | undefined {
  if (instanceId === null) return undefined;
  const now = request.world.clock.now();
  return groupsOf(request).find((group) => instancesOf(group, now).some(({ id }) => id === instanceId))?.name;
}

function groupsOf({ world, region, principal, nowOf }: AwsRequest): AutoScalingGroup[] {
  const visible = world.clusters.filter(
    (cluster) => cluster.region === region && cluster.account === principal.account,
  );
  return autoScalingGroups(visible, nowOf);
}

function groupNamed(request: AwsRequest, form: URLSearchParams): AutoScalingGroup {
  const name = form.get('AutoScalingGroupName');
  const found = groupsOf(request).find((group) => group.name === name);
  if (found === undefined)
    throw new AwsError('ValidationError', `AutoScalingGroup name not found - no such group: ${name}`, 400);
  return found;
}

const PAGE = 50;

function describeGroups(request: AwsRequest, form: URLSearchParams): Xml {
  const names = listIn(form, 'AutoScalingGroupNames.member');
  const filters = filtersIn(form);
  const groups = groupsOf(request)
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .filter((group) => filters.every(({ tag, values }) => values.includes(tagsOf(group)[tag] ?? '')));
  const { page, next } = pageOf(groups, form.get('NextToken'), PAGE);
  return { AutoScalingGroups: { member: page.map((group) => groupXml(request, group)) }, NextToken: next };
}

function filtersIn(form: URLSearchParams): { tag: string; values: string[] }[] {
  const filters: { tag: string; values: string[] }[] = [];
  for (let index = 1; form.has(`Filters.member.${index}.Name`); index += 1) {
    const name = form.get(`Filters.member.${index}.Name`) ?? '';
    if (!name.startsWith('tag:')) throw new AwsError('ValidationError', `the simulator has no filter ${name}`, 400);
    filters.push({ tag: name.slice('tag:'.length), values: listIn(form, `Filters.member.${index}.Values.member`) });
  }
  return filters;
}

/** CloudFormation hands the stack's tags on, and adds its own: aws-properties-resource-tags.html. */
function tagsOf({ stack, cluster }: AutoScalingGroup): Record<string, string> {
  return {
    ...stack.tags,
    [`kubernetes.io/cluster/${cluster.name}`]: 'owned',
    'aws:cloudformation:stack-name': stack.name,
    'aws:cloudformation:stack-id': stack.id,
    'aws:cloudformation:logical-id': 'NodeGroup',
  };
}

function groupXml(request: AwsRequest, group: AutoScalingGroup): Xml {
  const now = request.nowOf(group.cluster);
  const { min, max, desired } = sizesOf(group, now);
  return {
    AutoScalingGroupName: group.name,
    MinSize: min,
    MaxSize: max,
    DesiredCapacity: desired,
    DefaultCooldown: 300,
    AvailabilityZones: { member: [`${group.cluster.region}a`] },
    HealthCheckType: 'EC2',
    CreatedTime: new Date(group.stack.createdAt).toISOString(),
    Status: isBeingDeleted(group, now) ? 'Delete in progress' : undefined,
    Instances: {
      member: instancesOf(group, now).map((instance) => ({
        InstanceId: instance.id,
        InstanceType: instance.instanceType,
        AvailabilityZone: instance.zone,
        LifecycleState: instance.leaving ? 'Terminating' : now < instance.launchedAt ? 'Pending' : 'InService',
        HealthStatus: 'Healthy',
        ProtectedFromScaleIn: false,
      })),
    },
    Tags: {
      member: Object.entries(tagsOf(group)).map(([Key, Value]) => ({
        Key,
        Value,
        ResourceId: group.name,
        ResourceType: 'auto-scaling-group',
        PropagateAtLaunch: true,
      })),
    },
  };
}

/** Only launches that failed: the others nobody asks for. */
function describeActivities(request: AwsRequest, form: URLSearchParams): Xml {
  const group = groupNamed(request, form);
  const now = request.nowOf(group.cluster);
  const activities = scalingOf(group.stack).activities.filter(({ at }) => at <= now);
  const { page, next } = pageOf(activities, form.get('NextToken'), Number(form.get('MaxRecords') ?? 100));
  const member = page.map(({ id, at, description, cause, message }) => ({
    ActivityId: id,
    AutoScalingGroupName: group.name,
    Description: description,
    Cause: `At ${new Date(at).toISOString()} ${cause}`,
    StartTime: new Date(at).toISOString(),
    EndTime: new Date(at).toISOString(),
    StatusCode: 'Failed',
    StatusMessage: message,
    Progress: 100,
  }));
  return { Activities: { member }, NextToken: next };
}
