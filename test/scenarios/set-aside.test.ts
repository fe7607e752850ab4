import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { startWorkerProcess } from '#jobs/main.ts';
import { RUN_SCHEMA } from '#src/domain/run.ts';
import { programFile } from '../support/programs.ts';
import { managed } from '../support/scenario-clusters.ts';
import { overridesHere, type ScenarioWorld, scenario } from '../support/scenario-world.ts';

const harbor = managed('harbor', { version: '1.33' });
const pearl = managed('pearl', { version: '1.33' });

/** What a newer bot would have written: this one does not know the schema. */
async function rewrite(redis: Redis, id: string, schema: number): Promise<void> {
  const doc = JSON.parse((await redis.hget(`{eks}:run:${id}`, 'doc')) ?? '{}') as object;
  await redis.hset(`{eks}:run:${id}`, 'doc', JSON.stringify({ ...doc, schema }));
}

async function ops(world: ScenarioWorld, ...args: string[]): Promise<{ out: string; error: string }> {
  const asked = promisify(execFile)(process.execPath, [programFile('ops'), ...args], { env: world.env });
  return asked.then(
    ({ stdout }) => ({ out: stdout, error: '' }),
    (error: { stdout: string; stderr: string }) => ({ out: error.stdout, error: error.stderr }),
  );
}

/** Of the newest message that says so; there is no run to look at. */
const setAsideText = (world: ScenarioWorld) =>
  world.eventually(() =>
    world
      .messages()
      .map(({ text }) => text)
      .find((text) => text.includes('is set aside')),
  );

scenario(
  'a run that cannot be read is set aside: told once, its cluster kept, until an operator releases it',
  async ({ startWorld, onTestFinished }) => {
    const world = await startWorld({ clusters: [harbor, pearl], worker: 'none' });
    const redis = new Redis(world.env['REDIS_URL'] ?? '');
    onTestFinished(() => redis.disconnect());
    await world.types('maya', '/eks-upgrade harbor 1.34');
    const { id } = await world.run();
    await rewrite(redis, id, 99);
    const worker = await startWorkerProcess(world.env, overridesHere(world.clock));
    onTestFinished(worker.stop);

    const text = await setAsideText(world);
    expect(text).toContain(`The upgrade of harbor is set aside: the bot cannot read its run ${id}.`);
    await expect.poll(() => redis.sismember('{eks}:unsynced', id), { timeout: 30_000 }).toBe(0);
    expect(await redis.zscore('{eks}:due', id), 'nobody tries it again').toBeNull();
    expect(await world.types('maya', '/eks-upgrade harbor 1.34')).toMatch(
      /held by run harbor-\S+, which this version of the bot cannot read.*ops -- release harbor/,
    );

    await world.types('maya', '/eks-upgrade pearl 1.34');
    await world.comesTo('awaiting-approval', 'pearl');
    expect(await world.types('maya', '/eks-upgrade status'), 'the others are shown').toContain('pearl');

    expect((await ops(world, 'status')).out).toMatch(
      /harbor {2}set aside {2}harbor-\S+ .*has schema 99, .* reads schema 2.*release harbor/,
    );
    expect((await ops(world, 'release', 'pearl')).error).toMatch(
      /can be read, so it is not released but ended: npm run ops -- stop pearl/,
    );
    expect((await ops(world, 'release', 'harbor')).out).toMatch(
      /harbor is free: run harbor-\S+ does not hold it any more/,
    );
    expect((await ops(world, 'release', 'harbor')).error).toMatch(/no run holds cluster harbor/);
    expect(await redis.xrevrange(`{eks}:events:${id}`, '+', '-', 'COUNT', 1)).toEqual([
      [expect.any(String), ['event', expect.stringMatching(/"released".*shell:/)]],
    ]);

    await world.types('maya', '/eks-upgrade harbor 1.34');
    await expect.poll(() => redis.hget('{eks}:owner', 'harbor'), { timeout: 30_000 }).not.toBeNull();
    const told = world.slack.messages('C0MAINT00').filter((message) => message.text.includes('is set aside'));
    expect(told, 'told once').toHaveLength(1);
  },
);

scenario(
  'a run that can be read again, because the newer bot is back, goes on by itself',
  async ({ startWorld, onTestFinished }) => {
    const world = await startWorld({ clusters: [harbor] });
    const redis = new Redis(world.env['REDIS_URL'] ?? '');
    onTestFinished(() => redis.disconnect());
    await world.types('maya', '/eks-upgrade harbor 1.34');
    const { id } = await world.comesTo('awaiting-approval');
    await rewrite(redis, id, 99);
    await setAsideText(world);
    expect(await redis.hget('{eks}:owner', 'harbor')).toBe(id);
    await rewrite(redis, id, RUN_SCHEMA);
    await expect.poll(() => redis.hlen('{eks}:aside'), { timeout: 30_000 }).toBe(0);
    await world.presses('sam', 'Approve');
    await world.comesTo('succeeded');
  },
);
