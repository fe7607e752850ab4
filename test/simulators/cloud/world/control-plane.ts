import type { KubernetesVersion } from '#src/domain/version.ts';
import { parseVersion } from '#src/domain/version.ts';
import { AwsError } from '../aws/errors.ts';
import type { Cluster, Update, World } from './world.ts';

/** How long an update with the fault `update-takes-hours` takes, in simulated milliseconds. */
export const HOURS = 3 * 60 * 60_000;

/** The control plane: version, status and updates as functions of time. */
export function clusterVersion(cluster: Cluster, now: number): KubernetesVersion {
  const last = cluster.updates.findLast(
    ({ target, outcome, endsAt }) => target.kind === 'cluster' && outcome === 'Successful' && endsAt <= now,
  );
  return (last === undefined ? undefined : parseVersion(last.version)) ?? cluster.baseVersion;
}

export function clusterStatus(cluster: Cluster, now: number): 'ACTIVE' | 'UPDATING' {
  return updateInFlight(cluster, now, 'cluster') === undefined ? 'ACTIVE' : 'UPDATING';
}

export function updateStatus(update: Update, now: number): 'InProgress' | 'Successful' | 'Failed' {
  return now < update.endsAt ? 'InProgress' : update.outcome;
}

export function updateInFlight(
  cluster: Cluster,
  now: number,
  kind: Update['target']['kind'],
  name?: string,
): Update | undefined {
  return cluster.updates.find(
    ({ target, createdAt, endsAt }) =>
      target.kind === kind && createdAt <= now && now < endsAt && (target.kind === 'cluster' || target.name === name),
  );
}

/** After a hop the API server forgets its callers for a while (the runbook's "the server has asked for the client to provide credentials"). */
export function apiServerForgetsCallers(world: World, cluster: Cluster): boolean {
  const now = world.clock.now();
  return cluster.updates.some(
    ({ target, outcome, endsAt }) =>
      target.kind === 'cluster' &&
      outcome === 'Successful' &&
      endsAt <= now &&
      now < endsAt + world.durations.unauthorizedAfterUpdate,
  );
}

/** An update with the same token is the same update; with another content it is refused. */
export function updateOfToken(
  cluster: Cluster,
  token: string | null,
  same: (update: Update) => boolean,
): Update | undefined {
  const known = token === null ? undefined : cluster.updates.find((update) => update.token === token);
  if (known !== undefined && !same(known)) {
    throw new AwsError('InvalidParameterException', `clientRequestToken ${token} was used for another request`, 400);
  }
  return known;
}
