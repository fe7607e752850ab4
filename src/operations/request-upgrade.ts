import { randomUUID } from 'node:crypto';
import { RefusedError, TransientError, UserError } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import { nearestNames } from '#src/domain/nearest-names.ts';
import { newRun, type Run, type UserId } from '#src/domain/run.ts';
import { type KubernetesVersion, minorsBetween, parseVersion } from '#src/domain/version.ts';
import type { OperationDeps } from './decide.ts';
import type { Operations, RequestResult } from './operations.ts';
import { isOneOf } from './permissions.ts';
import { readHolder } from './unreadable-runs.ts';

type Request = Parameters<Operations['requestUpgrade']>[0];

/** How long the person who asked waits for EKS to say which versions there are (real milliseconds). */
const VERSION_CHECK_MS = 4000;

/** Checks the request, creates the run, takes the cluster and has it planned; or names the run that holds the cluster. */
export async function requestUpgrade(
  deps: OperationDeps,
  { cluster: name, version, by }: Request,
): Promise<RequestResult> {
  const cluster = findCluster(deps, name);
  if (!(await isOneOf(deps.people, deps.fleet.requesters, by))) {
    throw new RefusedError(
      'NotARequester',
      'you are not among the requesters of the fleet file: ask somebody who is, or have yourself added',
    );
  }
  const held = await holderOf(deps, cluster.name);
  if (held !== null) return { kind: 'held', holder: held };
  const to = await checkVersion(deps, { cluster, version });
  return createRun(deps, { cluster: cluster.name, to, by });
}

async function createRun(
  deps: OperationDeps,
  { cluster, to, by }: { cluster: string; to: KubernetesVersion; by: UserId },
): Promise<RequestResult> {
  const run = newRun({ id: `${cluster}-${randomUUID()}`, cluster, to, requestedBy: by, requestedAt: deps.clock.now() });
  const created = await deps.store.create(run, run.requestedAt);
  if (created.kind === 'held') {
    const holder = await readHolder(deps, cluster, created.holder);
    if (holder === null)
      throw new TransientError('HolderGone', `cluster ${cluster} was held until a moment ago: try again`);
    return { kind: 'held', holder };
  }
  deps.log.info({ run: run.id, cluster, to, by }, 'an upgrade was requested');
  await deps.wakeUps.wakeRun(run.id).catch(() => undefined);
  return { kind: 'planning', run };
}

export function findCluster({ fleet }: Pick<OperationDeps, 'fleet'>, name: string): FleetCluster {
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (cluster !== undefined) return cluster;
  const names = fleet.clusters.map((candidate) => candidate.name);
  const near = nearestNames(name, names);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `the fleet has ${names.join(', ')}`;
  throw new UserError('UnknownCluster', `there is no cluster "${name}" in the fleet: ${hint}`);
}

async function holderOf(deps: OperationDeps, cluster: string): Promise<Run | null> {
  const owner = await deps.store.lastingOwnerOf(cluster);
  return owner === null ? null : readHolder(deps, cluster, owner);
}

/**
 * `1.N`, offered by EKS, and not behind the control plane. When EKS does not answer in time the plan checks the same
 * again: nobody should wait for a slow AWS to be told that they were heard.
 */
async function checkVersion(
  deps: OperationDeps,
  { cluster, version }: { cluster: FleetCluster; version: string },
): Promise<KubernetesVersion> {
  const to = parseVersion(version);
  const known = await versionsNow(deps, cluster);
  const possible = known === null ? null : known.offered.filter((offered) => minorsBetween(known.current, offered) > 0);
  const hint =
    possible === null
      ? ''
      : possible.length === 0
        ? `: EKS offers nothing newer than ${known?.current}`
        : `: ${cluster.name} can go to ${possible.join(', ')}`;
  if (to === undefined) throw new UserError('NotAVersion', `"${version}" is not a version like 1.34${hint}`);
  if (known === null || known.current === to) return to;
  if (minorsBetween(known.current, to) < 0) {
    throw new UserError('NotAnUpgrade', `${cluster.name} is at ${known.current}, so ${to} is not an upgrade${hint}`);
  }
  if (!known.offered.includes(to)) throw new UserError('UnknownVersion', `EKS does not offer ${to}${hint}`);
  return to;
}

async function versionsNow(
  deps: OperationDeps,
  cluster: FleetCluster,
): Promise<{ current: KubernetesVersion; offered: KubernetesVersion[] } | null> {
  const { eks } = deps.cloudOf(cluster);
  const look = Promise.all([eks.describeCluster(cluster.name), eks.offeredVersions()]).then(([seen, offered]) => ({
    current: seen.version,
    offered: offered.map((each) => each.version),
  }));
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), VERSION_CHECK_MS);
  });
  try {
    return await Promise.race([look, limit]);
  } catch (error) {
    deps.log.warn(
      { cluster: cluster.name, err: error },
      'could not check the version with EKS, leaving it to the plan',
    );
    return null;
  } finally {
    clearTimeout(timer);
    look.catch(() => undefined);
  }
}
