import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { hurryParked, scheduleReconciler, watchQueueClock } from '#jobs/queue-clock.ts';
import { startRedis } from '#test/support/redis.ts';

const HOUR = 3_600_000;

it('sees a clock that was set back once, also when redis was away at the first look, and no other change', async () => {
  let [wall, monotonic, isAway] = [1_000 * HOUR, 5, true];
  const seen: number[] = [];
  const onSetBack = async (byMs: number): Promise<void> => {
    if (isAway) throw new Error('away');
    seen.push(byMs);
  };
  const look = watchQueueClock({ wall: () => wall, monotonic: () => monotonic, onSetBack });
  wall += 3 * HOUR;
  await look();
  wall += 10_000;
  monotonic += 10_000;
  await look();
  wall -= 7 * HOUR;
  await expect(look()).rejects.toThrow('away');
  isAway = false;
  await look();
  await look();
  expect(seen).toEqual([7 * HOUR]);
});

it('tickets and a reconciler that were parked by a clock hours ahead are worked on at once', async () => {
  const server = await startRedis();
  onTestFinished(server.stop);
  const connection = new Redis(server.url, { maxRetriesPerRequest: null });
  onTestFinished(() => connection.disconnect());
  const [parked, reconciler] = [new Queue('parked', { connection }), new Queue('reconciler', { connection })];
  await parked.add('ticket', {}, { delay: 7 * HOUR });
  await scheduleReconciler(reconciler, 7 * HOUR);
  await reconciler.promoteJobs();
  const seen: string[] = [];
  const workers = ['parked', 'reconciler'].map((name) => {
    // A connection that is given is not closed by the worker.
    const given = connection.duplicate();
    onTestFinished(() => given.disconnect());
    return new Worker(name, async () => void seen.push(name), { connection: given });
  });
  onTestFinished(async () => {
    for (const worker of workers) await worker.close(true);
  });
  await expect.poll(() => seen.filter((name) => name === 'reconciler').length).toBeGreaterThan(0);
  expect(seen, 'its clock says that it is not due').not.toContain('parked');
  seen.length = 0;

  await hurryParked({ parked: [parked], reconciler }, 100);
  await expect.poll(() => seen, { timeout: 5000 }).toContain('parked');
  await expect.poll(() => seen.filter((name) => name === 'reconciler').length, { timeout: 5000 }).toBeGreaterThan(1);
});
