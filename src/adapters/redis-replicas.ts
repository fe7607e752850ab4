import type { Redis } from 'ioredis';

/** Real milliseconds a replica has to say that it has the ownership. Somebody waits for the answer in Slack. */
export const REPLICA_LIMIT_MS = 1000;

/**
 * Redis answers before its replicas have the write, and a failover in that moment would forget who owns a cluster: the
 * next request would get it a second time. So where a replica is connected one of them must have it; where none is,
 * nobody could take over and there is nothing to wait for. `WAIT` speaks of the writes of this connection only.
 * https://redis.io/docs/latest/commands/wait/
 */
export async function hasReachedReplica(redis: Redis): Promise<boolean> {
  return !(await isFollowed(redis)) || (await redis.wait(1, REPLICA_LIMIT_MS)) >= 1;
}

/** Whether another server could take over. One that is still being filled cannot. */
export async function isFollowed(redis: Redis): Promise<boolean> {
  return /^slave\d+:.*state=online/m.test(await redis.info('replication'));
}
