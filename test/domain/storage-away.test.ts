import { expect, onTestFinished, test } from 'vitest';
import { connectRedis } from '#src/adapters/redis.ts';
import { TransientError } from '#src/domain/errors.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import { startRedis } from '#test/support/redis.ts';

async function client() {
  const server = await startRedis();
  const redis = connectRedis(server.url, 'store');
  redis.on('error', () => undefined);
  onTestFinished(async () => {
    redis.disconnect();
    await server.stop();
  });
  await redis.connect();
  return { server, redis };
}

test('a Redis that went away is away', async () => {
  const { server, redis } = await client();
  await server.crash();
  expect(isStorageAway(await redis.get('x').catch((error: unknown) => error))).toBe(true);
});

test('a script of ours that is wrong is a bug, not an outage', async () => {
  const { redis } = await client();
  expect(isStorageAway(await redis.eval('return redis.call("NOSUCH")', 0).catch((error: unknown) => error))).toBe(
    false,
  );
});

test.each(['Connection is closed.', 'Command timed out'])('so is it when ioredis says: %s', (message) => {
  expect(isStorageAway(new Error(message))).toBe(true);
});

test.each([
  'LOADING Redis is loading the dataset in memory',
  "READONLY You can't write against a read only replica.",
  'MASTERDOWN Link with MASTER is down',
])('away is a Redis that comes up again: %s', (message) => {
  expect(isStorageAway(Object.assign(new Error(message), { name: 'ReplyError' }))).toBe(true);
});

test.each([new TypeError('x is undefined'), new TransientError('AwsThrottled', 'slower'), 'text', undefined])(
  'nothing else is: %s',
  (error) => {
    expect(isStorageAway(error)).toBe(false);
  },
);
