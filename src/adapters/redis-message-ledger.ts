import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RunId } from '#src/domain/run.ts';
import type { MessageLedger, MessageRecord } from '#src/ports/message-ledger.ts';
import { KEY_PREFIX } from './redis.ts';
import {
  DOUBT_POSTS,
  MARK_SYNCED,
  NOTICE_SERVER,
  PAUSE_LANE,
  REPLACE_POST,
  RESERVE_SLOT,
} from './redis-run-scripts.ts';
import { RUN_STORE_KEYS, runKey } from './redis-run-store.ts';

const Record_ = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('posting'), since: z.number(), inHand: z.number().exactOptional() }),
  z.object({ kind: z.literal('posted'), ts: z.string(), contentHash: z.string() }),
]);

/** Real milliseconds of writes that a restart or a failover may lose, amply: Redis' own promise is a second or two. */
const MAY_LOSE_MS = 60_000;

const SERVER = `${KEY_PREFIX}:server`;
const FORGOTTEN = `${KEY_PREFIX}:forgotten`;
const DOUBTFUL = `${KEY_PREFIX}:doubtful`;
export const SLACK_OUTAGE = `${KEY_PREFIX}:slack-outage-since`;
const SLACK_OUTAGE_WHY = `${KEY_PREFIX}:slack-outage-why`;

function postsKey(id: RunId): string {
  return `${KEY_PREFIX}:posts:${id}`;
}

/** `run_id` is drawn anew whenever a server starts. https://redis.io/docs/latest/commands/info/ */
async function noticeRestart(redis: Redis, since: number): Promise<void> {
  const id = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1];
  if (id === undefined) return;
  const { owner, unsynced } = RUN_STORE_KEYS;
  await redis.eval(NOTICE_SERVER, 5, SERVER, FORGOTTEN, DOUBTFUL, owner, unsynced, id, since);
}

function laneKey(lane: string): string {
  return `${KEY_PREFIX}:lane:${lane}`;
}

/** `runMs`: how much run time so many real milliseconds are. */
export function createRedisMessageLedger(
  redis: Redis,
  runMs: (realMs: number) => number = (realMs) => realMs,
): MessageLedger {
  const forgettingMs = () => runMs(MAY_LOSE_MS);
  return {
    read: async (runId) => {
      const rows = await redis.hgetall(postsKey(runId));
      return Object.fromEntries(Object.entries(rows).map(([key, text]) => [key, Record_.parse(JSON.parse(text))]));
    },
    save: async (runId, key, record) => {
      await redis.hset(postsKey(runId), key, textOf(record));
    },
    replace: async (runId, key, { before, record }) => {
      const expected = before === undefined ? '' : textOf(before);
      return (await redis.eval(REPLACE_POST, 1, postsKey(runId), key, expected, textOf(record))) === 1;
    },
    noticeRestart: (now) => noticeRestart(redis, now - forgettingMs()),
    isDoubtful: async (runId) => (await redis.sismember(DOUBTFUL, runId)) === 1,
    doubt: async (runId, keys) => {
      await redis.eval(DOUBT_POSTS, 1, postsKey(runId), ...keys);
    },
    trust: async (runId) => {
      await redis.srem(DOUBTFUL, runId);
    },
    forgottenSince: async (runId, now) => {
      await noticeRestart(redis, now - forgettingMs());
      const since = await redis.hget(FORGOTTEN, runId);
      return since === null ? null : Number(since);
    },
    forget: async (runId, key) => {
      await redis.hdel(postsKey(runId), key);
    },
    isBehind: async (runId) => (await redis.sismember(RUN_STORE_KEYS.unsynced, runId)) === 1,
    revision: async (runId) => Number(await redis.hget(runKey(runId), 'rev')),
    markSynced: async (runId, revision) => {
      await redis.eval(MARK_SYNCED, 2, runKey(runId), RUN_STORE_KEYS.unsynced, runId, revision);
    },
    reserve: async (lane, gapMs, now) => Number(await redis.eval(RESERVE_SLOT, 1, laneKey(lane), gapMs, now)),
    pause: async (lane, ms, now) => {
      await redis.eval(PAUSE_LANE, 1, laneKey(lane), ms, now);
    },
    outageSince: async () => {
      const since = await redis.get(SLACK_OUTAGE);
      return since === null ? null : Number(since);
    },
    outage: async () => {
      const [since, why] = await redis.mget(SLACK_OUTAGE, SLACK_OUTAGE_WHY);
      return since == null ? null : { since: Number(since), why: why || null };
    },
    noteOutage: async (now, why) => {
      await redis.set(SLACK_OUTAGE, now, 'NX');
      await redis.set(SLACK_OUTAGE_WHY, why ?? '');
    },
    noteAnswer: async () => {
      await redis.del(SLACK_OUTAGE, SLACK_OUTAGE_WHY);
    },
  };
}

/** The same record is the same text, so that Redis can compare it. */
function textOf(record: MessageRecord): string {
  return JSON.stringify(record, ['kind', 'since', 'inHand', 'ts', 'contentHash']);
}
