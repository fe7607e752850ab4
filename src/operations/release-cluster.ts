import { RefusedError, UserError } from '#src/domain/errors.ts';
import type { UserId } from '#src/domain/run.ts';
import type { SetAsides } from '#src/ports/set-asides.ts';
import type { OperationDeps } from './decide.ts';
import { findCluster } from './request-upgrade.ts';
import { readUnlessUnreadable } from './unreadable-runs.ts';

export type ReleaseDeps = Pick<OperationDeps, 'clock' | 'log' | 'fleet' | 'store'> & { setAsides: SetAsides };

export type ReleaseCluster = (request: { cluster: string; by: UserId }) => Promise<{ cluster: string; runId: string }>;

/**
 * Gives a cluster back that is held by a run nobody can read. For operators at a shell only: they have looked at the
 * cluster. A run that can be read is ended with its own buttons, because only they leave a true report.
 */
export function createReleaseCluster(deps: ReleaseDeps): ReleaseCluster {
  return async ({ cluster: name, by }) => {
    const cluster = findCluster(deps, name).name;
    const runId = await deps.store.ownerOf(cluster);
    if (runId === null) throw new UserError('NotHeld', `no run holds cluster ${cluster}: there is nothing to release`);
    if (await canBeRead(deps, runId)) {
      throw new RefusedError(
        'RunCanBeRead',
        `run ${runId} of cluster ${cluster} can be read, so it is not released but ended: npm run ops -- stop ${cluster}, then abort ${cluster}`,
      );
    }
    deps.log.warn({ run: runId, cluster, by }, 'releasing a cluster from a run that cannot be read');
    const released = await deps.setAsides.release({ cluster, runId, by, at: deps.clock.now() });
    if (!released) throw new UserError('NotHeld', `run ${runId} does not hold cluster ${cluster} any more: look again`);
    return { cluster, runId };
  };
}

/** A run that is not there at all (a restored backup that is older than its owner) cannot be read either. */
async function canBeRead({ store }: ReleaseDeps, runId: string): Promise<boolean> {
  return (await readUnlessUnreadable({ store }, runId)) !== null;
}
