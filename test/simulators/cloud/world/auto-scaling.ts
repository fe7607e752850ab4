import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/errors.ts';
import { groupTrouble, noCapacity } from './group-troubles.ts';
import { groupNameOf } from './groups.ts';
import { launchInstance } from './instances.ts';
import { liveStacks, stackStatus } from './stacks.ts';
import { groupOf, parseTemplate } from './template.ts';
import type { Actor, Cluster, Instance, Stack, World } from './world.ts';

/**
 * Auto Scaling groups of self-managed node groups: one for each stack that has one. The desired size is not stored: it is
 * how many instances the group has, or waits for.
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html
 */
export type ScalingActivity = { id: string; at: number; description: string; cause: string; message: string };

/** `missing`: instances it wants and gets none. */
export type Scaling = { missing: number; activities: ScalingActivity[] };

export type AutoScalingGroup = { name: string; cluster: Cluster; stack: Stack; nodeGroup: string };

export function autoScalingGroups(clusters: Cluster[], nowOf: (cluster: Cluster) => number): AutoScalingGroup[] {
  return clusters.flatMap((cluster) =>
    liveStacks(cluster, nowOf(cluster)).flatMap((stack) => {
      const resource = stack.resources.find(({ type }) => type === 'AWS::AutoScaling::AutoScalingGroup');
      const exists = stack.creation.kind === 'completes' && resource !== undefined;
      return exists ? [{ name: resource.physicalId, cluster, stack, nodeGroup: groupNameOf(stack) ?? stack.name }] : [];
    }),
  );
}

export function sizesOf(
  { cluster, stack }: AutoScalingGroup,
  now: number,
): { min: number; max: number; desired: number } {
  const template = groupOf(parseTemplate(stack.template));
  const desired =
    instancesOf({ cluster, stack }, now).filter(({ leaving }) => !leaving).length + scalingOf(stack).missing;
  return { min: template?.sizes.min ?? 0, max: template?.sizes.max ?? 0, desired };
}

/** Instances that it has, or has asked EC2 for. */
export function instancesOf({ cluster, stack }: Pick<AutoScalingGroup, 'cluster' | 'stack'>, now: number): Instance[] {
  const roles = new Set(stack.resources.map(({ physicalId }) => `arn:aws:iam::${cluster.account}:role/${physicalId}`));
  return cluster.instances.filter(
    ({ roleArn, terminatedAt }) => roles.has(roleArn) && (terminatedAt === null || now < terminatedAt),
  );
}

export function isBeingDeleted({ stack }: AutoScalingGroup, now: number): boolean {
  return stackStatus(stack, now) === 'DELETE_IN_PROGRESS';
}

export function scalingOf(stack: Stack): Scaling {
  stack.scaling ??= { missing: 0, activities: [] };
  return stack.scaling;
}

export function setDesired(world: World, group: AutoScalingGroup, request: { desired: number; actor: Actor }): void {
  const now = world.clock.now();
  const { min, max, desired: before } = sizesOf(group, now);
  const { desired, actor } = request;
  const outOf = desired > max ? `above max value ${max}` : desired < min ? `below min value ${min}` : null;
  if (outOf !== null)
    throw new AwsError(
      'ValidationError',
      `New SetDesiredCapacity value ${desired} is ${outOf} for the AutoScalingGroup.`,
      400,
    );
  if (desired === before) return;
  const { cluster, nodeGroup } = group;
  world.log.record({
    effect: 'desired-capacity-set',
    cluster: cluster.name,
    ...actor,
    nodeGroup,
    from: before,
    to: desired,
  });
  for (let more = before; more < desired; more += 1) launchOne(world, group);
  for (let fewer = before; fewer > desired; fewer -= 1) terminateOne(world, group);
}

/** EC2 has one, or says that it has none; Auto Scaling then goes on wanting it. */
function launchOne(world: World, group: AutoScalingGroup): void {
  const { cluster, stack, nodeGroup } = group;
  const template = cluster.groupInstances.get(nodeGroup);
  if (template === undefined) throw new Error(`node group ${nodeGroup} has no launch template`);
  const launchedAt = world.clock.now() + world.durations.scaleOut;
  const trouble = groupTrouble(world, cluster, { nodes: 1, group: nodeGroup });
  if (trouble === 'no-capacity') {
    const message = noCapacity(template.instanceType, cluster.region);
    scalingOf(stack).missing += 1;
    scalingOf(stack).activities.unshift({
      id: randomUUID(),
      at: launchedAt,
      description: `Launching a new EC2 instance.  Status Reason: ${message}`,
      cause:
        'an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 1.',
      message,
    });
    return;
  }
  launchInstance(cluster, {
    ...template,
    group: nodeGroup,
    zone: `${cluster.region}a`,
    launchedAt,
    launchedBy: 'group',
    unwell: trouble === 'never-ready',
  });
}

/** What it waits for first, then the oldest, whoever is on it. */
function terminateOne(world: World, group: AutoScalingGroup): void {
  const scaling = scalingOf(group.stack);
  if (scaling.missing > 0) {
    scaling.missing -= 1;
    return;
  }
  const [oldest] = instancesOf(group, world.clock.now()).filter(({ leaving }) => !leaving);
  if (oldest !== undefined) terminate(world, oldest);
}

function terminate(world: World, instance: Instance): void {
  instance.leaving = true;
  instance.terminatedAt = world.clock.now() + world.durations.scaleIn;
}

/** With ShouldDecrementDesiredCapacity. */
export function terminateInstance(
  world: World,
  groups: AutoScalingGroup[],
  request: { instanceId: string; actor: Actor },
): void {
  const now = world.clock.now();
  const { instanceId, actor } = request;
  for (const group of groups) {
    const instance = instancesOf(group, now).find(({ id }) => id === instanceId);
    if (instance === undefined) continue;
    if (instance.leaving)
      throw new AwsError('ScalingActivityInProgress', `Instance ${instanceId} is terminating already.`, 400);
    const { min, desired } = sizesOf(group, now);
    if (desired <= min)
      throw new AwsError(
        'ValidationError',
        `Currently, desiredSize equals minSize (${min}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
        400,
      );
    const { cluster, nodeGroup } = group;
    const userPods = cluster.userPods.filter((pod) => pod.instanceId === instanceId).length;
    world.log.record({ effect: 'instance-terminated', cluster: cluster.name, ...actor, nodeGroup, userPods });
    terminate(world, instance);
    return;
  }
  throw new AwsError(
    'ValidationError',
    `Instance Id not found - No managed instance found for instance ID ${instanceId}`,
    400,
  );
}

/** EC2 has capacity again: what groups still want comes. */
export function launchMissing(world: World, cluster: Cluster): void {
  for (const group of autoScalingGroups([cluster], () => world.clock.now())) {
    const scaling = scalingOf(group.stack);
    for (const wanted = scaling.missing; scaling.missing > 0 && wanted > 0; ) {
      scaling.missing -= 1;
      launchOne(world, group);
    }
  }
}
