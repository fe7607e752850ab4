import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWakeUps } from '#src/adapters/bullmq-wake-ups.ts';
import { checkRedis, connectRedis } from '#src/adapters/redis.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { QUEUE_PREFIX, QUEUES } from '#src/queue.ts';
import { ASKED_AT, aRun } from '#test/support/builders.ts';
import { PASSWORD, startWatchedRedis, type WatchedRedis } from '#test/support/sentinels.ts';

let watched: WatchedRedis;
beforeAll(async () => {
  watched = await startWatchedRedis();
}, 60_000);
afterAll(() => watched.stop());

test('a failover loses no ownership, and tickets go on at the new master', { timeout: 60_000 }, async () => {
  const redis = connectRedis(watched.url, 'store');
  const producer = connectRedis(watched.url, 'producer');
  const connection = connectRedis(watched.url, 'worker');
  for (const each of [redis, producer, connection]) each.on('error', () => undefined);
  await Promise.all([redis.connect(), producer.connect()]);
  await checkRedis(redis);
  expect(redis.options.db).toBe(2);
  const store = createRedisRunStore(redis);
  const wakeUps = createWakeUps({ connection: producer, store });
  const seen: string[] = [];
  const worker = new Worker(QUEUES.advanceRun, async (job) => void seen.push(job.data.runId), {
    connection,
    prefix: QUEUE_PREFIX,
  });
  worker.on('error', () => undefined);
  await worker.waitUntilReady();

  expect(await store.create(aRun('planning', { id: 'before', cluster: 'coast' }), ASKED_AT)).toEqual({
    kind: 'created',
  });
  const replica = new Redis({ port: watched.replica.port, password: PASSWORD, db: 2 });
  expect(await replica.hget('{eks}:owner', 'coast'), 'the replica has it by the time we say "created"').toBe('before');
  replica.disconnect();
  await wakeUps.wakeRun('before');
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['before']);

  await watched.master.crash();
  const after = aRun('planning', { id: 'after', cluster: 'harbor' });
  await expect
    .poll(
      () =>
        store.create(after, ASKED_AT).then(
          ({ kind }) => kind,
          () => 'away',
        ),
      { timeout: 30_000 },
    )
    .toMatch(/created|held/);
  expect(await store.ownerOf('coast')).toBe('before');
  expect(await store.create(aRun('planning', { id: 'second', cluster: 'coast' }), ASKED_AT)).toEqual({
    kind: 'held',
    holder: 'before',
  });
  await expect
    .poll(
      () =>
        wakeUps.wakeRun('after').then(
          () => 'added',
          () => 'away',
        ),
      { timeout: 30_000 },
    )
    .toBe('added');
  await expect.poll(() => seen, { timeout: 30_000 }).toContain('after');

  await worker.close(true);
  await wakeUps.close();
  for (const each of [redis, producer, connection]) each.disconnect();
});
