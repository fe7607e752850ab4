import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createWakeUps } from '#src/adapters/bullmq-wake-ups.ts';
import { connectRedis } from '#src/adapters/redis.ts';
import { QUEUE_PREFIX, QUEUES } from '#src/queue.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';

let server: RedisServer;
let producer: Redis;
let bumped: string[];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  bumped = [];
  producer = connectRedis(server.freshDatabase(), 'producer');
  producer.on('error', () => undefined);
  await producer.connect();
});

function open() {
  const wakeUps = createWakeUps({
    connection: producer,
    store: {
      bumpWakeSeq: async (id) => {
        bumped.push(id);
      },
    },
  });
  const queue = (name: string) => new Queue(name, { connection: producer, prefix: QUEUE_PREFIX });
  onTestFinished(async () => {
    await wakeUps.close();
    producer.disconnect();
  });
  return { wakeUps, queue };
}

test('a ticket carries the run’s id and nothing else, and goes when it is done or failed', async () => {
  const { wakeUps, queue } = open();
  await wakeUps.wakeRun('r1');
  const [job] = await queue(QUEUES.advanceRun).getWaiting();
  expect(job).toMatchObject({
    id: 'run-r1',
    data: { runId: 'r1' },
    opts: { removeOnComplete: true, removeOnFail: true },
  });
});

test('a run has one ticket a queue, however often it is woken', async () => {
  const { wakeUps, queue } = open();
  await Promise.all(Array.from({ length: 20 }, () => wakeUps.wakeRun('r1')));
  await Promise.all([
    wakeUps.syncSlack('r1'),
    wakeUps.syncSlack('r1'),
    wakeUps.pushConfig('r1'),
    wakeUps.runCommand('r1'),
  ]);
  const counts = await Promise.all(
    Object.values(QUEUES)
      .filter((name) => name !== QUEUES.reconcile)
      .map((name) => queue(name).getJobCountByTypes('waiting')),
  );
  expect(counts).toEqual([1, 1, 1, 1]);
});

test('only a wake-up of the run is counted, and before the ticket is touched', async () => {
  const { wakeUps } = open();
  await wakeUps.syncSlack('r1');
  await wakeUps.runCommand('r1');
  expect(bumped).toEqual([]);
  producer.disconnect();
  await wakeUps.wakeRun('r1').catch(() => undefined);
  expect(bumped).toEqual(['r1']);
});

test('a parked ticket is hurried', async () => {
  const { wakeUps, queue } = open();
  const advance = queue(QUEUES.advanceRun);
  await advance.add('x', { runId: 'r1' }, { jobId: 'run-r1', delay: 3_600_000 });
  await wakeUps.wakeRun('r1');
  const job = (await advance.getJob('run-r1')) as Job;
  expect(await job.getState()).toBe('waiting');
});

test('nobody waits longer than 1.5 s for a Redis that hangs', async () => {
  const { wakeUps } = open();
  await wakeUps.syncSlack('r1');
  process.kill(server.pid(), 'SIGSTOP');
  onTestFinished(() => void process.kill(server.pid(), 'SIGCONT'));
  const began = performance.now();
  await expect(wakeUps.syncSlack('r1')).rejects.toThrow(/timed out|did not take a ticket/);
  expect(performance.now() - began).toBeLessThan(2000);
});
