import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { wantedPush } from '#src/domain/config-push.ts';
import { InternalError, TransientError } from '#src/domain/errors.ts';
import { evolve } from '#src/domain/evolve.ts';
import { hasEnded, type Run, type RunId } from '#src/domain/run.ts';
import type { ChangeRequest, Claim, RunStore } from '#src/ports/run-store.ts';
import { KEY_PREFIX } from './redis.ts';
import { hasReachedReplica, isFollowed, REPLICA_LIMIT_MS } from './redis-replicas.ts';
import { CHANGE_RUN, CLAIM_RUN, CREATE_RUN, KEEP_RUN, PARK_RUN, UNDO_CREATE } from './redis-run-scripts.ts';
import { readStoredEvent, readStoredRun } from './stored-run.ts';

/** How often `change` decides anew when others commit in between; people and one worker never get near it. */
const MAX_RACES = 20;

const OWNER = `${KEY_PREFIX}:owner`;
const LATEST = `${KEY_PREFIX}:latest`;
const DUE = `${KEY_PREFIX}:due`;
const UNSYNCED = `${KEY_PREFIX}:unsynced`;
const UNPUSHED = `${KEY_PREFIX}:unpushed`;
const ASIDE = `${KEY_PREFIX}:aside`;

export function runKey(id: RunId): string {
  return `${KEY_PREFIX}:run:${id}`;
}

export function eventsKey(id: RunId): string {
  return `${KEY_PREFIX}:events:${id}`;
}

/**
 * Keys: `run:<id>` a hash {doc, cluster, state, epoch, rev, wake}; `events:<id>` the audit stream; `owner` cluster → run, without
 * expiry; `latest` cluster → run; `due` run → run time of its next look; `unsynced` runs whose messages may lag; `unpushed`
 * runs whose branch lags; `aside` run → why it could not be read.
 */
export function createRedisRunStore(redis: Redis): RunStore {
  return {
    create: (run, wakeAt) => createRun(redis, run, wakeAt),
    read: async (id) => (await readVersioned(redis, id))?.run ?? null,
    claim: (id) => claimRun(redis, id),
    change: (request) => changeRun(redis, request),
    park: async ({ runId, epoch }, wakeAt) => {
      await redis.eval(PARK_RUN, 2, runKey(runId), DUE, runId, epoch, wakeAt);
    },
    holds: async ({ runId, epoch }) => (await redis.hget(runKey(runId), 'epoch')) === String(epoch),
    ownerOf: (cluster) => redis.hget(OWNER, cluster),
    lastingOwnerOf: async (cluster) => {
      const ask = async (): Promise<string> => (await redis.hget(OWNER, cluster)) ?? '';
      return (await lastingHolder(redis, { cluster, ask })) || null;
    },
    latestOf: (cluster) => redis.hget(LATEST, cluster),
    owners: () => redis.hvals(OWNER),
    ownedClusters: () => redis.hlen(OWNER),
    wakeSeq: async (id) => Number(await redis.hget(runKey(id), 'wake')),
    bumpWakeSeq: async (id) => {
      await redis.hincrby(runKey(id), 'wake', 1);
    },
    due: (now) => redis.zrangebyscore(DUE, '-inf', now, 'LIMIT', 0, 1000),
    unsynced: () => redis.smembers(UNSYNCED),
    unpushed: () => redis.smembers(UNPUSHED),
    events: async (id) => {
      const rows = await redis.xrange(eventsKey(id), '-', '+');
      return rows.map(([, fields]) => readStoredEvent(fields[1] ?? ''));
    },
  };
}

async function createRun(redis: Redis, run: Run, wakeAt: number): ReturnType<RunStore['create']> {
  const event = { kind: 'requested', at: run.requestedAt, by: run.requestedBy };
  const keys = [runKey(run.id), eventsKey(run.id), OWNER, LATEST, DUE, UNSYNCED];
  const args = [run.id, run.cluster, JSON.stringify(run), JSON.stringify(event), wakeAt, run.state.kind];
  const ask = async (): Promise<string> => String(await redis.eval(CREATE_RUN, keys.length, ...keys, ...args));
  const holder = await lastingHolder(redis, { cluster: run.cluster, ask });
  // Our own: the answer of the first try was lost with its connection, and ioredis tried again.
  if (holder !== '' && holder !== run.id) return { kind: 'held', holder };
  // Asked at last: in a failover another server than the one that took the run may have said so of itself.
  if ((await hasReachedReplica(redis)) && (await redis.eval(KEEP_RUN, 1, runKey(run.id))) === 1)
    return { kind: 'created' };
  // A worker that has it in hand already is the proof that the run lives; else nobody saw it.
  const undone = await redis.eval(UNDO_CREATE, keys.length, ...keys, run.id, run.cluster);
  if (undone === 'kept') return { kind: 'created' };
  throw new TransientError(
    'NotReplicated',
    `redis could not copy the ownership of ${run.cluster} to a replica, so a failover could lose it: try again`,
  );
}

