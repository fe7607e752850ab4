import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/errors.ts';
import type { Json } from '../json.ts';
import { addonVersionsOf } from '../versions.ts';
import { clusterVersion, updateInFlight, updateOfToken } from './control-plane.ts';
import { isCoreAddon, updateWorkloadImage } from './kube-system.ts';
import type { Actor, Cluster, EksAddon, Update, World } from './world.ts';

/** EKS add-ons. https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateAddon.html */
export function addonVersion(cluster: Cluster, addon: EksAddon, now: number): string {
  const last = cluster.updates.findLast(
    ({ target, outcome, endsAt }) =>
      target.kind === 'addon' && target.name === addon.name && outcome === 'Successful' && endsAt <= now,
  );
  return last?.version ?? addon.baseVersion;
}

export type AddonStatus = 'ACTIVE' | 'UPDATING' | 'UPDATE_FAILED';

export function addonStatus(cluster: Cluster, addon: EksAddon, now: number): AddonStatus {
  if (updateInFlight(cluster, now, 'addon', addon.name) !== undefined) return 'UPDATING';
  const last = cluster.updates.findLast(({ target }) => target.kind === 'addon' && target.name === addon.name);
  return last?.outcome === 'Failed' ? 'UPDATE_FAILED' : 'ACTIVE';
}

export type AddonUpdateRequest = {
  addon: EksAddon;
  version: string | null;
  configurationValues: string | null;
  serviceAccountRoleArn: string | null;
  /** null: not said, so left alone; an empty list deletes them. */
  podIdentityAssociations: Json[] | null;
  /** NONE, PRESERVE or OVERWRITE. */
  resolveConflicts: string;
  token: string | null;
  actor: Actor;
};

export function startAddonUpdate(world: World, cluster: Cluster, request: AddonUpdateRequest): Update {
  const { addon, token, actor } = request;
  const now = world.clock.now();
  const version = request.version ?? addonVersion(cluster, addon, now);
  const known = updateOfToken(
    cluster,
    token,
    (update) => update.target.kind === 'addon' && update.target.name === addon.name && update.version === version,
  );
  if (known !== undefined) return known;
  const running = updateInFlight(cluster, now, 'addon', addon.name);
  if (running !== undefined) {
    throw new AwsError(
      'ResourceInUseException',
      `Addon ${addon.name} cannot be updated as it is currently in UPDATING state`,
      409,
    );
  }
  const kubernetes = clusterVersion(cluster, now);
  if (addonVersionsOf(addon.name, kubernetes)?.versions.includes(version) !== true) {
    throw new AwsError(
      'InvalidParameterException',
      `Addon version specified is not supported for Kubernetes version ${kubernetes}: ${addon.name} ${version}`,
      400,
    );
  }
  refuseJump(addon.name, addonVersion(cluster, addon, now), version);
  const update = newUpdate(world, cluster, { ...request, version });
  cluster.updates.push(update);
  if (update.outcome === 'Successful') apply(cluster, { ...request, version }, now);
  world.log.record({
    effect: 'addon-update-started',
    cluster: cluster.name,
    ...actor,
    updateId: update.id,
    addon: addon.name,
    to: version,
    resolveConflicts: request.resolveConflicts,
    configurationValues: request.configurationValues,
    serviceAccountRoleArn: request.serviceAccountRoleArn,
    podIdentityAssociations: request.podIdentityAssociations,
  });
  return update;
}

/** In the words of https://github.com/awsdocs/amazon-eks-user-guide/pull/672, where 1.10 → 1.12 was refused. */
function refuseJump(addon: string, from: string, to: string): void {
  const minor = (version: string): number => Number(/^v1\.(\d+)/.exec(version)?.[1] ?? 0);
  if (addon !== 'vpc-cni' || Math.abs(minor(to) - minor(from)) <= 1) return;
  const words = 'Updating VPC-CNI can only go up or down 1 minor version at a time';
  throw new AwsError('InvalidParameterException', words, 400);
}

type Asked = AddonUpdateRequest & { version: string };

function newUpdate(world: World, cluster: Cluster, { addon, version, token, resolveConflicts }: Asked): Update {
  const now = world.clock.now();
  const { rolloutMax, addonUpdate } = world.durations;
  const overwrites = resolveConflicts === 'OVERWRITE';
  const fails = !overwrites && world.faults.strikes(cluster.name, 'add-on-conflict');
  if (overwrites) world.faults.clear(cluster.name, 'add-on-conflict');
  return {
    id: randomUUID(),
    type: 'AddonUpdate',
    target: { kind: 'addon', name: addon.name },
    version,
    params: [
      { type: 'AddonVersion', value: version },
      { type: 'ResolveConflicts', value: resolveConflicts },
    ],
    token,
    createdAt: now,
    endsAt: now + addonUpdate + (isCoreAddon(addon.name) && !fails ? rolloutMax : 0),
    outcome: fails ? 'Failed' : 'Successful',
    errors: fails
      ? [{ errorCode: 'ConfigurationConflict', errorMessage: conflictIn(addon.name), resourceIds: [addon.name] }]
      : [],
  };
}

/** In the words of https://github.com/eksctl-io/eksctl/pull/5880 and https://github.com/aws/amazon-vpc-cni-k8s/issues/2607. */
function conflictIn(addon: string): string {
  const fields =
    addon === 'coredns'
      ? ['ConfigMap coredns - .data.Corefile', 'Deployment.apps coredns - .spec.replicas']
      : [
          `DaemonSet.apps ${addon} - .spec.template.spec.containers[name="${addon}"].env[name="ENABLE_PREFIX_DELEGATION"].value`,
        ];
  return `Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\n${fields.join('\n')}`;
}

/** What is not passed along is lost, as in EKS; pod identity associations only by an empty list. */
function apply(cluster: Cluster, request: Asked, now: number): void {
  const { addon, version, configurationValues, serviceAccountRoleArn, podIdentityAssociations } = request;
  addon.configurationValues = configurationValues;
  addon.serviceAccountRoleArn = serviceAccountRoleArn;
  if (podIdentityAssociations?.length === 0) addon.podIdentityAssociations = [];
  if (isCoreAddon(addon.name)) updateWorkloadImage(cluster, addon.name, version, now);
}
