import { Redis } from 'ioredis';
import { UserError } from '#src/domain/errors.ts';

/** All our keys share one hash tag, so that a script may touch several of them in Redis Cluster too. */
export const KEY_PREFIX = '{eks}';

/**
 * Three kinds of connection, because three kinds of waiting are right:
 * `worker` blocks for jobs and waits out an outage; `producer` serves people, who want an answer within a second;
 * `store` is ours for reads and commits.
 * `socketTimeout`: without it a hung Redis master stalls a worker for ever.
 */
export function connectRedis(url: string, kind: 'worker' | 'producer' | 'store'): Redis {
  const shared = { connectTimeout: 5000, retryStrategy: (times: number) => Math.min(100 * 2 ** times, 2000) };
  switch (kind) {
    case 'worker':
      return new Redis(url, { ...shared, maxRetriesPerRequest: null, socketTimeout: 20_000 });
    case 'producer':
      return new Redis(url, { ...shared, maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 1000, lazyConnect: true });
    case 'store':
      return new Redis(url, { ...shared, maxRetriesPerRequest: 3, commandTimeout: 5000, lazyConnect: true });
    default:
      kind satisfies never;
      throw new Error(`unknown kind of connection ${String(kind)}`);
  }
}

/**
 * Refuses a Redis that would lose runs or approvals: older than 6.2, or able to evict keys.
 * https://docs.bullmq.io/guide/going-to-production#max-memory-policy
 */
export async function checkRedis(redis: Redis): Promise<void> {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
  const version = field('redis_version') ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > 6 || (major === 6 && minor >= 2))) {
    throw new UserError('RedisTooOld', `redis ${version} is older than 6.2: upgrade it, or point REDIS_URL to a newer one`);
  }
  const policy = field('maxmemory_policy') ?? 'unknown';
  if (policy !== 'noeviction') {
    throw new UserError(
      'RedisMayEvict',
      `redis has maxmemory-policy ${policy} and may throw away approvals and runs: set it to noeviction`,
    );
  }
}
