import { EKSClient, UpdateClusterVersionCommand } from '@aws-sdk/client-eks';
import { Redis } from 'ioredis';
import { createRedisMessageLedger } from '#src/adapters/redis-message-ledger.ts';
import { createRedisRunStore, RUN_STORE_KEYS } from '#src/adapters/redis-run-store.ts';
import type { Run } from '#src/domain/run.ts';
import { defaultCredentials } from '#test/simulators/cloud/options.ts';
import { eventually, people } from './people.ts';
import type { BenchWorld } from './world.ts';

export type SeedRequest = {
  /** Of the target; every cluster of the world is one minor behind. */
  to: string;
  /** How long each run has been waiting for its control plane (run time milliseconds). */
  waitedMs: (index: number) => number;
  /** From now to each run's next look (run time milliseconds). */
  nextLookMs: (index: number) => number;
};

/**
 * All clusters of the world with a run that waits for its control plane. The first one is asked for, approved and brought
 * there by the bot and a worker; the others are what it is, each with a control-plane update of its own in the cloud:
 * to bring hundreds there through Slack, at a message a second, would take an hour. Nobody but the caller works meanwhile.
 */
export async function seedRuns(world: BenchWorld, request: SeedRequest): Promise<void> {
  const redis = new Redis(world.redis.url);
  try {
    const [first, ...others] = world.fleet.clusters.map(({ name }) => name);
    if (first === undefined) throw new Error('there is no cluster to seed a run for');
    const pattern = await bringThere(world, redis, { cluster: first, to: request.to });
    const client = new EKSClient({ region: 'us-west-2', endpoint: world.cloudUrl, credentials: defaultCredentials });
    const queue = [...others.entries()];
    const seeder = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, cluster] = next;
        const { update } = await client.send(new UpdateClusterVersionCommand({ name: cluster, version: request.to }));
        await seedOne(world, redis, {
          pattern,
          cluster,
          updateId: update?.id ?? '',
          waitedMs: request.waitedMs(index),
          nextLookMs: request.nextLookMs(index),
        });
      }
    };
    await Promise.all(Array.from({ length: 20 }, seeder));
    client.destroy();
  } finally {
    redis.disconnect();
  }
}

type Pattern = { run: Run; cluster: string; updateId: string; step: string };

async function bringThere(
  world: BenchWorld,
  redis: Redis,
  { cluster, to }: { cluster: string; to: string },
): Promise<Pattern> {
  const [bot, worker] = await Promise.all([world.startBot(), world.startWorker()]);
  const store = createRedisRunStore(redis);
  const { askFor, approve } = people(world);
  await approve(await askFor(cluster, to));
  const pattern = await eventually(`${cluster} waiting for its control plane`, 60_000, async () => {
    const id = await store.latestOf(cluster);
    const run = id === null ? null : await store.read(id);
    const step = `control-plane-${to}`;
    const progress = run?.steps[step];
    if (run === null || progress?.kind !== 'started' || progress.memory['update'] === undefined) return undefined;
    return (await store.unsynced()).includes(run.id)
      ? undefined
      : { run, cluster, step, updateId: progress.memory['update'] };
  });
  await Promise.all([bot.stop(), worker.stop()]);
  return pattern;
}

type Seed = { pattern: Pattern; cluster: string; updateId: string; waitedMs: number; nextLookMs: number };

async function seedOne(
  world: BenchWorld,
  redis: Redis,
  { pattern, cluster, updateId, waitedMs, nextLookMs }: Seed,
): Promise<void> {
  const text = JSON.stringify(pattern.run).replaceAll(pattern.updateId, updateId).replaceAll(pattern.cluster, cluster);
  const run = JSON.parse(text) as Run;
  const { clock } = world;
  const now = clock.origin + (Date.now() - clock.realOrigin) * clock.speed;
  const progress = run.steps[pattern.step];
  if (progress?.kind === 'started') progress.at = Math.round(now - waitedMs);
  const ledger = createRedisMessageLedger(redis);
  for (const [key, record] of Object.entries(await ledger.read(pattern.run.id))) await ledger.save(run.id, key, record);
  await createRedisRunStore(redis).create(run, Math.round(now + nextLookMs));
  await redis.srem(RUN_STORE_KEYS.unsynced, run.id);
}
