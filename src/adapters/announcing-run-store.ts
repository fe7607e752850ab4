import { wantedPush } from '#src/domain/config-push.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { WakeUps } from '#src/ports/wake-ups.ts';

/**
 * A store whose every committed change asks for the run's Slack messages to follow, and its branch in git where that has
 * something to say. The run is in `unsynced` and `unpushed` already (same script), so a ticket that cannot be added now
 * only comes later, with the reconciler.
 */
export function announceChanges(store: RunStore, wakeUps: Pick<WakeUps, 'syncSlack' | 'pushConfig'>): RunStore {
  const announce = (runId: string) => wakeUps.syncSlack(runId).catch(() => undefined);
  return {
    ...store,
    create: async (run, wakeAt) => {
      const created = await store.create(run, wakeAt);
      if (created.kind === 'created') await announce(run.id);
      return created;
    },
    change: async (request) => {
      let events = 0;
      const run = await store.change({
        ...request,
        decide: (seen) => {
          const decided = request.decide(seen);
          events = decided.length;
          return decided;
        },
      });
      if (events > 0) await announce(request.runId);
      if (events > 0 && wantedPush(run) !== null) await wakeUps.pushConfig(run.id).catch(() => undefined);
      return run;
    },
  };
}
