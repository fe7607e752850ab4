import { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';
import { startWorkerProcess } from '#jobs/main.ts';
import { RUN_SCHEMA } from '#src/domain/run.ts';
import { startBot } from '#src/main.ts';
import { TICKET_VERSION, ticketId } from '#src/queue.ts';
import { managed } from '../support/scenario-clusters.ts';
import { overridesHere, type ScenarioWorld, scenario } from '../support/scenario-world.ts';

const DAY = 86_400_000;

/** Bot and worker of a day after so many days, as a deployment starts them. */
async function startBoth(world: ScenarioWorld, days: number): Promise<{ stop: () => Promise<void> }> {
  const here = overridesHere({ ...world.clock, origin: world.clock.origin + days * DAY });
  const bot = await startBot(world.env, here);
  const worker = await startWorkerProcess(world.env, here);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= Promise.all([bot.stop(), worker.stop()]).then(() => undefined);
    return stopped;
  };
  onTestFinished(stop);
  return { stop };
}

/** As the bot before this one stored it: an older run schema, and tickets that have no version. */
async function storeAsOlderBot(redis: Redis, id: string): Promise<void> {
  const {
    pastCommands: _p,
    delays: _d,
    sight: _s,
    ...doc
  } = JSON.parse((await redis.hget(`{eks}:run:${id}`, 'doc')) ?? '{}') as Record<string, unknown>;
  await redis.hset(`{eks}:run:${id}`, 'doc', JSON.stringify({ ...doc, schema: 1 }));
  await redis.hset(`{eks}:advance-run:${ticketId(id)}`, 'data', JSON.stringify({ runId: id }));
}

scenario(
  'a request waits 30 days for its approval, over a restart and an upgrade of the bot, and still works',
  async ({ startWorld }) => {
    const harbor = managed('harbor', { version: '1.33' });
    const world = await startWorld({
      clusters: [harbor],
      bot: 'none',
      worker: 'none',
      fleet: { approvalHours: 45 * 24 },
    });
    const redis = new Redis(world.env['REDIS_URL'] ?? '');
    onTestFinished(() => redis.disconnect());

    const older = await startBoth(world, 0);
    await world.types('maya', '/eks-upgrade harbor 1.34');
    const asked = await world.comesTo('awaiting-approval');
    await older.stop();
    await storeAsOlderBot(redis, asked.id);

    const later = await startBoth(world, 14);
    expect((await world.run()).state.kind).toBe('awaiting-approval');
    await later.stop();

    await startBoth(world, 30);
    await world.presses('sam', 'Approve');
    const run = await world.comesTo('succeeded');
    expect(run).toMatchObject({ id: asked.id, schema: RUN_SCHEMA });
    expect(run.approval?.at).toBeGreaterThan(asked.requestedAt + 30 * DAY);
    expect(world.cluster().version).toBe('1.34');
    expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
    expect(world.doubled()).toEqual([]);
  },
);

scenario(
  'a request that nobody decided in time says so, also when no bot ran when it expired',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: [managed('pearl', { version: '1.33' })], bot: 'none', worker: 'none' });
    const first = await startBoth(world, 0);
    await world.types('maya', '/eks-upgrade pearl 1.34');
    await world.comesTo('awaiting-approval');
    await first.stop();
    await startBoth(world, 2);
    await world.comesTo('expired');
    expect(world.text('card')).toMatch(/expired/);
    expect(world.changes()).toEqual([]);
  },
);

scenario(
  'a ticket of a newer bot is left to it: nothing is lost, and the log says what to do',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: [managed('coral', { version: '1.33' })], worker: 'none' });
    const redis = new Redis(world.env['REDIS_URL'] ?? '');
    onTestFinished(() => redis.disconnect());
    await world.types('maya', '/eks-upgrade coral 1.34');
    const { id } = await world.run();
    const key = `{eks}:advance-run:${ticketId(id)}`;
    await redis.hset(key, 'data', JSON.stringify({ v: TICKET_VERSION + 1, run: id }));
    const worker = await startWorkerProcess(world.env, overridesHere(world.clock));
    onTestFinished(worker.stop);
    await expect
      .poll(() => redis.zscore('{eks}:advance-run:delayed', ticketId(id)), { timeout: 30_000 })
      .not.toBeNull();
    expect((await world.run()).state.kind, 'this worker does not guess').toBe('planning');

    // The newer bot is there: it reads its own ticket.
    await redis.hset(key, 'data', JSON.stringify({ v: TICKET_VERSION, runId: id }));
    await world.comesTo('awaiting-approval');
  },
);
