import { Redis } from 'ioredis';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { parseRedisAddress, type SentinelAddress } from '#src/domain/redis-address.ts';
import { FreshSentinelConnector } from './sentinel-connector.ts';

/** All our keys share one hash tag, so that a script may touch several of them in Redis Cluster too. */
export const KEY_PREFIX = '{eks}';

/**
 * Three kinds of connection, because three kinds of waiting are right:
 * `worker` blocks for jobs and waits out an outage; `producer` serves people, who want an answer within a second;
 * `store` is ours for reads and commits.
 * `socketTimeout`: without it a hung Redis master stalls a worker for ever.
 */
export function connectRedis(url: string, kind: 'worker' | 'producer' | 'store'): Redis {
  return openRedis(url, { ...SHARED, ...patience(kind) });
}

const retryStrategy = (times: number): number => Math.min(100 * 2 ** times, 2000);

const SHARED = {
  connectTimeout: 5000,
  retryStrategy,
  // A master that became a replica while we were connected: connect again, to whoever is master now, and ask again.
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (2 as const) : false),
};

function patience(kind: 'worker' | 'producer' | 'store') {
  switch (kind) {
    case 'worker':
      return { maxRetriesPerRequest: null, socketTimeout: 20_000 };
    case 'producer':
      return { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 1000, lazyConnect: true };
    case 'store':
      return { maxRetriesPerRequest: 3, commandTimeout: 5000, lazyConnect: true };
    default:
      kind satisfies never;
      throw new Error(`unknown kind of connection ${String(kind)}`);
  }
}

function openRedis(url: string, options: typeof SHARED & ReturnType<typeof patience>): Redis {
  const address = parseRedisAddress(url);
  return address?.kind === 'sentinel'
    ? new Redis({ ...options, ...sentinelOptions(address) })
    : new Redis(url, options);
}

/** `failoverDetector`: an old master that hangs or is cut off keeps its connections, and must not keep us. */
function sentinelOptions({ sentinels, master, username, password, sentinelPassword, database, tls }: SentinelAddress) {
  return {
    sentinels,
    name: master,
    db: database,
    failoverDetector: true,
    Connector: FreshSentinelConnector,
    sentinelRetryStrategy: retryStrategy,
    // One that hangs keeps its connections too: ask the next.
    sentinelCommandTimeout: 2000,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(sentinelPassword === '' ? {} : { sentinelPassword }),
    ...(tls ? { enableTLSForSentinelMode: true, tls: {}, sentinelTLS: {} } : {}),
  };
}

/** Real milliseconds: a Redis that starts together with the bot is waited for; a later one is for the supervisor. */
const OPEN_LIMIT_MS = 10_000;

/**
 * Connects for the first time. `connect()` rejects with a mere "Connection is closed." when the first attempt fails,
 * while ioredis goes on trying: `ready` and `end` tell how it went, and only `error` says why.
 */
export async function openConnection(redis: Redis, url: string, limitMs = OPEN_LIMIT_MS): Promise<void> {
  let last = 'no answer';
  let timer: NodeJS.Timeout | undefined;
  const opened = new Promise<void>((resolve, reject) => {
    const giveUp = (): void =>
      reject(new UserError('RedisUnreachable', `cannot reach redis at ${placeOf(url)}: ${last}; check REDIS_URL`));
    timer = setTimeout(giveUp, limitMs);
    redis.on('error', (error: Error) => {
      last = messageOf(error);
      if (HOPELESS.test(`${last} ${'code' in error ? String(error.code) : ''}`)) giveUp();
    });
    redis.once('ready', resolve);
    redis.once('end', giveUp);
  });
  redis.connect().catch(() => undefined);
  try {
    await opened;
  } catch (error) {
    redis.disconnect();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Passwords and certificates do not get right by waiting. */
const HOPELESS = /WRONGPASS|NOAUTH|NOPERM|certificate|CERT_|ERR_TLS|SELF_SIGNED/i;

/** Never with the password. */
function placeOf(url: string): string {
  const address = parseRedisAddress(url);
  if (address?.kind === 'sentinel') return address.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
  return URL.parse(url)?.host ?? 'that address';
}

/**
 * Refuses a Redis that would lose runs or approvals: older than 6.2, able to evict keys, or taking no writes. Returns
 * what is risky and can be lived with, in words. Throws UserError.
 * https://docs.bullmq.io/guide/going-to-production#max-memory-policy
 */
export async function checkRedis(redis: Redis): Promise<string[]> {
  const field = fieldsOf(await redis.info());
  const version = field('redis_version') ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > 6 || (major === 6 && minor >= 2))) {
    throw new UserError(
      'RedisTooOld',
      `redis ${version} is older than 6.2: upgrade it, or point REDIS_URL to a newer one`,
    );
  }
  const policy = field('maxmemory_policy') ?? 'unknown';
  if (policy !== 'noeviction') {
    throw new UserError(
      'RedisMayEvict',
      `redis has maxmemory-policy ${policy} and may throw away approvals and runs: set it to noeviction`,
    );
  }
  // Asked for a write it would answer READONLY, and the connection would look for the master for ever.
  if (field('role') === 'slave') {
    throw new UserError(
      'RedisIsReplica',
      'redis is a replica (role slave) and takes no writes: point REDIS_URL to its master',
    );
  }
  await checkWritable(redis, field);
  return field('aof_enabled') === '0'
    ? [
        'redis has appendonly no, so a crash of it loses what was decided since its last snapshot: set appendonly to yes',
      ]
    : [];
}

/** Epoch milliseconds by the clock of Redis, which all processes share. */
export async function readTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

type Field = (name: string) => string | undefined;

function fieldsOf(info: string): Field {
  return (name) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
}

/** One that is full or whose disk failed goes on answering reads, and looks well to whoever only asks. */
async function checkWritable(redis: Redis, field: Field): Promise<void> {
  try {
    await redis.set(`${KEY_PREFIX}:writable`, '1', 'PX', 1000);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ReplyError')) throw error;
    const { message } = error;
    const way = message.startsWith('OOM')
      ? `; it uses ${field('used_memory_human')} of its maxmemory ${field('maxmemory_human')}: raise maxmemory`
      : '';
    throw new UserError('RedisNotWritable', `redis takes no writes: ${message.replace(/\.$/, '')}${way}`, {
      cause: error,
    });
  }
}
