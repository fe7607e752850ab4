import { randomUUID } from 'node:crypto';
import type { KubernetesVersion } from '#src/domain/version.ts';
import { minorsBetween, parseVersion } from '#src/domain/version.ts';
import { AwsError } from '../aws/errors.ts';
import { factsOf, knownFactsOf, releaseVersionOf } from '../versions.ts';
import { clusterVersion, HOURS, updateInFlight, updateOfToken } from './control-plane.ts';
import type { GroupTrouble } from './group-troubles.ts';
import { groupTrouble, SCALE_UP_LIMIT, updateTrouble } from './group-troubles.ts';
import { instancesOfGroup, launchInstance } from './instances.ts';
import type { Actor, Cluster, Instance, ManagedGroup, Update, World } from './world.ts';

/** Managed node groups: https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html */
export function managedGroupsAt(cluster: Cluster, now: number): ManagedGroup[] {
  return cluster.managedGroups.filter(
    ({ createdAt, deletedAt }) => createdAt <= now && (deletedAt === null || now < deletedAt),
  );
}

export function managedGroupVersion(cluster: Cluster, group: ManagedGroup, now: number): KubernetesVersion {
  const last = cluster.updates.findLast(
    ({ target, outcome, endsAt, createdAt }) =>
      target.kind === 'nodegroup' &&
      target.name === group.name &&
      createdAt >= group.createdAt &&
      outcome === 'Successful' &&
      endsAt <= now,
  );
  return (last === undefined ? undefined : parseVersion(last.version)) ?? group.baseVersion;
}

export function managedGroupStatus(
  cluster: Cluster,
  group: ManagedGroup,
  now: number,
): 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' {
  if (now < group.activeAt) return 'CREATING';
  if (group.deletedAt !== null) return 'DELETING';
  return updateInFlight(cluster, now, 'nodegroup', group.name) === undefined ? 'ACTIVE' : 'UPDATING';
}

/** EKS replaces the nodes one at a time: a new one joins, the old one is drained and terminated. */
export function startGroupUpdate(
  world: World,
  cluster: Cluster,
  request: { group: ManagedGroup; version: string | null; token: string | null; actor: Actor },
): Update {
  const { group, token, actor } = request;
  const now = world.clock.now();
  const version = request.version ?? managedGroupVersion(cluster, group, now);
  const known = updateOfToken(
    cluster,
    token,
    ({ target, version: v }) => target.kind === 'nodegroup' && target.name === group.name && v === version,
  );
  if (known !== undefined) return known;
  refuseImpossibleUpdate(world, cluster, group, version);
  const old = instancesOfGroup(cluster, group.name, now);
  const { managedUpdateBase, managedUpdatePerNode } = world.durations;
  const trouble = groupTrouble(world, cluster, { nodes: old.length, group: group.name });
  const takes = world.faults.strikes(cluster.name, 'update-takes-hours')
    ? HOURS
    : managedUpdateBase + old.length * managedUpdatePerNode;
  const endsAt = now + (trouble === null ? takes : managedUpdateBase + SCALE_UP_LIMIT);
  const update: Update = {
    id: randomUUID(),
    type: 'VersionUpdate',
    target: { kind: 'nodegroup', name: group.name },
    version,
    params: [
      { type: 'Version', value: version },
      { type: 'ReleaseVersion', value: releaseVersionOf(parseVersion(version) ?? group.baseVersion) },
    ],
    token,
    createdAt: now,
    endsAt,
    outcome: trouble === null ? 'Successful' : 'Failed',
    errors: trouble === null ? [] : updateTrouble(cluster, group, { trouble, endsAt }),
  };
  replaceNodes(world, cluster, { group: group.name, old, version, trouble, endsAt });
  cluster.updates.push(update);
  world.log.record({
    effect: 'node-group-update-started',
    cluster: cluster.name,
    ...actor,
    updateId: update.id,
    nodeGroup: group.name,
    to: version,
    nodes: old.length,
  });
  return update;
}

type Replacement = { group: string; old: Instance[]; version: string; trouble: GroupTrouble | null; endsAt: number };

/** In trouble the old ones stay, and what was launched beside them goes with the end of the update. */
function replaceNodes(world: World, cluster: Cluster, { group, old, version, trouble, endsAt }: Replacement): void {
  const now = world.clock.now();
  const { managedUpdateBase, managedUpdatePerNode } = world.durations;
  const { kubelet: kubeletVersion } = knownFactsOf(version);
  const [first] = old;
  if (trouble === 'never-ready' && first !== undefined) {
    const launchedAt = now + managedUpdateBase / 2;
    launchInstance(cluster, { ...first, kubeletVersion, launchedAt, unwell: true }).terminatedAt = endsAt;
  }
  if (trouble !== null) return;
  const template = cluster.groupInstances.get(group);
  if (template !== undefined) cluster.groupInstances.set(group, { ...template, kubeletVersion });
  for (const [index, instance] of old.entries()) {
    const begins = now + managedUpdateBase / 2 + index * managedUpdatePerNode;
    launchInstance(cluster, { ...instance, kubeletVersion, launchedAt: begins, unwell: false });
    instance.terminatedAt = begins + managedUpdatePerNode - 1000;
  }
}

function refuseImpossibleUpdate(world: World, cluster: Cluster, group: ManagedGroup, version: string): void {
  const now = world.clock.now();
  const target = parseVersion(version);
  if (target === undefined || factsOf(version) === undefined)
    throw new AwsError('InvalidParameterException', 'unsupported Kubernetes version', 400);
  const status = managedGroupStatus(cluster, group, now);
  if (status !== 'ACTIVE') {
    throw new AwsError(
      'ResourceInUseException',
      `Nodegroup ${group.name} of cluster ${cluster.name} is in status ${status}`,
      409,
    );
  }
  if (updateInFlight(cluster, now, 'cluster') !== undefined) {
    throw new AwsError(
      'InvalidRequestException',
      `Cluster ${cluster.name} is in status UPDATING: nodegroup ${group.name} cannot be updated`,
      400,
    );
  }
  const controlPlane = clusterVersion(cluster, now);
  if (minorsBetween(controlPlane, target) > 0) {
    throw new AwsError(
      'InvalidParameterException',
      `Nodegroup Kubernetes version ${version} is newer than the cluster version ${controlPlane}`,
      400,
    );
  }
  const from = managedGroupVersion(cluster, group, now);
  if (minorsBetween(from, target) < 0) {
    throw new AwsError(
      'InvalidParameterException',
      `Requested Nodegroup version ${version} is older than the current version ${from}`,
      400,
    );
  }
}

/** DeleteNodegroup. Its stack stays, as in EKS; deleting the stack afterwards finds the group gone. */
export function deleteGroup(
  world: World,
  cluster: Cluster,
  { group, actor }: { group: ManagedGroup; actor: Actor },
): void {
  const now = world.clock.now();
  if (group.deletedAt !== null) return;
  const nodes = instancesOfGroup(cluster, group.name, now);
  const { emptyStackDelete, stackDelete } = world.durations;
  group.deletedAt = now + (nodes.length === 0 ? emptyStackDelete : stackDelete);
  for (const instance of nodes) instance.terminatedAt = group.deletedAt;
  world.log.record({
    effect: 'node-group-delete-started',
    cluster: cluster.name,
    ...actor,
    nodeGroup: group.name,
    nodes: nodes.length,
  });
}
