import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { createRedisMessageLedger } from '#src/adapters/redis-message-ledger.ts';
import { simulatedClock } from '#test/simulators/clock.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { MAINTENANCE, PEOPLE } from '../support/scenario-people.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const kinds = (world: ScenarioWorld, cluster?: string) => world.notices(cluster).map((notice) => notice.split(':')[0]);

scenario.concurrent(
  'half an hour without Slack: nothing begins that people could not stop, what was deleted is made again, all is told afterwards, once',
  async ({ startWorld, onTestFinished }) => {
    const world = await startWorld({
      clusters: [
        selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } }),
        managed('reef', { version: '1.33' }),
        managed('harbor', { version: '1.33' }),
      ],
      durations: {},
    });
    const clock = simulatedClock(world.clock);
    await Promise.all([
      approved(world, 'reef 1.34').then(() => comesToItsGate(world, 'reef')),
      approved(world, 'coast 1.24').then(() =>
        world.eventually(() => world.changes('coast').includes('delete nb-small')),
      ),
      world.types('maya', '/eks-upgrade harbor 1.34').then(() => world.comesTo('awaiting-approval', 'harbor')),
    ]);
    const untouched = world.changes('reef');

    // Approved in the last moment: its start notice finds no Slack.
    world.slack.addFault({ kind: 'server-error-before', method: 'chat.postMessage', count: 1000 });
    await world.presses('sam', 'Approve', 'harbor');
    world.slack.outage('unavailable');
    world.slack.clearFaults();
    const began = clock.now();
    // The ten minutes count from when a worker noticed.
    const redis = new Redis(world.env['REDIS_URL'] ?? '');
    onTestFinished(() => redis.disconnect());
    const ledger = createRedisMessageLedger(redis);
    await until(async () => (await ledger.outageSince()) !== null);
    await clock.delay(11 * MINUTE);
    world.cloud.setActivity('reef', 0);
    await world.eventually(() => world.changes('coast').includes('create nb-small'));
    // Neither Slack nor the cloud shows it.
    await until(async () => (await world.run('coast')).state.kind === 'succeeded');
    await clock.delay(Math.max(0, began + 30 * MINUTE - clock.now()));
    expect((await world.run('reef')).state.kind, 'its gate is open').toBe('running');
    expect(world.changes('reef'), 'nobody could press stop').toEqual(untouched);
    expect(world.changes('harbor'), 'nobody was told that it starts').toEqual([]);

    world.slack.outageEnds();
    await Promise.all(['coast', 'reef', 'harbor'].map((name) => world.comesTo('succeeded', name)));
    for (const name of ['coast', 'reef', 'harbor']) expect(kinds(world, name)).toEqual(['start', 'finish']);
    expect(world.doubled()).toEqual([]);
    // socket-mode tries again after some seconds; then people are heard as before.
    await until(async () => {
      const typed = { user: PEOPLE.maya, channel: MAINTENANCE, text: '/eks-upgrade status' };
      return (await world.slack.slash(typed)).kind === 'acked';
    });
  },
);

scenario.concurrent(
  'Slack refuses, is slow down to silence, or loses its answers: every message stands there once',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: ['pearl', 'opal'].map((name) => managed(name, { version: '1.33' })) });
    const post = { method: 'chat.postMessage' };
    // Two cards: one stands there without an answer, the other does not; neither answer ever comes.
    world.slack.addFault({ kind: 'time-out-after', ...post });
    world.slack.addFault({ kind: 'time-out-before', ...post });
    await Promise.all(['pearl', 'opal'].map((name) => world.types('maya', `/eks-upgrade ${name} 1.34`)));
    await Promise.all(['pearl', 'opal'].map((name) => world.comesTo('awaiting-approval', name)));
    for (const kind of ['server-error-after', 'rate-limited', 'connection-lost-after', 'server-error-before'] as const)
      world.slack.addFault({ kind, ...post });
    world.slack.addFault({ kind: 'api-error', error: 'internal_error', ...post });
    world.slack.addFault({ kind: 'rate-limited', method: 'chat.update', retryAfter: 30, count: 2 });
    await world.presses('sam', 'Approve', 'pearl');
    await world.presses('sam', 'Approve', 'opal');
    await Promise.all(['pearl', 'opal'].map((name) => world.comesTo('succeeded', name)));
    for (const name of ['pearl', 'opal']) expect(kinds(world, name)).toEqual(['start', 'finish']);
    expect(world.doubled()).toEqual([]);
  },
);

