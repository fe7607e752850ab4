import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterSight, isSightWanted, type SeenGroup } from '#src/domain/cluster-sight.ts';
import { messageOf, TransientError } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Run, RunId } from '#src/domain/run.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import type { CloudSight } from '#src/ports/cloud.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import type { LookingDeps } from './worker-deps.ts';

/** Real milliseconds: the notice of a stop does not wait for an AWS that does not answer. */
const LOOK_LIMIT_MS = 10_000;

/**
 * Before people are told of a stop or an abort the bot looks at the cluster, whoever changed it. Once, whoever is killed
 * meanwhile: two that look at the same time write down one sight.
 */
export async function lookAtStop(deps: LookingDeps, runId: RunId): Promise<void> {
  // One that cannot be read is the sync's to tell of.
  const run = await deps.store.read(runId).catch(() => null);
  if (run === null || !isSightWanted(run)) return;
  const sight = await look(deps, run);
  await deps.store.change({
    runId,
    claim: null,
    wakeAt: null,
    decide: (fresh) => (isSightWanted(fresh) ? [{ at: sight.at, by: 'bot', kind: 'cluster-seen', sight }] : []),
  });
}

/** Only AWS is asked: a Kubernetes that lets nobody in is a frequent reason of a stop. */
async function look(deps: LookingDeps, run: Run): Promise<ClusterSight> {
  const at = deps.clock.now();
  try {
    const cluster = clusterOf(deps.fleet, run.cluster);
    const seen = await Promise.race([see(deps.cloudOf(cluster), cluster), sleep(LOOK_LIMIT_MS, null, { ref: false })]);
    if (seen === null) throw new TransientError('NoAnswer', `AWS did not answer within ${LOOK_LIMIT_MS / 1000} s`);
    return { at, kind: 'seen', ...seen };
  } catch (error) {
    if (isStorageAway(error)) throw error;
    deps.log.warn({ ...idsOf(run), err: messageOf(error) }, 'cannot look at the cluster of a run that stopped');
    return { at, kind: 'could-not-look', why: messageOf(error).split('\n')[0] ?? '' };
  }
}

type Seen = Omit<Extract<ClusterSight, { kind: 'seen' }>, 'at' | 'kind'>;

async function see({ eks, stacks }: CloudSight, { name }: FleetCluster): Promise<Seen> {
  const [cluster, selfManaged, managed] = await Promise.all([
    eks.describeCluster(name),
    stacks.list(name),
    eks.managedNodeGroups(name),
  ]);
  const groups: SeenGroup[] = [
    ...selfManaged
      .filter(({ kind }) => kind === 'self-managed')
      .map(({ group, status }) => ({ name: group, status, isWhole: /^(?:CREATE|UPDATE)_COMPLETE$/.test(status) })),
    ...managed.map(({ name: group, status }) => ({
      name: group,
      status,
      isWhole: ['ACTIVE', 'UPDATING'].includes(status),
    })),
  ];
  return {
    version: cluster.version,
    status: cluster.status,
    groups: groups.sort((a, b) => a.name.localeCompare(b.name)),
  };
}
