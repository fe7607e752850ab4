import { InternalError, messageOf, RefusedError } from '#src/domain/errors.ts';
import type { Run, RunId } from '#src/domain/run.ts';
import type { OperationDeps } from './decide.ts';

type Deps = Pick<OperationDeps, 'store'>;

/** null: not there, or it cannot be read. */
export function readUnlessUnreadable({ store }: Deps, runId: RunId): Promise<Run | null> {
  return store.read(runId).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
}

/** The holder of a cluster, for somebody who asks for an upgrade of it. */
export function readHolder({ store }: Deps, cluster: string, runId: RunId): Promise<Run | null> {
  return store.read(runId).catch((error: unknown) => {
    if (!isUnreadable(error)) throw error;
    throw new RefusedError(
      'ClusterSetAside',
      `cluster ${cluster} is held by run ${runId}, which this version of the bot cannot read: ask the operators of the bot, who look at the cluster and release it (npm run ops -- release ${cluster}); ${messageOf(error)}`,
      { cause: error },
    );
  });
}

function isUnreadable(error: unknown): boolean {
  return error instanceof InternalError && error.code === 'StoredRunUnreadable';
}
