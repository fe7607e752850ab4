import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkRedis, connectRedis, openConnection } from '#src/adapters/redis.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { makeServerIdentity } from '#test/simulators/cloud/certificate-authority.ts';
import { ASKED_AT, aRun } from '#test/support/builders.ts';
import { withFreePort } from '#test/support/free-port.ts';
import { programFile } from '#test/support/programs.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';
import { SMALL_FLEET } from '#test/support/small-fleet.ts';

const PASSWORD = 's3cret/with:signs';

describe('TLS and a password', () => {
  let folder: string;
  let server: RedisServer;
  let tlsPort: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redis-tls-'));
    const { caPem, certificatePem, keyPem } = await makeServerIdentity();
    const file = (name: string) => join(folder, name);
    await Promise.all([
      writeFile(file('ca'), caPem),
      writeFile(file('cert'), certificatePem),
      writeFile(file('key'), keyPem),
    ]);
    const tls = [
      '--tls-cert-file',
      file('cert'),
      '--tls-key-file',
      file('key'),
      '--tls-ca-cert-file',
      file('ca'),
      '--tls-auth-clients',
      'no',
    ];
    server = await withFreePort((port) => {
      tlsPort = port;
      return startRedis({ args: ['--tls-port', String(port), ...tls, '--requirepass', PASSWORD] });
    });
    await writeFile(file('fleet.yaml'), SMALL_FLEET);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const status = (changes: Record<string, string>) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = {
        PATH: process.env['PATH'],
        SLACK_BOT_TOKEN: 'xoxb-1-2',
        FLEET_FILE: join(folder, 'fleet.yaml'),
        REDIS_URL: `rediss://:${encodeURIComponent(PASSWORD)}@localhost:${tlsPort}/1`,
        ...changes,
      };
      execFile(process.execPath, [programFile('ops'), 'status'], { env, timeout: 30_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, stdout, stderr }),
      );
    });

  test('a command of the bot reads the runs over TLS when its CA is trusted', async () => {
    expect(await status({ NODE_EXTRA_CA_CERTS: join(folder, 'ca') })).toMatchObject({ code: 0, stdout: 'no runs\n' });
  });

  test('a certificate that nobody vouches for is refused, and the words say so', async () => {
    const { code, stderr } = await status({});
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/cannot reach redis at localhost:\d+: .*certificate/i),
    });
  });

  test('a wrong password is refused, and shown to nobody', async () => {
    const { code, stderr } = await status({
      NODE_EXTRA_CA_CERTS: join(folder, 'ca'),
      REDIS_URL: `rediss://:wrong-one@localhost:${tlsPort}`,
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/cannot reach redis at localhost:\d+: .*(WRONGPASS|NOAUTH)/),
    });
    expect(stderr).not.toContain('wrong-one');
  });
});

describe('the first connection', () => {
  const toOpen = async () => {
    const server = await startRedis();
    onTestFinished(server.stop);
    const redis = connectRedis(server.url, 'store');
    onTestFinished(() => redis.disconnect());
    await server.crash();
    return { server, redis };
  };

  test('a Redis that comes up while the bot starts is waited for', async () => {
    const { server, redis } = await toOpen();
    const opening = openConnection(redis, server.url);
    await new Promise<void>((resolve) => redis.once('reconnecting', () => resolve()));
    await server.restart();
    await opening;
    expect(await redis.ping()).toBe('PONG');
  });

  test('of one that stays away the place and the reason are said', async () => {
    const { server, redis } = await toOpen();
    await expect(openConnection(redis, server.url, 300)).rejects.toMatchObject({
      code: 'RedisUnreachable',
      message: expect.stringMatching(/^cannot reach redis at 127\.0\.0\.1:\d+: .*ECONNREFUSED.*; check REDIS_URL$/),
    });
  });
});

describe('ownership and replicas', () => {
  const opened = async (options: Parameters<typeof startRedis>[0] = {}) => {
    const server = await startRedis(options);
    onTestFinished(server.stop);
    const redis = connectRedis(server.url, 'store');
    await redis.connect();
    onTestFinished(() => redis.disconnect());
    return { server, redis, store: createRedisRunStore(redis) };
  };
  const calls = async (redis: Awaited<ReturnType<typeof opened>>['redis'], command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.info('commandstats'))?.[1] ?? 0);
  /** A replica that has all there is: one that is only just online may not answer within WAIT's second. */
  const followerOf = async (server: RedisServer, redis: Awaited<ReturnType<typeof opened>>['redis']) => {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(server.port)] });
    onTestFinished(replica.stop);
    await expect.poll(() => redis.info('replication'), { timeout: 20_000 }).toMatch(/slave0:.*state=online/);
    await expect.poll(() => redis.set('warm', '1').then(() => redis.wait(1, 1000)), { timeout: 20_000 }).toBe(1);
    await redis.config('RESETSTAT');
    return replica;
  };
  const run = aRun('planning', { id: 'r1' });

  test('with no replica nothing is waited for', async () => {
    const { redis, store } = await opened();
    expect(await store.create(run, ASKED_AT)).toEqual({ kind: 'created' });
    expect(await calls(redis, 'wait')).toBe(0);
  });

  test('with a replica the cluster counts as taken once the replica has it', async () => {
    const { redis, server, store } = await opened();
    const replica = await followerOf(server, redis);
    expect(await store.create(run, ASKED_AT)).toEqual({ kind: 'created' });
    expect(await calls(redis, 'wait')).toBe(1);
    const there = connectRedis(replica.url, 'store');
    await there.connect();
    onTestFinished(() => there.disconnect());
    expect(await there.hget('{eks}:owner', run.cluster)).toBe('r1');
  });

  test('a replica that does not take it in time: refused, and as if it had not been', async () => {
    const { redis, server, store } = await opened();
    const replica = await followerOf(server, redis);
    process.kill(replica.pid(), 'SIGSTOP');
    await expect(store.create(run, ASKED_AT)).rejects.toMatchObject({ code: 'NotReplicated' });
    process.kill(replica.pid(), 'SIGCONT');
    expect([await store.ownerOf(run.cluster), await store.latestOf(run.cluster), await store.read('r1')]).toEqual([
      null,
      null,
      null,
    ]);
    expect(await redis.keys('*r1*')).toEqual([]);
  });
});

describe('a Redis that would lose runs', () => {
  test('may not throw keys away', async () => {
    const server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    onTestFinished(server.stop);
    const redis = connectRedis(server.url, 'store');
    await redis.connect();
    onTestFinished(() => redis.disconnect());
    await expect(checkRedis(redis)).rejects.toMatchObject({ code: 'RedisMayEvict' });
  });

  test('by a crash is used, with a warning that says what to set', async () => {
    const server = await startRedis();
    onTestFinished(server.stop);
    const redis = connectRedis(server.url, 'store');
    await redis.connect();
    onTestFinished(() => redis.disconnect());
    expect(await checkRedis(redis)).toEqual([
      expect.stringMatching(/^redis has appendonly no, .+ set appendonly to yes$/),
    ]);
    await redis.config('SET', 'appendonly', 'yes');
    expect(await checkRedis(redis)).toEqual([]);
  });
});
