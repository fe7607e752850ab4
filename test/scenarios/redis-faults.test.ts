import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startWorkerProcess } from '#jobs/main.ts';
import { simulatedClock } from '#test/simulators/clock.ts';
import { startOldRedis } from '../support/old-redis.ts';
import { SHORT_LEASES } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { managed } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';
import { startWatchedRedis } from '../support/sentinels.ts';
import { SMALL_FLEET } from '../support/small-fleet.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const WHOLE = ['control plane 1.33 → 1.34', 'add-on kube-proxy', 'update core to 1.34', 'update nb-small to 1.34'];
/** Real milliseconds: longer than every lease. */
const A_WHILE = 1000;
const real = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

scenario.concurrent(
  'a Redis that crashes, hangs and is full in the middle of a run: people are told, the run waits and loses nothing',
  async ({ startWorld, onTestFinished }) => {
    const redis = await startRedis({ appendOnly: true });
    onTestFinished(redis.stop);
    const clusters = ['harbor', 'pearl'].map((name) => managed(name, { version: '1.33' }));
    const world = await startWorld({ clusters, redisUrl: redis.freshDatabase(), env: SHORT_LEASES, durations: {} });
    await approved(world, 'harbor');

    await world.eventually(() => world.changes().includes('control plane 1.33 → 1.34'));
    await redis.crash();
    expect(await world.types('maya', '/eks-upgrade pearl 1.34')).toMatch(/^The bot cannot reach its memory \(Redis\)/);
    await real(A_WHILE);
    await redis.restart();

    await world.eventually(() => world.changes().includes('add-on kube-proxy'));
    redis.hang();
    await real(A_WHILE);
    redis.goOn();

    await world.eventually(() => world.changes().includes('update core to 1.34'));
    await redis.fill();
    expect(await world.types('maya', '/eks-upgrade pearl 1.34')).toMatch(/^The bot cannot reach its memory \(Redis\)/);
    await real(A_WHILE);
    await redis.makeRoom();

    await world.comesTo('succeeded');
    expect(world.changes()).toEqual(WHOLE);
    expectToldOnce(world);
    await world.types('maya', '/eks-upgrade pearl 1.34');
    await world.comesTo('awaiting-approval', 'pearl');
  },
);

scenario.concurrent(
  'a Redis that lost its last second, and in it an approval: the card asks again, what was done is not done again, nothing is told twice',
  async ({ startWorld, onTestFinished }) => {
    const redis = await startRedis({ appendOnly: true });
    onTestFinished(redis.stop);
    const world = await startWorld({
      clusters: [managed('reef', { version: '1.33' })],
      redisUrl: redis.freshDatabase(),
      env: SHORT_LEASES,
      durations: {},
    });
    await world.types('maya', '/eks-upgrade reef 1.34');
    const { plan } = await world.comesTo('awaiting-approval');
    const moment = await redis.remember();
    await world.presses('sam', 'Approve');
    await world.eventually(() => world.changes().length > 0 && !world.buttons().includes('Approve'));
    await redis.rollBackTo(moment);

    await world.eventually(() => world.buttons().includes('Approve'));
    await simulatedClock(world.clock).delay(15 * MINUTE);
    await world.presses('sam', 'Approve');
    await world.eventually(async () => (await world.run()).plan?.hash !== plan?.hash);
    await world.comesTo('awaiting-approval');
    expect(world.content('card')).toContain('add-on');
    await world.presses('sam', 'Approve');
    await world.comesTo('succeeded');
    expect(world.changes()).toEqual(WHOLE);
    expectToldOnce(world);
  },
);

scenario.concurrent(
  'a failover in the middle of a run: it goes on at the new master',
  async ({ startWorld, onTestFinished }) => {
    const redis = await startWatchedRedis();
    onTestFinished(redis.stop);
    const clusters = [managed('opal', { version: '1.33' })];
    const world = await startWorld({ clusters, redisUrl: redis.url, env: SHORT_LEASES, durations: {} });
    await approved(world, 'opal');
    await world.eventually(() => world.changes().includes('control plane 1.33 → 1.34'));
    await redis.master.crash();
    await until(() => world.run().then(() => true));
    await world.comesTo('succeeded');
    expect(world.changes()).toEqual(WHOLE);
    expectToldOnce(world);
  },
);

test('with settings that lose runs nothing starts, and the setting, its value and the way out are named', async ({
  onTestFinished,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'settings-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'fleet.yaml'), SMALL_FLEET);
  const started = (url: string) =>
    startWorkerProcess({
      PATH: process.env['PATH'],
      SLACK_BOT_TOKEN: 'xoxb-1-2',
      FLEET_FILE: join(folder, 'fleet.yaml'),
      WORK_DIR: folder,
      LOG_LEVEL: 'silent',
      REDIS_URL: url,
    });
  const [evicting, full, replica, old] = await Promise.all([
    startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] }),
    startRedis(),
    startRedis({ args: ['--replicaof', '127.0.0.1', '1'] }),
    startOldRedis('6.0.16'),
  ]);
  for (const server of [evicting, full, replica, old]) onTestFinished(server.stop);
  await full.fill();
  await expect(started(evicting.url)).rejects.toThrow(
    /^redis has maxmemory-policy allkeys-lru .* set it to noeviction$/,
  );
  await expect(started(full.url)).rejects.toThrow(
    /^redis takes no writes: OOM .* it uses .+ of its maxmemory 1B: raise maxmemory$/,
  );
  await expect(started(replica.url)).rejects.toThrow(
    /^redis is a replica \(role slave\) .* point REDIS_URL to its master$/,
  );
  await expect(started(old.url)).rejects.toThrow(/^redis 6\.0\.16 is older than 6\.2: upgrade it/);
});

async function approved(world: ScenarioWorld, name: string): Promise<void> {
  await world.types('maya', `/eks-upgrade ${name} 1.34`);
  await world.comesTo('awaiting-approval', name);
  await world.presses('sam', 'Approve', name);
}

function expectToldOnce(world: ScenarioWorld): void {
  expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
  expect(world.doubled()).toEqual([]);
}
