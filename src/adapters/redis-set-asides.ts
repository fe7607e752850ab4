import type { Redis } from 'ioredis';
import type { SetAsides } from '#src/ports/set-asides.ts';
import { RELEASE_CLUSTER, SET_ASIDE, TAKE_BACK } from './redis-run-scripts.ts';
import { eventsKey, RUN_STORE_KEYS, runKey } from './redis-run-store.ts';
import { readSetAside } from './stored-run.ts';

/** Beside the run store and in its keys: what cannot be read must not be in the way of what can. */
export function createRedisSetAsides(redis: Redis): SetAsides {
  const { owner, due, aside, unsynced, unpushed } = RUN_STORE_KEYS;
  return {
    setAside: async ({ runId, why, at }) =>
      (await redis.eval(SET_ASIDE, 6, runKey(runId), owner, due, aside, unsynced, unpushed, runId, why, at)) === 'ok',
    list: async () => Object.entries(await redis.hgetall(aside)).map(([runId, text]) => readSetAside(runId, text)),
    takeBack: async (id, wakeAt) => {
      await redis.eval(TAKE_BACK, 2, due, aside, id, wakeAt);
    },
    release: async ({ cluster, runId, by, at }) => {
      const event = JSON.stringify({ kind: 'released', at, by });
      return (
        (await redis.eval(RELEASE_CLUSTER, 4, eventsKey(runId), owner, due, aside, runId, cluster, event)) === 'ok'
      );
    },
  };
}
