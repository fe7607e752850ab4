import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { requireOwnership } from '#jobs/ownership.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { ASKED_AT, aRun } from '../support/builders.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import type { RequesterReport, RequesterTask } from '../support/requester.ts';

const PROCESSES = 5;

/** Five processes that begin at the same moment; what each of their requests was told. */
async function hammer(task: Omit<RequesterTask, 'cluster'>): Promise<RequesterReport> {
  const script = resolve(import.meta.dirname, '../support/requester.ts');
  const children = Array.from({ length: PROCESSES }, () => {
    const argument = JSON.stringify({ ...task, cluster: 'coast' });
    const child = spawn(process.execPath, [script, argument], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  });
  await Promise.all(children.map(({ lines }) => lines.next()));
  for (const { child } of children) child.stdin.write('go\n');
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
    const report = await hammer({ redisUrl: redis.url, requests: 200 });
    const [winner = ''] = report.planning;
    expect(report).toEqual({ planning: [winner], held: { [winner]: 999 }, errors: {} });
    const look = new Redis(redis.url);
    onTestFinished(() => look.disconnect());
    expect(await look.hgetall('{eks}:owner')).toEqual({ coast: winner });
    expect(await look.keys('{eks}:run:*'), 'nothing is left of the others').toEqual([`{eks}:run:${winner}`]);
    expect(await look.zrange('{eks}:due', '0', '-1')).toEqual([winner]);
  });
});

describe('a primary that loses its last writes', () => {
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
