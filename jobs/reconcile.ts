import { messageOf } from '#src/domain/errors.ts';
import { hasEnded } from '#src/domain/run.ts';
import { setAside, takeBackReadable } from './set-aside.ts';
import type { LookingDeps } from './worker-deps.ts';

/**
 * Wake-up tickets may be lost (a Redis that lost its tail, a kill between commit and add): what is due, or not yet shown
 * in Slack or said in git, gets its ticket again. Adding one that exists does nothing. A Redis that was restarted may have lost
 * its tail: then what stands in Slack is made true again for every run in progress.
 */
export async function reconcile(deps: LookingDeps): Promise<void> {
  for (const runId of await deps.store.due(deps.clock.now())) await attempt(deps, runId, () => revive(deps, runId));
  await takeBackReadable(deps);
  await deps.ledger.noticeRestart(deps.clock.now());
  for (const runId of await deps.store.unsynced()) await attempt(deps, runId, () => deps.wakeUps.syncSlack(runId));
  for (const runId of await deps.store.unpushed()) await attempt(deps, runId, () => deps.wakeUps.pushConfig(runId));
}

async function revive(deps: LookingDeps, runId: string): Promise<void> {
  const run = await deps.store.read(runId).catch((error: unknown) => setAside(deps, runId, error));
  if (run === null || hasEnded(run)) return;
  await deps.wakeUps.wakeRun(runId);
  if (run.command !== null && run.command.state.kind !== 'ended') await deps.wakeUps.runCommand(runId);
}

/** One run that cannot be read must not keep the others asleep. */
async function attempt(deps: LookingDeps, runId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.log.error({ run: runId, err: messageOf(error) }, 'could not wake a run');
  }
}
