import { parseVersion } from '#src/domain/version.ts';
import { imageOf, knownFactsOf } from '../versions.ts';
import { mapRoleInAwsAuth } from './aws-auth.ts';
import { clusterVersion } from './control-plane.ts';
import { launchInstance } from './instances.ts';
import type { GroupTemplate, Template } from './template.ts';
import { ofType } from './template.ts';
import type { AccessEntry, Cluster, InstanceTemplate, Stack, World } from './world.ts';

/** What a node group's stack makes in the world, and what becomes of it when the stack is deleted. */
export type NewGroup = {
  stack: Stack;
  group: GroupTemplate;
  template: Template;
  nodes: number | undefined;
  /** Its nodes never become Ready. */
  unwell: boolean;
};

const CLUSTER_TAG = 'alpha.eksctl.io/cluster-name';
const GROUP_TAG = 'alpha.eksctl.io/nodegroup-name';

/** The eksctl group of a stack, or null. */
export function groupNameOf({ tags }: Pick<Stack, 'tags'>): string | null {
  return tags[GROUP_TAG] ?? tags['eksctl.io/v1alpha2/nodegroup-name'] ?? null;
}

export function startGroup(world: World, cluster: Cluster, { stack, group, template, nodes, unwell }: NewGroup): void {
  const name = group.kind === 'managed' ? group.name : groupNameOf(stack);
  if (name === null) return;
  const role = stack.resources.find(({ type }) => type === 'AWS::IAM::Role');
  const roleArn = `arn:aws:iam::${cluster.account}:role/${role?.physicalId ?? `${stack.name}-NodeInstanceRole`}`;
  const launch = (kind: Omit<InstanceTemplate, 'roleArn'>): void => {
    const instance = { ...kind, roleArn };
    cluster.groupInstances.set(name, instance);
    for (let index = 0; index < (nodes ?? group.sizes.desired); index += 1) {
      const zone = `${cluster.region}${'abc'[index % 3]}`;
      const launchedAt = stack.createdAt + world.durations.instanceLaunch + index * 2000;
      launchInstance(cluster, { ...instance, group: name, zone, launchedAt, launchedBy: 'group', unwell });
    }
  };
  const labels = { [CLUSTER_TAG]: cluster.name, [GROUP_TAG]: name };
  if (group.kind === 'self-managed') {
    if (group.accessEntry) cluster.accessEntries.push(nodeAccessEntry(stack, roleArn, accessType(template)));
    const version = imageOf(group.imageId, cluster.region)?.version ?? clusterVersion(cluster, stack.createdAt);
    launch({
      imageId: group.imageId,
      kubeletVersion: knownFactsOf(version).kubelet,
      instanceType: group.instanceType,
      labels,
    });
    return;
  }
  const version =
    (group.version === null ? undefined : parseVersion(group.version)) ?? clusterVersion(cluster, stack.createdAt);
  cluster.managedGroups.push({
    name,
    stackName: stack.name,
    createdAt: stack.createdAt,
    activeAt: stack.createdAt + world.durations.stackCreate,
    deletedAt: null,
    baseVersion: version,
    amiType: group.amiType,
    sizes: group.sizes,
    instanceTypes: group.instanceTypes,
    labels: group.labels,
    roleArn,
    issues: [],
  });
  // EKS maps a managed group's role itself: an access entry where there are some, else aws-auth
  if (cluster.authenticationMode === 'CONFIG_MAP') mapRoleInAwsAuth(cluster, roleArn, stack.createdAt);
  else cluster.accessEntries.push(nodeAccessEntry(stack, roleArn, 'EC2_LINUX'));
  launch({
    imageId: '',
    kubeletVersion: knownFactsOf(version).kubelet,
    instanceType: group.instanceTypes[0] ?? 'm5.large',
    labels: {
      ...labels,
      ...group.labels,
      'eks.amazonaws.com/nodegroup': name,
      'eks.amazonaws.com/capacityType': 'ON_DEMAND',
    },
  });
}

function accessType(template: Template): string {
  const type = ofType(template, 'AWS::EKS::AccessEntry')?.properties['Type'];
  return typeof type === 'string' ? type : 'EC2_LINUX';
}

function nodeAccessEntry(stack: Stack, principalArn: string, type: string): AccessEntry {
  return {
    principalArn,
    type,
    kubernetesGroups: ['system:nodes'],
    username: 'system:node:{{EC2PrivateDNSName}}',
    policies: [],
    createdAt: stack.createdAt + 30_000,
    deletedAt: null,
  };
}

/** Terminates what the stack made; answers how many nodes and user pods that ends. */
export function stopGroup(world: World, cluster: Cluster, stack: Stack): { nodes: number; userPods: number } {
  const now = world.clock.now();
  const roles = new Set(stack.resources.map(({ physicalId }) => `arn:aws:iam::${cluster.account}:role/${physicalId}`));
  const doomed = cluster.instances.filter(
    ({ roleArn, terminatedAt }) => roles.has(roleArn) && (terminatedAt === null || terminatedAt > now),
  );
  const ids = new Set(doomed.map(({ id }) => id));
  const userPods = cluster.userPods.filter(({ instanceId }) => instanceId !== null && ids.has(instanceId)).length;
  const running = doomed.filter(({ launchedAt }) => launchedAt <= now).length;
  for (const [index, instance] of doomed.entries())
    instance.terminatedAt = Math.max(now, Math.min(now + 45_000 + index * 2000, now + world.durations.stackDelete));
  for (const group of cluster.managedGroups) {
    if (group.stackName === stack.name && group.deletedAt === null)
      group.deletedAt = now + (running === 0 ? world.durations.emptyStackDelete : world.durations.stackDelete);
  }
  for (const entry of cluster.accessEntries) {
    if (roles.has(entry.principalArn) && entry.deletedAt === null) entry.deletedAt = now + 45_000;
  }
  return { nodes: running, userPods };
}
