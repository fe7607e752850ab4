import { knownFactsOf } from '../versions.ts';
import { mapRoleInAwsAuth } from './aws-auth.ts';
import { launchInstance } from './instances.ts';
import { groupStack } from './seed-stacks.ts';
import { createStack, liveStacks } from './stacks.ts';
import type { Cluster, World } from './world.ts';

const STACK = 'nodes-by-hand';
const INSTANCE_TYPE = 'm5.large';

/**
 * A colleague has launched nodes with AWS's own CloudFormation template weeks ago: a stack without eksctl's tags, its Auto
 * Scaling group (which the cluster owns by tag, or its node could not join), and one node that no label puts in a group.
 * https://docs.aws.amazon.com/eks/latest/userguide/launch-workers.html
 */
export function makeGroupByHand(world: World, cluster: Cluster): void {
  if (liveStacks(cluster, world.clock.now()).some(({ name }) => name === STACK)) return;
  const group = { name: STACK, instanceType: INSTANCE_TYPE, minSize: 1, maxSize: 1, desiredCapacity: 1 };
  const stack = createStack(world, cluster, {
    name: STACK,
    template: groupStack(cluster, { group, kind: 'unmanaged', accessEntry: false }),
    tags: {},
    capabilities: ['CAPABILITY_IAM'],
    disableRollback: false,
    seeded: { at: cluster.createdAt, nodes: 1 },
  });
  const roleArn = stack.outputs.find(({ key }) => key === 'InstanceRoleARN')?.value ?? '';
  mapRoleInAwsAuth(cluster, roleArn, stack.createdAt);
  launchInstance(cluster, {
    imageId: /"ImageId":"([^"]+)"/.exec(stack.template)?.[1] ?? '',
    kubeletVersion: knownFactsOf(cluster.baseVersion).kubelet,
    instanceType: INSTANCE_TYPE,
    labels: {},
    roleArn,
    group: STACK,
    zone: `${cluster.region}a`,
    launchedAt: stack.createdAt,
    launchedBy: 'group',
  });
}
