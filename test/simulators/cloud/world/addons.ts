import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/errors.ts';
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

export function addonStatus(cluster: Cluster, addon: EksAddon, now: number): 'ACTIVE' | 'UPDATING' {
  return updateInFlight(cluster, now, 'addon', addon.name) === undefined ? 'ACTIVE' : 'UPDATING';
}

export type AddonUpdateRequest = {
  addon: EksAddon;
  version: string | null;
  configurationValues: string | null;
  serviceAccountRoleArn: string | null;
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
  const { rolloutMax, addonUpdate } = world.durations;
  const update: Update = {
    id: randomUUID(),
    type: 'AddonUpdate',
    target: { kind: 'addon', name: addon.name },
    version,
    params: [
      { type: 'AddonVersion', value: version },
      { type: 'ResolveConflicts', value: 'PRESERVE' },
    ],
    token,
    createdAt: now,
    endsAt: now + addonUpdate + (isCoreAddon(addon.name) ? rolloutMax : 0),
    outcome: 'Successful',
    errors: [],
  };
  // what is not passed along is lost, as in EKS
  addon.configurationValues = request.configurationValues;
  addon.serviceAccountRoleArn = request.serviceAccountRoleArn;
  if (isCoreAddon(addon.name)) updateWorkloadImage(cluster, addon.name, version, now);
  cluster.updates.push(update);
  world.log.record({
    effect: 'addon-update-started',
    cluster: cluster.name,
    ...actor,
    updateId: update.id,
    addon: addon.name,
    to: version,
  });
  return update;
}
