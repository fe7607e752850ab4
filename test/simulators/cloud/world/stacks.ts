import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/errors.ts';
import type { DeniedResource } from '../rights/stack-actions.ts';
import { imageOf } from '../versions.ts';
import type { GroupTrouble } from './group-troubles.ts';
import { groupTrouble, stackTrouble } from './group-troubles.ts';
import { groupNameOf, startGroup, stopGroup } from './groups.ts';
import { policyInTheWay } from './role-policies.ts';
import type { GroupTemplate, Template } from './template.ts';
import { groupOf, parseTemplate, physicalResources, resolve } from './template.ts';
import type { Actor, Cluster, Stack, StackResource, World } from './world.ts';

/**
 * CloudFormation stacks: their life as a function of time.
 * Statuses: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 */
export function stackStatus(stack: Stack, now: number): string {
  const deletion = stack.deletions.findLast(({ startedAt }) => startedAt <= now);
  if (deletion !== undefined) {
    if (now < deletion.endsAt) return 'DELETE_IN_PROGRESS';
    return deletion.outcome === 'deleted' ? 'DELETE_COMPLETE' : 'DELETE_FAILED';
  }
  const { creation } = stack;
  switch (creation.kind) {
    case 'completes':
      return now < creation.at ? 'CREATE_IN_PROGRESS' : 'CREATE_COMPLETE';
    case 'fails':
      return now < creation.at ? 'CREATE_IN_PROGRESS' : 'CREATE_FAILED';
    case 'rolls-back':
      if (now < creation.failsAt) return 'CREATE_IN_PROGRESS';
      return now < creation.at ? 'ROLLBACK_IN_PROGRESS' : 'ROLLBACK_COMPLETE';
    default:
      return creation satisfies never;
  }
}

/** Stacks that exist: everything but DELETE_COMPLETE. */
export function liveStacks(cluster: Cluster, now: number): Stack[] {
  return cluster.stacks.filter((stack) => stack.createdAt <= now && stackStatus(stack, now) !== 'DELETE_COMPLETE');
}

export type CreateStackRequest = {
  name: string;
  template: string;
  tags: Record<string, string>;
  capabilities: string[];
  disableRollback: boolean;
  /** A stack of a seeded world: made long ago, with this many nodes; no fault strikes it. */
  seeded?: { at: number; nodes: number };
  /** What CloudFormation may not make for the caller; absent: it may make everything. */
  deniedOf?: (resources: StackResource[]) => DeniedResource | null;
};

export function createStack(world: World, cluster: Cluster, request: CreateStackRequest): Stack {
  const template = parseTemplate(request.template);
  const needsIam = template.resources.some(({ type }) => type.startsWith('AWS::IAM::'));
  if (needsIam && !request.capabilities.some((capability) => capability.startsWith('CAPABILITY_'))) {
    throw new AwsError('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_IAM]', 400);
  }
  const id = `arn:aws:cloudformation:${cluster.region}:${cluster.account}:stack/${request.name}/${randomUUID()}`;
  const context = { stackName: request.name, stackId: id, region: cluster.region, account: cluster.account };
  const resources = physicalResources(template, context);
  const group = groupOf(template);
  const trouble =
    group === null || request.seeded !== undefined
      ? null
      : groupTrouble(world, cluster, { nodes: group.sizes.desired, group: groupNameOf(request) });
  const stack: Stack = {
    id,
    name: request.name,
    description: template.description,
    template: request.template,
    tags: request.tags,
    capabilities: request.capabilities,
    createdAt: request.seeded?.at ?? world.clock.now(),
    creation: creationOf(world, cluster, { template, group, request, trouble, denied: request.deniedOf?.(resources) }),
    deletions: [],
    resources,
    outputs: Object.entries(template.outputs).map(([key, output]) => ({
      key,
      value: resolve(objectOf(output)['Value'], resources, context),
      exportName:
        objectOf(output)['Export'] === undefined
          ? null
          : resolve(objectOf(objectOf(output)['Export'])['Name'], resources, context),
    })),
  };
  cluster.stacks.push(stack);
  if (group !== null && stack.creation.kind === 'completes')
    startGroup(world, cluster, {
      stack,
      group,
      template,
      nodes: request.seeded?.nodes,
      unwell: trouble === 'never-ready',
    });
  return stack;
}

