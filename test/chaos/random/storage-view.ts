import { Redis } from 'ioredis';
import { KEY_PREFIX } from '#src/adapters/redis.ts';
import { runKey } from '#src/adapters/redis-run-store.ts';

/** What is stored about the runs: their state is the bot's word, to be held against the world; ownership is a fact. */
export type Stored = {
  /** Cluster → run that owns it. */
  owners: Record<string, string>;
  /** Run → state. */
  states: Map<string, string>;
  /** Runs whose messages may not show their state yet. */
  unsynced: Set<string>;
};

export class StorageView {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url, { maxRetriesPerRequest: 0, commandTimeout: 2000, enableOfflineQueue: false });
    this.#redis.on('error', () => undefined);
  }

  /** null: Redis does not answer now. */
  async look(runs: readonly string[]): Promise<Stored | null> {
    try {
      const [owners, unsynced, states] = await Promise.all([
        this.#redis.hgetall(`${KEY_PREFIX}:owner`),
        this.#redis.smembers(`${KEY_PREFIX}:unsynced`),
        Promise.all(
          runs.map(async (run) => [run, (await this.#redis.hget(runKey(run), 'state')) ?? 'unknown'] as const),
        ),
      ]);
      return { owners, states: new Map(states), unsynced: new Set(unsynced) };
    } catch {
      return null;
    }
  }

  close(): void {
    this.#redis.disconnect();
  }
}
