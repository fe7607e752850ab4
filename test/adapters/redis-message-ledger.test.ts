import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRedisMessageLedger } from '#src/adapters/redis-message-ledger.ts';
import type { Posting } from '#src/ports/message-ledger.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';

const RUN = 'coast-1';
const FIRST: Posting = { kind: 'posting', since: 1_795_000_000_000, inHand: 1_795_000_000_000 };

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
beforeEach(() => redis.flushdb());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test('of two announcements of one message the first one counts', async () => {
  const ledger = createRedisMessageLedger(redis);
  expect(await ledger.replace(RUN, 'card', { before: undefined, record: FIRST })).toBe(true);
  const late: Posting = { ...FIRST, inHand: 1_795_000_000_007 };
  expect(await ledger.replace(RUN, 'card', { before: undefined, record: late })).toBe(false);
  expect(await ledger.read(RUN)).toEqual({ card: FIRST });
});

test('an announcement replaces exactly the one that was read', async () => {
  const ledger = createRedisMessageLedger(redis);
  await ledger.replace(RUN, 'card', { before: undefined, record: FIRST });
  const { card } = await ledger.read(RUN);
  const given: Posting = { kind: 'posting', since: FIRST.since };
  expect(await ledger.replace(RUN, 'card', { before: card, record: given })).toBe(true);
  expect(await ledger.replace(RUN, 'card', { before: card, record: FIRST })).toBe(false);
  expect(await ledger.read(RUN)).toEqual({ card: given });
});

test('what was posted meanwhile is not taken for under way', async () => {
  const ledger = createRedisMessageLedger(redis);
  await ledger.replace(RUN, 'card', { before: undefined, record: FIRST });
  await ledger.save(RUN, 'card', { kind: 'posted', ts: '1.0', contentHash: 'abc' });
  expect(await ledger.replace(RUN, 'card', { before: FIRST, record: { kind: 'posting', since: 1 } })).toBe(false);
  expect(await ledger.read(RUN)).toEqual({ card: { kind: 'posted', ts: '1.0', contentHash: 'abc' } });
});

test('a Redis that was restarted puts every run in progress in doubt, once', async () => {
  const ledger = createRedisMessageLedger(redis);
  await redis.hset('{eks}:owner', 'coast', RUN);
  await ledger.noticeRestart(1_795_000_100_000);
  expect([await ledger.isDoubtful(RUN), await ledger.forgottenSince(RUN, 1_795_000_100_000)]).toEqual([false, null]);
  await redis.set('{eks}:server', 'the-one-before');
  await ledger.noticeRestart(1_795_000_200_000);
  expect([await ledger.isDoubtful(RUN), await ledger.isBehind(RUN)]).toEqual([true, true]);
  await ledger.trust(RUN);
  await ledger.noticeRestart(1_795_000_300_000);
  expect(await ledger.isDoubtful(RUN)).toBe(false);
  expect(await ledger.forgottenSince(RUN, 1_795_000_400_000), 'a minute before it was noticed').toBe(1_795_000_140_000);
  expect(await ledger.forgottenSince('asked-for-later', 1_795_000_400_000)).toBeNull();
});

test('what is doubted is edited again, and nothing else', async () => {
  const ledger = createRedisMessageLedger(redis);
  for (const key of ['card', 'start']) await ledger.save(RUN, key, { kind: 'posted', ts: '1.0', contentHash: 'abc' });
  await ledger.doubt(RUN, ['card', 'never-posted']);
  expect(await ledger.read(RUN)).toEqual({
    card: { kind: 'posted', ts: '1.0', contentHash: '' },
    start: { kind: 'posted', ts: '1.0', contentHash: 'abc' },
  });
});

test('a lane that Slack wants free is nobody’s until then, also not when it was taken for less', async () => {
  const ledger = createRedisMessageLedger(redis);
  expect(await ledger.reserve('edit', 3000, 1_795_000_000_000)).toBe(0);
  await ledger.pause('edit', 30_000, 1_795_000_001_000);
  await ledger.pause('edit', 1000, 1_795_000_001_000);
  expect(await ledger.reserve('edit', 3000, 1_795_000_011_000)).toBe(20_000);
});

test('since when Slack is away, and what a person can do about it, until it answers', async () => {
  const ledger = createRedisMessageLedger(redis);
  await ledger.noteOutage(1_795_000_000_000, null);
  await ledger.noteOutage(1_795_000_060_000, 'the channel is archived');
  expect(await ledger.outage()).toEqual({ since: 1_795_000_000_000, why: 'the channel is archived' });
  await ledger.noteAnswer();
  expect([await ledger.outage(), await ledger.outageSince()]).toEqual([null, null]);
});