function objectOf(value: unknown): Record<string, never> {
  return (typeof value === 'object' && value !== null ? value : {}) as Record<string, never>;
}

type Creating = {
  template: Template;
  group: GroupTemplate | null;
  request: CreateStackRequest;
  trouble: GroupTrouble | null;
  denied: DeniedResource | null | undefined;
};

function creationOf(
  world: World,
  cluster: Cluster,
  { template, group, request, trouble, denied }: Creating,
): Stack['creation'] {
  const { stackCreate, stackRollback } = world.durations;
  const begins = request.seeded?.at ?? world.clock.now();
  const failure =
    denied ??
    (group === null || request.seeded !== undefined
      ? null
      : failureOf(world, cluster, { template, group, trouble, nodeGroup: groupNameOf(request) }));
  if (failure === null) return { kind: 'completes', at: begins + stackCreate };
  const failsAt = begins + stackCreate / 2;
  return request.disableRollback
    ? { kind: 'fails', at: failsAt, ...failure }
    : { kind: 'rolls-back', failsAt, at: failsAt + stackRollback, ...failure };
}

type Failure = { logicalId: string; type: string; reason: string };

function failureOf(
  world: World,
  cluster: Cluster,
  {
    template,
    group,
    trouble,
    nodeGroup,
  }: { template: Template; group: GroupTemplate; trouble: GroupTrouble | null; nodeGroup: string | null },
): Failure | null {
  const asg = template.resources.find(
    ({ type }) => type === 'AWS::AutoScaling::AutoScalingGroup' || type === 'AWS::EKS::Nodegroup',
  );
  if (group.kind === 'self-managed' && imageOf(group.imageId, cluster.region) === undefined) {
    const reason = `The image id '[${group.imageId}]' does not exist (Service: Ec2, Status Code: 400, Request ID: ${randomUUID()})`;
    return { logicalId: group.imageLogicalId, type: 'AWS::EC2::LaunchTemplate', reason };
  }
  const noNodes = trouble === null ? null : stackTrouble(trouble, group, cluster.region);
  if (asg !== undefined && noNodes !== null) return { logicalId: asg.logicalId, type: asg.type, reason: noNodes };
  if (asg === undefined || !world.faults.strikes(cluster.name, 'stack-rolls-back', nodeGroup)) return null;
  const reason =
    'You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified ' +
    `instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. (Service: AutoScaling, Status Code: 400, Request ID: ${randomUUID()})`;
  return { logicalId: asg.logicalId, type: asg.type, reason };
}

/** Deleting takes its time, longer when there are nodes to terminate. A stack that is gone is deleted silently. */
export function deleteStack(
  world: World,
  cluster: Cluster,
  { stack, actor, denied = null }: { stack: Stack; actor: Actor; denied?: DeniedResource | null },
): void {
  const now = world.clock.now();
  const status = stackStatus(stack, now);
  if (status === 'DELETE_IN_PROGRESS' || status === 'DELETE_COMPLETE') return;
  const untouched = denied !== null || world.faults.strikes(cluster.name, 'delete-fails');
  const stuck = denied ?? (untouched ? mustDetach(stack) : whatIsLeft(world, cluster, stack));
  const { emptyStackDelete, stackDelete } = world.durations;
  const { nodes, userPods } = untouched ? { nodes: 0, userPods: 0 } : stopGroup(world, cluster, stack);
  stack.deletions.push({
    startedAt: now,
    endsAt: now + (nodes === 0 ? emptyStackDelete : stackDelete),
    outcome: stuck === null ? 'deleted' : 'failed',
    ...(stuck === null ? {} : { logicalId: stuck.logicalId }),
    reason: stuck?.reason ?? '',
  });
  world.log.record({
    effect: 'stack-delete-started',
    cluster: cluster.name,
    ...actor,
    stack: stack.name,
    nodes,
    userPods,
  });
}

type Left = { logicalId: string; reason: string };

function mustDetach(stack: Stack): Left {
  return leftOver(
    stack,
    'AWS::IAM::Role',
    'Cannot delete entity, must detach all policies first.',
    'Iam, Status Code: 409',
  );
}

/**
 * What CloudFormation cannot delete, after everything else of the stack is gone, the nodes included: roles and security
 * groups come last, because the Auto Scaling group depends on them.
 */
