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
  expect(await ledger.announce(RUN, 'card', { before: undefined, record: FIRST })).toBe(true);
  const late: Posting = { ...FIRST, inHand: 1_795_000_000_007 };
  expect(await ledger.announce(RUN, 'card', { before: undefined, record: late })).toBe(false);
  expect(await ledger.read(RUN)).toEqual({ card: FIRST });
});

test('an announcement replaces exactly the one that was read', async () => {
  const ledger = createRedisMessageLedger(redis);
  await ledger.announce(RUN, 'card', { before: undefined, record: FIRST });
  const { card } = await ledger.read(RUN);
  const given: Posting = { kind: 'posting', since: FIRST.since };
  expect(await ledger.announce(RUN, 'card', { before: card, record: given })).toBe(true);
  expect(await ledger.announce(RUN, 'card', { before: card, record: FIRST })).toBe(false);
  expect(await ledger.read(RUN)).toEqual({ card: given });
});

test('what was posted meanwhile is not taken for under way', async () => {
  const ledger = createRedisMessageLedger(redis);
  await ledger.announce(RUN, 'card', { before: undefined, record: FIRST });
  await ledger.save(RUN, 'card', { kind: 'posted', ts: '1.0', contentHash: 'abc' });
  expect(await ledger.announce(RUN, 'card', { before: FIRST, record: { kind: 'posting', since: 1 } })).toBe(false);
  expect(await ledger.read(RUN)).toEqual({ card: { kind: 'posted', ts: '1.0', contentHash: 'abc' } });
});
