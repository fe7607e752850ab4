import { InternalError, messageOf } from '#src/domain/errors.ts';
import type { RunId } from '#src/domain/run.ts';
import type { Claim } from '#src/ports/run-store.ts';
import type { LookingDeps } from './worker-deps.ts';

/**
 * A run that cannot be read, because it is broken or of a schema that this version does not know, is not tried again
 * and again: it is set aside, people are told (sync-slack), and it keeps its cluster until an operator has looked.
 * Any other error is for the caller.
 */
export async function setAside(deps: LookingDeps, runId: RunId, error: unknown): Promise<null> {
  if (!isUnreadable(error)) throw error;
  if (await deps.setAsides.setAside({ runId, why: messageOf(error), at: deps.clock.now() })) {
    deps.log.error({ run: runId, err: messageOf(error) }, 'set aside a run that cannot be read');
    await deps.wakeUps.syncSlack(runId).catch(() => undefined);
  }
  return null;
}

function isUnreadable(error: unknown): error is InternalError {
  return error instanceof InternalError && error.code === 'StoredRunUnreadable';
}

export function claimOrSetAside(deps: LookingDeps, runId: RunId): Promise<Claim | null> {
  return deps.store.claim(runId).catch((error: unknown) => setAside(deps, runId, error));
}

/** The bot may have been moved to the version that wrote them: what can be read again goes on. */
export async function takeBackReadable(deps: LookingDeps): Promise<void> {
  for (const { runId, cluster } of await deps.setAsides.list()) {
    const run = await deps.store.read(runId).catch(() => null);
    if (run === null) continue;
    deps.log.info({ run: runId, cluster }, 'taking back a run that can be read again');
    await deps.setAsides.takeBack(runId, deps.clock.now());
    await deps.wakeUps.wakeRun(runId).catch(() => undefined);
    await deps.wakeUps.pushConfig(runId).catch(() => undefined);
  }
}