function whatIsLeft(world: World, cluster: Cluster, stack: Stack): Left | null {
  const policy = policyInTheWay(cluster, stack, world.clock.now());
  if (policy !== null) return leftOver(stack, 'AWS::IAM::Role', policy, 'Iam, Status Code: 409');
  const group = securityGroupOf(stack);
  if (group === undefined || !world.faults.strikes(cluster.name, 'network-interface-left')) return null;
  return leftOver(
    stack,
    'AWS::EC2::SecurityGroup',
    `resource ${group} has a dependent object`,
    'Ec2, Status Code: 400',
  );
}

function leftOver({ resources }: Stack, type: string, words: string, service: string): Left {
  const logicalId = resources.find((resource) => resource.type === type)?.logicalId ?? '';
  return { logicalId, reason: `${words} (Service: ${service}, Request ID: ${randomUUID()})` };
}

export function securityGroupOf({ resources }: Stack): string | undefined {
  return resources.find(({ type }) => type === 'AWS::EC2::SecurityGroup')?.physicalId;
}

export type StackEvent = {
  logicalId: string;
  physicalId: string;
  type: string;
  status: string;
  reason: string | null;
  at: number;
};

/** Newest first, as DescribeStackEvents answers. */
export function stackEvents(stack: Stack, now: number): StackEvent[] {
  const self = { logicalId: stack.name, physicalId: stack.id, type: 'AWS::CloudFormation::Stack' };
  const { creation } = stack;
  const events: StackEvent[] = [
    { ...self, status: 'CREATE_IN_PROGRESS', reason: 'User Initiated', at: stack.createdAt },
  ];
  const failed = creation.kind === 'completes' ? null : creation.logicalId;
  for (const [index, resource] of stack.resources.entries()) {
    const begins = stack.createdAt + 2000 + index * 1000;
    events.push({ ...resource, status: 'CREATE_IN_PROGRESS', reason: null, at: begins });
    if (resource.logicalId !== failed)
      events.push({ ...resource, status: 'CREATE_COMPLETE', reason: null, at: begins + 20_000 });
  }
  events.push(...endOfCreation(stack, self));
  for (const deletion of stack.deletions) {
    events.push({ ...self, status: 'DELETE_IN_PROGRESS', reason: 'User Initiated', at: deletion.startedAt });
    events.push(...endOfDeletion(stack, self, deletion));
  }
  return events.filter((event) => event.at <= now).toSorted((a, b) => b.at - a.at);
}

type Self = Pick<StackEvent, 'logicalId' | 'physicalId' | 'type'>;

function endOfCreation({ creation, resources }: Stack, self: Self): StackEvent[] {
  if (creation.kind === 'completes') return [{ ...self, status: 'CREATE_COMPLETE', reason: null, at: creation.at }];
  const { logicalId, type, reason } = creation;
  const failsAt = creation.kind === 'fails' ? creation.at : creation.failsAt;
  const failed = resources.find((resource) => resource.logicalId === logicalId) ?? { logicalId, physicalId: '', type };
  const summary =
    `The following resource(s) failed to create: [${logicalId}]. ${creation.kind === 'fails' ? '' : 'Rollback requested by user.'}`.trim();
  return [
    { ...failed, status: 'CREATE_FAILED', reason, at: failsAt },
    {
      ...self,
      status: creation.kind === 'fails' ? 'CREATE_FAILED' : 'ROLLBACK_IN_PROGRESS',
      reason: summary,
      at: failsAt,
    },
    ...(creation.kind === 'fails' ? [] : [{ ...self, status: 'ROLLBACK_COMPLETE', reason: null, at: creation.at }]),
  ];
}

function endOfDeletion(
  stack: Stack,
  self: Self,
  { endsAt, outcome, reason, logicalId }: Stack['deletions'][number],
): StackEvent[] {
  if (outcome === 'deleted') return [{ ...self, status: 'DELETE_COMPLETE', reason: null, at: endsAt }];
  const left = stack.resources.find((resource) => resource.logicalId === logicalId) ?? stack.resources[0];
  return [
    ...(left === undefined ? [] : [{ ...left, status: 'DELETE_FAILED', reason, at: endsAt }]),
    {
      ...self,
      status: 'DELETE_FAILED',
      reason: `The following resource(s) failed to delete: [${left?.logicalId ?? ''}]. `,
      at: endsAt,
    },
  ];
}
