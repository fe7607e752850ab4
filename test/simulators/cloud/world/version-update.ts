import { randomUUID } from 'node:crypto';
import { minorsBetween, parseVersion } from '#src/domain/version.ts';
import { AwsError } from '../aws/errors.ts';
import { factsOf } from '../versions.ts';
import { clusterVersion, HOURS, updateInFlight, updateOfToken } from './control-plane.ts';
import { managedGroupsAt, managedGroupVersion } from './managed-groups.ts';
import type { Actor, Cluster, Update, World } from './world.ts';

/**
 * UpdateClusterVersion. Refusals and their words:
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterVersion.html, and as seen in
 * terraform-aws-eks#2607 (skipping a minor), terraform-provider-aws#38796 (unknown version), eks-operator#547 (in flight).
 */
export function startVersionUpdate(
  world: World,
  cluster: Cluster,
  request: { version: string; token: string | null; actor: Actor },
): Update {
  const { version, token, actor } = request;
  const known = updateOfToken(
    cluster,
    token,
    (update) => update.target.kind === 'cluster' && update.version === version,
  );
  if (known !== undefined) return known;
  const now = world.clock.now();
  refuseImpossibleUpdate(world, cluster, version);
  const fails = world.faults.strikes(cluster.name, 'update-fails');
  const update: Update = {
    id: randomUUID(),
    type: 'VersionUpdate',
    target: { kind: 'cluster' },
    version,
    params: [
      { type: 'Version', value: version },
      { type: 'PlatformVersion', value: factsOf(version)?.platformVersion ?? 'eks.1' },
    ],
    token,
    createdAt: now,
    endsAt:
      now + (world.faults.strikes(cluster.name, 'update-takes-hours') ? HOURS : world.durations.controlPlaneUpdate),
    outcome: fails ? 'Failed' : 'Successful',
    errors: fails ? [ipNotAvailable()] : [],
  };
  cluster.updates.push(update);
  world.log.record({
    effect: 'control-plane-update-started',
    cluster: cluster.name,
    ...actor,
    updateId: update.id,
    from: clusterVersion(cluster, now),
    to: version,
  });
  return update;
}

function refuseImpossibleUpdate(world: World, cluster: Cluster, version: string): void {
  const now = world.clock.now();
  const target = parseVersion(version);
  if (target === undefined || factsOf(version) === undefined)
    throw new AwsError('InvalidParameterException', 'unsupported Kubernetes version', 400);
  const running = updateInFlight(cluster, now, 'cluster');
  if (running !== undefined) {
    throw new AwsError(
      'ResourceInUseException',
      `Cannot VersionUpdate because cluster ${cluster.name} currently has update ${running.id} in progress`,
      409,
    );
  }
  const from = clusterVersion(cluster, now);
  if (minorsBetween(from, target) !== 1) {
    throw new AwsError(
      'InvalidParameterException',
      `Unsupported Kubernetes minor version update from ${from} to ${version}`,
      400,
    );
  }
  const tooOld = managedGroupsAt(cluster, now)
    .map((group) => ({ name: group.name, version: managedGroupVersion(cluster, group, now) }))
    .filter((group) => minorsBetween(group.version, target) > 3);
  if (tooOld.length > 0) {
    const groups = tooOld.map((group) => `${group.name} (${group.version})`).join(', ');
    throw new AwsError(
      'InvalidRequestException',
      `Nodegroups ${groups} must be updated before updating cluster version to ${version}`,
      400,
    );
  }
}

function ipNotAvailable(): Update['errors'][number] {
  return {
    errorCode: 'IpNotAvailable',
    errorMessage: 'Subnets did not have enough free IP addresses for the control plane update; at least 5 are needed',
    resourceIds: ['subnet-0a1b2c3d4e5f60001'],
  };
}