const SETTLING_MS = 2 * REPLICA_LIMIT_MS;
const LOOK_AGAIN_MS = 200;

/**
 * Where a replica could take over, a run that nobody has seen in hand or kept may be taken back yet, or be lost in a
 * failover: who is refused because of it would be sent to a run that is nowhere. So its fate is waited for.
 */
async function lastingHolder(
  redis: Redis,
  { cluster, ask }: { cluster: string; ask: () => Promise<string> },
): Promise<string> {
  const until = performance.now() + SETTLING_MS;
  for (;;) {
    const holder = await ask();
    if (holder === '') return holder;
    const [epoch, kept] = await redis.hmget(runKey(holder), 'epoch', 'kept');
    if (kept === '1' || (epoch != null && epoch !== '0')) return holder;
    // Asked last: in a failover it may be another server that is not followed, and that never heard of the holder.
    if (!(await isFollowed(redis)) && (await redis.hget(OWNER, cluster)) === holder) return holder;
    if (performance.now() > until)
      throw new TransientError(
        'HolderUncertain',
        `somebody else has just asked for ${cluster}, and redis has not kept that for certain yet: try again`,
      );
    await sleep(LOOK_AGAIN_MS);
  }
}

async function readVersioned(redis: Redis, id: RunId): Promise<{ run: Run; rev: string } | null> {
  const [doc, rev] = await redis.hmget(runKey(id), 'doc', 'rev');
  return doc == null || rev == null ? null : { run: readStoredRun(id, doc), rev };
}

async function claimRun(redis: Redis, id: RunId): Promise<Claim | null> {
  const row = (await redis.eval(CLAIM_RUN, 1, runKey(id))) as [string, string, string] | null;
  return row === null
    ? null
    : { runId: id, run: readStoredRun(id, row[0]), epoch: Number(row[1]), wakeSeq: Number(row[2]) };
}

async function changeRun(redis: Redis, request: ChangeRequest): Promise<Run> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const stored = await readVersioned(redis, request.runId);
    if (stored === null) throw new InternalError('RunNotFound', `run ${request.runId} is not in redis`);
    const events = request.decide(stored.run);
    if (events.length === 0) return stored.run;
    const changed = events.reduce(evolve, stored.run);
    const answer = await commit(redis, {
      ...request,
      stored,
      changed,
      events: events.map((event) => JSON.stringify(event)),
    });
    if (answer === 'ok') return changed;
    if (answer === 'claim-lost') throw claimLost(request.runId);
  }
  throw new TransientError(
    'TooManyRaces',
    `run ${request.runId} changed ${MAX_RACES} times while it was being changed`,
  );
}

type Commit = ChangeRequest & { stored: { run: Run; rev: string }; changed: Run; events: string[] };

async function commit(redis: Redis, { runId, claim, stored, changed, events, wakeAt }: Commit): Promise<unknown> {
  const keys = [runKey(runId), eventsKey(runId), OWNER, DUE, UNSYNCED, UNPUSHED];
  const args = [
    runId,
    changed.cluster,
    stored.rev,
    claim === null ? '' : claim.epoch,
    JSON.stringify(changed),
    wakeAt ?? '',
    hasEnded(changed) ? '1' : '0',
    changed.state.kind,
    wantedPush(changed) === null ? '0' : '1',
    ...events,
  ];
  return redis.eval(CHANGE_RUN, keys.length, ...keys, ...args);
}

/** Another worker took the run in hand: what this one holds is old, and it must not act on it. */
function claimLost(runId: RunId): TransientError {
  return new TransientError('ClaimLost', `another worker has run ${runId} in hand`);
}

export const RUN_STORE_KEYS = { owner: OWNER, due: DUE, unsynced: UNSYNCED, unpushed: UNPUSHED, aside: ASIDE };
