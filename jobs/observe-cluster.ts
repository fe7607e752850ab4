import { countActivity } from '#src/domain/activity.ts';
import { RefusedError, UserError } from '#src/domain/errors.ts';
import type { Fleet, FleetCluster } from '#src/domain/fleet.ts';
import type { Observation } from '#src/domain/observation.ts';
import type { ClusterSnapshot } from '#src/domain/run.ts';
import { snapshotOf } from '#src/domain/snapshot.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import type { CloudSight } from '#src/ports/cloud.ts';
import { rolesKeptOut, withoutReadyNode } from './let-in.ts';
import { lookAhead } from './look-ahead.ts';
import { lookInside } from './look-inside.ts';
import { seeAddons, seeGroups, seeNodeGroups } from './see-cluster.ts';
import { checkTools } from './tool-check.ts';
import { unmergedBranches } from './unmerged-branches.ts';
import type { LookingDeps } from './worker-deps.ts';

/** All a plan is made from, read afresh. Throws what stands in the way, in words. */
export async function observeCluster(
  deps: LookingDeps,
  { cluster, to }: { cluster: FleetCluster; to: KubernetesVersion },
): Promise<Observation> {
  const cloud = deps.cloudOf(cluster);
  // Asked together, AWS first, because a person who has just decided waits; what stands in the way is named otherwise.
  const looks = [
    cloud.eks.describeCluster(cluster.name),
    confirmAccount(cloud, cluster),
    deps.tools.versions(),
  ] as const;
  await Promise.allSettled(looks);
  checkTools(await looks[2]);
  const account = await looks[1];
  const seen = await looks[0];
  await cloud.kubernetes.reach(seen);
  const { kubernetes, mapping } = await lookInside(cloud, { cluster, mode: seen.authenticationMode });
  const asSeen = { ...cloud, kubernetes };
  const [config, offeredVersions, seenGroups, addons, pods] = await Promise.all([
    observeConfig(deps, cluster),
    cloud.eks.offeredVersions(),
    seeGroups(asSeen, cluster.name),
    seeAddons(asSeen, { cluster: cluster.name, from: seen.version, to, settings: true }),
    kubernetes.userPods(deps.fleet.activitySelectors),
  ]);
  const { nodeGroups } = seenGroups;
  const activity = countActivity(
    pods,
    nodeGroups.flatMap(({ nodes }) => nodes),
  );
  const [keptOut, findings] = await Promise.all([
    rolesKeptOut(asSeen, {
      cluster: cluster.name,
      groups: withoutReadyNode(nodeGroups),
      seen: { stacks: seenGroups.stacks, mode: seen.authenticationMode },
    }),
    lookAhead(asSeen, { cluster: cluster.name, config, seen: seenGroups }),
  ]);
  return {
    cluster: { ...seen, account },
    nodeGroups,
    findings,
    addons,
    activity,
    config,
    offeredVersions,
    keptOut: keptOut.map(({ group }) => group),
    ...(mapping === null ? {} : { mapping }),
  };
}

/** The account from STS must be the fleet file's: anything else would upgrade somebody else's cluster. */
export async function confirmAccount(cloud: CloudSight, cluster: FleetCluster): Promise<string> {
  const { account, arn } = await cloud.identity.callerIdentity();
  if (account === cluster.account) return account;
  throw new RefusedError(
    'WrongAccount',
    `the bot's credentials (${arn}) are of account ${account}, but the fleet file says cluster ${cluster.name} is in account ${cluster.account}: give the cluster a role of that account, or correct the fleet file`,
  );
}

async function observeConfig(deps: LookingDeps, cluster: FleetCluster): Promise<Observation['config']> {
  const { config } = cluster;
  const checkout = await deps.repository.checkout(config, await deps.repository.headCommit(config));
  try {
    const says = { commit: checkout.commit, ...deps.readConfig(await checkout.render()) };
    return { path: config.path, ...says, unmerged: await unmergedBranches(deps, cluster, says) };
  } finally {
    await checkout.dispose();
  }
}

/** What a notice says of the cluster: versions only, without the config. */
export async function seeSnapshot(cloud: CloudSight, cluster: FleetCluster): Promise<ClusterSnapshot> {
  const seen = await cloud.eks.describeCluster(cluster.name);
  const [nodeGroups, addons] = await Promise.all([
    seeNodeGroups(cloud, cluster.name),
    seeAddons(cloud, { cluster: cluster.name, from: seen.version, to: seen.version }),
  ]);
  return snapshotOf({ cluster: { ...seen, account: cluster.account }, nodeGroups, addons });
}

export function clusterOf(fleet: Fleet, name: string): FleetCluster {
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (cluster !== undefined) return cluster;
  throw new UserError('NotInFleet', `cluster ${name} is no longer in the fleet file: put it back, then press Retry`);
}
