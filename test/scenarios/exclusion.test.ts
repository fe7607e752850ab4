import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { requireOwnership } from '#jobs/ownership.ts';
import { connectRedis } from '#src/adapters/redis.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { ASKED_AT, aRun } from '../support/builders.ts';
import { programFile } from '../support/programs.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import type { RequesterReport, RequesterTask } from '../support/requester.ts';
import { DOWN_AFTER_MS, startWatchedRedis } from '../support/sentinels.ts';

const PROCESSES = 5;
/** Real milliseconds: what the store waits for one answer of Redis, twice. */
const ANSWER_LIMIT_MS = 10_000;

/**
 * Five processes that begin at the same moment; what each of their requests was told. `onAnswer` happens when the first
 * of all has an answer.
 */
async function hammer(
  task: Omit<RequesterTask, 'cluster'>,
  onAnswer: () => Promise<void> = async () => undefined,
): Promise<RequesterReport> {
  const children = Array.from({ length: PROCESSES }, () => {
    const argument = JSON.stringify({ ...task, cluster: 'coast' });
    const child = spawn(process.execPath, [programFile('requester'), argument], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  });
  await Promise.all(children.map(({ lines }) => lines.next()));
  for (const { child } of children) child.stdin.write('go\n');
  const answers = children.map(({ lines }) => lines.next());
  await Promise.race(answers);
  await onAnswer();
  for (const { child } of children) child.stdin.write('go on\n');
  await Promise.all(answers);
  const reports = await Promise.all(
    children.map(async ({ lines }) => JSON.parse(String((await lines.next()).value)) as RequesterReport),
  );
  return reports.reduce(together);
}

function together(one: RequesterReport, other: RequesterReport): RequesterReport {
  return {
    planning: [...one.planning, ...other.planning],
    held: sum(one.held, other.held),
    errors: sum(one.errors, other.errors),
    unconfirmed: one.unconfirmed + other.unconfirmed,
    slowestMs: Math.max(one.slowestMs, other.slowestMs),
  };
}

function sum(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]));
}

describe('one run per cluster', () => {
  test('1,000 requests at once on 5 processes: one run, and each of the others is told which', async () => {
    const redis = await startRedis();
    onTestFinished(redis.stop);
    const report = await hammer({ redisUrl: redis.url, requests: 200, inHalves: false, insistMs: 0 });
    const [winner = ''] = report.planning;
    expect(report).toMatchObject({ planning: [winner], held: { [winner]: 999 }, errors: {}, unconfirmed: 0 });
    const look = new Redis(redis.url);
    onTestFinished(() => look.disconnect());
    expect(await look.hgetall('{eks}:owner')).toEqual({ coast: winner });
    expect(await look.keys('{eks}:run:*'), 'nothing is left of the others').toEqual([`{eks}:run:${winner}`]);
    expect(await look.zrange('{eks}:due', '0', '-1')).toEqual([winner]);
  });

  test('a Redis that fails over in the middle of them: one run, and all who ask after it are told which within seconds', async () => {
    const redis = await startWatchedRedis({ sentinels: 1 });
    onTestFinished(redis.stop);
    const report = await hammer({ redisUrl: redis.url, requests: 200, inHalves: true, insistMs: 15_000 }, () =>
      redis.master.crash(),
    );
    const look = connectRedis(redis.url, 'store');
    look.on('error', () => undefined);
    onTestFinished(() => look.disconnect());
    const owner = (await look.hget('{eks}:owner', 'coast')) ?? 'nobody';
    // Whose answer was lost asked again, and was told of their own run.
    const { planning, held } = report;
    expect([[], [owner]]).toContainEqual(planning);
    expect({ [owner]: planning.length + (held[owner] ?? 0) }, 'everybody is told of the one run').toEqual({
      [owner]: 1000,
    });
    expect(report.errors).toEqual({});
    expect(report.slowestMs, 'some asked while there was no master').toBeGreaterThan(DOWN_AFTER_MS);
    expect(report.slowestMs, 'longer than that nobody waited').toBeLessThan(ANSWER_LIMIT_MS);
  });
});

describe('a primary that loses its last writes', () => {
  test('who asked in just that moment is told to try again, and nobody is told of a run that is gone', async () => {
    const server = await startRedis();
    onTestFinished(server.stop);
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    // The script is answered by the old primary, all that follows by a new one that never heard of it.
    await redis.ping();
    const info = redis.info.bind(redis);
    redis.info = async () => {
      await redis.flushdb();
      return info('replication');
    };
    const store = createRedisRunStore(redis);
    await expect(store.create(aRun('planning', { id: 'lost' }), ASKED_AT)).rejects.toMatchObject({
      code: 'NotReplicated',
      message: expect.stringContaining('try again'),
    });
    expect(await store.ownerOf('coast')).toBeNull();
  });

  let servers: RedisServer[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  test('of two runs that both were given the cluster only one may act; the other stops and says which', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
    servers = [primary, replica];
    const [before, after] = [new Redis(primary.url), new Redis(replica.url)];
    onTestFinished(() => {
      for (const redis of [before, after]) redis.disconnect();
    });
    await expect.poll(() => after.info('replication'), { timeout: 10_000 }).toContain('master_link_status:up');
    await expect.poll(() => before.info('replication'), { timeout: 10_000 }).toContain('state=online');
    const [first, second] = [aRun('planning', { id: 'first' }), aRun('planning', { id: 'second' })];
    // Online is said before the replica has answered for the first time.
    await before.set('warm', 'up');
    await expect.poll(() => before.wait(1, 1000), { timeout: 10_000 }).toBe(1);
    const there = createRedisRunStore(before);
    await there.create(first, ASKED_AT);

    // From here on the replica misses everything: the first run is given up and the second begins to act.
    await after.replicaof('NO', 'ONE');
    await expect.poll(() => before.info('replication'), { timeout: 10_000 }).toContain('connected_slaves:0');
    await there.change({
      runId: 'first',
      claim: null,
      wakeAt: null,
      decide: () => [
        { kind: 'nothing-to-do', at: ASKED_AT, by: 'bot', snapshot: { version: '1.24', nodeGroups: [], addons: [] } },
      ],
    });
    await there.create(second, ASKED_AT);
    const claim = await there.claim('second');
    if (claim === null) throw new Error('the second run is not there');
    await expect(requireOwnership({ store: there }, second)).resolves.toBeUndefined();
    await primary.crash();

    // All go on at the replica, which knows the first run only.
    const here = createRedisRunStore(after);
    expect(await here.holds(claim), 'right before its next change the second asks').toBe(false);
    await expect(requireOwnership({ store: here }, second)).rejects.toMatchObject({
      code: 'OwnershipLost',
      message: expect.stringMatching(
        /second does not own cluster coast any more.*run first owns it now: abort this one/,
      ),
    });
    await expect(here.change({ runId: 'second', claim, wakeAt: null, decide: () => [] })).rejects.toThrow(
      'not in redis',
    );
    expect(await here.claim('second')).toBeNull();
    await expect(requireOwnership({ store: here }, first)).resolves.toBeUndefined();
  });
});