scenario.concurrent(
  'a channel that is archived, or has lost the bot: whoever asks is told what to do, and then everything follows',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: [managed('delta', { version: '1.33' })] });
    await approved(world, 'delta 1.34');
    await comesToItsGate(world, 'delta');
    const before = world.changes();
    world.slack.changeChannel(MAINTENANCE, { isArchived: true });
    world.cloud.setActivity('delta', 0);
    await isToldInGeneral(
      world,
      /have not reached <#C0MAINT00> since .* The channel is archived: unarchive it and invite/,
    );
    await simulatedClock(world.clock).delay(15 * MINUTE);

    world.slack.changeChannel(MAINTENANCE, { isArchived: false });
    await isToldInGeneral(world, /The bot is not in the channel: invite it there with \/invite/);
    expect(kinds(world)).toEqual(['start']);
    world.slack.changeChannel(MAINTENANCE, { botIsMember: true });
    await world.comesTo('succeeded');
    expect(world.changes()).toEqual([...before, 'update core to 1.34', 'update nb-small to 1.34']);
    expect(kinds(world)).toEqual(['start', 'finish']);
    expect(world.doubled()).toEqual([]);
    expect(await world.types('maya', '/eks-upgrade status')).toBe('No upgrade is under way.');
  },
);

scenario.concurrent(
  'a card that somebody deleted comes back with its buttons when anybody asks; commands and clicks that come twice or late count once',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: [managed('slate', { version: '1.33' })], durations: {} });
    world.slack.addFault({ kind: 'duplicate-envelope' });
    await world.types('maya', '/eks-upgrade slate 1.34');
    const { id } = await world.comesTo('awaiting-approval');
    const [card] = world.messages();
    world.slack.deleteMessage(MAINTENANCE, card?.ts ?? '');
    expect(await world.types('maya', '/eks-upgrade slate 1.34')).toMatch(/slate has one already/);
    await world.eventually(() => world.buttons().includes('Approve'));

    world.slack.addFault({ kind: 'duplicate-envelope' });
    await world.presses('sam', 'Approve');
    world.slack.addFault({ kind: 'late-envelope', delayMs: 500 });
    await world.presses('maya', 'Stop after this step');
    await world.comesTo('stopped');
    const events = await world.events();
    expect((await world.run()).id, 'one run').toBe(id);
    expect(events.filter(({ kind }) => kind === 'approved')).toHaveLength(1);
    expect(events.filter(({ kind }) => kind === 'stop-requested')).toHaveLength(1);
  },
);

async function approved(world: ScenarioWorld, request: string): Promise<void> {
  const name = request.split(' ')[0];
  await world.types('maya', `/eks-upgrade ${request}`);
  await world.comesTo('awaiting-approval', name);
  await world.presses('sam', 'Approve', name);
}

/** In another channel, because nobody can type in one that is archived. */
async function isToldInGeneral(world: ScenarioWorld, text: RegExp): Promise<void> {
  await until(async () => {
    await world.slack.slash({ user: PEOPLE.maya, channel: 'general', text: '/eks-upgrade status' });
    return world.slack.ephemerals(PEOPLE.maya).some((told) => text.test(told.text));
  });
}

/** Somebody came whom the approver did not see on the plan. */
async function comesToItsGate(world: ScenarioWorld, cluster: string): Promise<void> {
  world.cloud.setActivity(cluster, 3);
  await world.comesTo('waiting', cluster);
}
