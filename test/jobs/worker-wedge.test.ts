import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startWorker } from '#jobs/worker.ts';
import { connectRedis } from '#src/adapters/redis.ts';
import { aRun } from '#test/support/builders.ts';
import { fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const AFTER_MS = 600;

test('a worker in which nothing starts although a run is due says so and leaves', async () => {
  const world = fakeWorld();
  // The store shows it, and no ticket of it ever reaches this worker's queues.
  world.store.put(aRun('running'));
  world.clock.advance(3_600_000);
  const left = Promise.withResolvers<void>();
  const url = redis.freshDatabase();
  const worker = await startWorker({
    deps: world.deps,
    hands: world.deps,
    connect: () => connectRedis(url, 'worker'),
    settings: { lockDurationMs: 500, stalledIntervalMs: 250, commandConcurrency: 1 },
    wedge: { afterMs: AFTER_MS, leave: left.resolve },
  });
  onTestFinished(worker.stop);
  await left.promise;
  expect(world.logged).toContain('runs are due and nothing starts here: leaving, to be started again');
});
