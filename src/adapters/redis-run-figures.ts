import type { Redis } from 'ioredis';
import { SLACK_OUTAGE } from './redis-message-ledger.ts';
import { RUN_STORE_KEYS, runKey } from './redis-run-store.ts';

/** How things stand now, for those who watch. Times are run time. */
export type RunFigures = {
  /** Of the runs that own a cluster. */
  runsByState: Map<string, number>;
  setAside: number;
  /** Since when the run that waits longest for a worker is due; null: none is due. */
  oldestDueAt: number | null;
  /** Runs whose Slack messages lag behind. */
  unsynced: number;
  /** Runs whose branch in git lags behind. */
  unpushed: number;
  slackOutageSince: number | null;
};

/** A few small reads a run in progress, whatever the length of its history. */
export async function readRunFigures(redis: Redis, now: number): Promise<RunFigures> {
  const { owner, due, unsynced, unpushed, aside } = RUN_STORE_KEYS;
  const [owners, oldest, behind, notInGit, setAside, outage] = await Promise.all([
    redis.hvals(owner),
    redis.zrangebyscore(due, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 1),
    redis.scard(unsynced),
    redis.scard(unpushed),
    redis.hlen(aside),
    redis.get(SLACK_OUTAGE),
  ]);
  const runsByState = new Map<string, number>();
  for (const state of await Promise.all(owners.map((id) => redis.hget(runKey(id), 'state')))) {
    const name = state ?? 'unknown';
    runsByState.set(name, (runsByState.get(name) ?? 0) + 1);
  }
  return {
    runsByState,
    setAside,
    oldestDueAt: oldest[1] === undefined ? null : Number(oldest[1]),
    unsynced: behind,
    unpushed: notInGit,
    slackOutageSince: outage === null ? null : Number(outage),
  };
}

export async function readDueAt(redis: Redis, id: string): Promise<number | null> {
  const score = await redis.zscore(RUN_STORE_KEYS.due, id);
  return score === null ? null : Number(score);
}
