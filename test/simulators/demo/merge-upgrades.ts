import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { messageOf } from '#src/domain/errors.ts';
import { hasEnded } from '#src/domain/run.ts';
import { upgradeBranches } from '#src/domain/upgrade-branch.ts';
import type { DemoFleet } from './fleet.ts';
import type { DemoWorld } from './world.ts';

/** Real milliseconds. */
const LOOK_EVERY_MS = 2000;

/** Robin, who reviews and merges the branch of an upgrade that has ended: until somebody does, the next one is refused. */
export function mergeUpgrades(
  { redis, remote }: Pick<DemoWorld, 'redis' | 'remote'>,
  { clusters }: DemoFleet,
): { stop: () => Promise<void> } {
  const connection = new Redis(redis.url);
  const store = createRedisRunStore(connection);
  const stopping = new AbortController();
  const look = async (cluster: string): Promise<void> => {
    const id = await store.latestOf(cluster);
    const run = id === null ? null : await store.read(id);
    if (run === null || !hasEnded(run)) return;
    for (const branch of await remote.merge(upgradeBranches(cluster)))
      process.stdout.write(`  Robin reviewed and merged ${branch}.\n`);
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const { name } of clusters)
        await look(name).catch((error: unknown) => process.stderr.write(`Robin cannot merge: ${messageOf(error)}\n`));
      await sleep(LOOK_EVERY_MS, null, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      connection.disconnect();
    },
  };
}
