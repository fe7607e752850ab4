import { createWakeUps } from '#src/adapters/bullmq-wake-ups.ts';
import type { Logger } from '#src/adapters/logger.ts';
import { measureRuns } from '#src/adapters/measuring-run-store.ts';
import { createPrometheusMetrics } from '#src/adapters/prometheus-metrics.ts';
import { checkRedis, connectRedis, openConnection, readTime } from '#src/adapters/redis.ts';
import { createRedisMessageLedger } from '#src/adapters/redis-message-ledger.ts';
import { readDueAt, readRunFigures } from '#src/adapters/redis-run-figures.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { createRedisSetAsides } from '#src/adapters/redis-set-asides.ts';
import type { Config } from '#src/config.ts';
import type { Clock } from '#src/ports/clock.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** What is kept in Redis, and who counts and measures on the way there. */
export async function openStorage({ redisUrl, role }: Config, { clock, log }: { clock: Clock; log: Logger }) {
  const redis = connectRedis(redisUrl, 'store');
  const producer = connectRedis(redisUrl, 'producer');
  try {
    await Promise.all([openConnection(redis, redisUrl), openConnection(producer, redisUrl)]);
  } catch (error) {
    redis.disconnect();
    producer.disconnect();
    throw error;
  }
  for (const risk of await checkRedis(redis)) log.warn({}, risk);
  const { metrics, expose } = createPrometheusMetrics({
    version: packageJson.version,
    role,
    clock,
    figures: async () => {
      await checkRedis(redis);
      return readRunFigures(redis, clock.now());
    },
  });
  const plainStore = measureRuns(createRedisRunStore(redis), { metrics, clock, dueAt: (id) => readDueAt(redis, id) });
  const wakeUps = createWakeUps({ connection: producer, store: plainStore });
  return {
    ports: {
      store: plainStore,
      ledger: createRedisMessageLedger(redis, (realMs) => realMs / clock.realMs(1)),
      wakeUps,
    },
    setAsides: createRedisSetAsides(redis),
    metrics,
    readMetrics: expose,
    check: async () => void (await checkRedis(redis)),
    time: () => readTime(redis),
    close: async () => {
      await wakeUps.close();
      redis.disconnect();
      producer.disconnect();
    },
  };
}
