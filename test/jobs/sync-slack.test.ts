import { beforeEach, describe, expect, it, vi } from 'vitest';
import { syncSlack } from '#jobs/sync-slack.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import { APPROVER, aRun } from '#test/support/builders.ts';
import { type FakeWorld, FLEET, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const ID = 'r-coast-7k2m';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.store.put(aRun('awaiting-approval'));
});

/** Turns, with the time between them, until Slack equals the run; how many there were. */
async function sync(limit = 100): Promise<number> {
  for (let turn = 1; turn <= limit; turn += 1) {
    const result = await syncSlack(world.deps, ID);
    if (result.kind === 'equal') return turn;
    world.clock.advance(result.ms);
  }
  throw new Error(`not equal after ${limit} turns`);
}
const approve = (): void => {
  const hash = world.store.runNow(ID).plan?.hash ?? '';
  world.store.apply(ID, { kind: 'approved', planHash: hash, at: world.clock.now(), by: APPROVER });
};
const wanted = (): string[] => messagesOf(world.store.runNow(ID), FLEET).map(({ key }) => key);
const card = () => world.slack.messages.find(({ key }) => key === 'card');

describe('sync-slack', () => {
  it('posts what is missing in order, notices before the other replies, all under the card', async () => {
    world.store.put(aRun('stopped'));
    await sync();
    const notices = ['start', 'failure:1'];
    const others = wanted().filter((key) => key !== 'card' && !notices.includes(key));
    expect(world.slack.keys()).toEqual(['card', ...notices, ...others]);
    expect(world.slack.messages.map(({ threadTs }) => threadTs)).toEqual([
      null,
      ...wanted()
        .slice(1)
        .map(() => '1.0'),
    ]);
    expect(world.slack.messages.filter(({ broadcast }) => broadcast).map(({ key }) => key)).toEqual([
      'start',
      'failure:1',
    ]);
  });

  it('says that the run is shown when it is', async () => {
    await sync();
    expect(await world.store.unsynced()).toEqual([]);
  });

  it('leaves what is equal alone', async () => {
    await sync();
    expect(await sync()).toBe(1);
    expect(world.slack.messages.map(({ edits }) => edits)).toEqual(world.slack.messages.map(() => 0));
  });

  it('edits only what changed', async () => {
    await sync();
    approve();
    await sync();
    expect(Object.fromEntries(world.slack.messages.map(({ key, edits }) => [key, edits]))).toMatchObject({ card: 1 });
    expect(world.slack.keys()).toEqual(wanted());
  });

  it('makes one edit of many changes: it coalesces', async () => {
    await sync();
    approve();
    world.store.apply(ID, { kind: 'stop-requested', at: 1, by: APPROVER });
    world.store.apply(ID, { kind: 'stopped', at: 1, by: 'bot' });
    await sync();
    expect(card()?.edits).toBe(1);
  });

  it('posts before it edits', async () => {
    await sync();
    world.clock.advance(10_000);
    world.store.put(aRun('stopped'));
    const first = await syncSlack(world.deps, ID);
    expect(first).toEqual({ kind: 'again', ms: 0 });
    expect([card()?.edits, world.slack.messages.length]).toEqual([0, 3]);
  });

  it('lets a notice of another run go before a reply, and not into the same second', async () => {
    const otherId = `${ID}-2`;
    const { ledger } = world.deps;
    for (const key of ['card', 'start', 'failure:1'])
      await ledger.save(ID, key, { kind: 'posted', ts: '1.0', contentHash: '' });
    await ledger.save(otherId, 'card', { kind: 'posted', ts: '2.0', contentHash: '' });
    for (const id of [ID, otherId]) world.store.put({ ...aRun('stopped'), id });
    expect(await ledger.reserve(`post:${FLEET.maintenanceChannel}`, 1200, world.clock.now())).toBe(0);
    expect(await syncSlack(world.deps, otherId)).toEqual({ kind: 'again', ms: 1200 });
    world.clock.advance(1200);
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 1200 });
    expect(await syncSlack(world.deps, otherId)).toEqual({ kind: 'again', ms: 0 });
    expect(world.slack.keys()).toEqual(['start']);
  });

  it('waits for its lane: a post a second, an edit in three', async () => {
    await sync();
    world.clock.advance(10_000);
    world.store.put(aRun('stopped'));
    await syncSlack(world.deps, ID);
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 1200 });
    expect(world.slack.messages).toHaveLength(3);
  });

  it('does not post twice when the answer was lost: it looks for the key first', async () => {
    world.slack.loseNextAnswer();
    await sync();
    expect(world.slack.keys()).toEqual(wanted());
    expect(world.slack.finds).toBe(1);
  });

  it('edits a message it found, because it may show an older state', async () => {
    world.slack.loseNextAnswer();
    await syncSlack(world.deps, ID);
    approve();
    await sync();
    expect(world.slack.keys()).toEqual(wanted());
    expect(card()).toMatchObject({ edits: 1, text: messagesOf(world.store.runNow(ID), FLEET)[0]?.text });
  });

  it('looks for a message that was announced before its worker was killed, and posts it when it is not there', async () => {
    world.ledger.records.set(ID, { card: { kind: 'posting', since: 5 } });
    await sync();
    expect([world.slack.finds, world.slack.keys()]).toEqual([1, wanted()]);
  });

  it('leaves a post alone that a worker which lost its lease still has under way', async () => {
    const { post } = world.slack;
    const slow = Promise.withResolvers<void>();
    world.slack.post = async (message) => {
      await slow.promise;
      return post(message);
    };
    const first = syncSlack(world.deps, ID);
    await vi.waitFor(() => expect(world.ledger.records.get(ID)?.card).toMatchObject({ kind: 'posting' }));
    world.clock.advance(2000);
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 10_000 });
    slow.resolve();
    await first;
    await sync();
    expect(world.slack.keys()).toEqual(wanted());
  });

  it('posts a message that a killed worker had in hand when nobody can be posting it any more', async () => {
    world.ledger.records.set(ID, { card: { kind: 'posting', since: 5, inHand: world.clock.now() } });
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 12_000 });
    world.clock.advance(12_000);
    await sync();
    expect(world.slack.keys()).toEqual(wanted());
  });

  it('posts once when another worker announced the same message a moment before', async () => {
    const { read } = world.ledger;
    world.ledger.read = async (runId) => {
      const known = await read(runId);
      world.ledger.read = read;
      await world.ledger.save(ID, 'card', { kind: 'posting', since: 5, inHand: world.clock.now() });
      return known;
    };
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 1200 });
    expect(world.slack.keys()).toEqual([]);
  });

  it('keeps looking from the first announcement on, however often it was tried', async () => {
    const since: number[] = [];
    const { find } = world.slack;
    world.slack.find = (query) => {
      since.push(query.since);
      return find(query);
    };
    world.slack.failNext('post', new TransientError('SlackAnswerLost', 'lost'));
    world.slack.failNext('post', new TransientError('SlackAnswerLost', 'lost'));
    const first = world.clock.now();
    await sync();
    expect(since).toEqual([first, first]);
  });

  it('keeps the run unsynced when it changed meanwhile', async () => {
    await sync();
    approve();
    const { edit } = world.slack;
    let raced = false;
    world.slack.edit = async (message) => {
      await edit(message);
      if (!raced) world.store.apply(ID, { kind: 'stop-requested', at: 1, by: APPROVER });
      raced = true;
    };
    await syncSlack(world.deps, ID);
    expect(await world.store.unsynced()).toEqual([ID]);
    world.clock.advance(10_000);
    await sync();
    expect(card()?.text).toBe(messagesOf(world.store.runNow(ID), FLEET)[0]?.text);
    expect(await world.store.unsynced()).toEqual([]);
  });

  it('notes when Slack stopped answering, once, and that it answers again', async () => {
    const began = world.clock.now();
    for (let i = 0; i < 2; i += 1) world.slack.failNext('post', new TransientError('SlackUnreachable', 'ECONNREFUSED'));
    const first = await syncSlack(world.deps, ID);
    expect(first).toEqual({ kind: 'again', ms: 5000 });
    world.clock.advance(5000);
    await syncSlack(world.deps, ID);
    expect(world.ledger.away).toBe(began);
    world.clock.advance(5000);
    await sync();
    expect(world.ledger.away).toBeNull();
  });

  it('waits as long as Slack asks for', async () => {
    world.slack.failNext('post', new TransientError('SlackRateLimited', 'slower', { retryAfterMs: 30_000 }));
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 30_000 });
  });

  it('keeps all tickets out for as long as Slack asks, and counts it as no outage: people are reached', async () => {
    const otherId = `${ID}-2`;
    world.store.put({ ...aRun('awaiting-approval'), id: otherId });
    world.slack.failNext('post', new TransientError('SlackRateLimited', 'slower', { retryAfterMs: 30_000 }));
    await syncSlack(world.deps, ID);
    world.clock.advance(20_000);
    expect(await syncSlack(world.deps, otherId)).toEqual({ kind: 'again', ms: 10_000 });
    expect([world.slack.keys(), world.ledger.away]).toEqual([[], null]);
    world.clock.advance(10_000);
    expect(await syncSlack(world.deps, otherId)).toEqual({ kind: 'again', ms: 0 });
  });

  it('goes on posting when only its edits are too many', async () => {
    await sync();
    approve();
    world.clock.advance(10_000);
    world.slack.failNext('edit', new TransientError('SlackRateLimited', 'slower', { retryAfterMs: 60_000 }));
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 60_000 });
    world.store.put(aRun('stopped'));
    world.clock.advance(5_000);
    expect(await syncSlack(world.deps, ID)).toEqual({ kind: 'again', ms: 0 });
    expect(world.slack.keys().at(-1)).toBe('start');
  });

  it('notes what a person can do about a channel that takes no messages', async () => {
    world.slack.failNext('post', new UserError('SlackNotInChannel', 'the bot is not in the channel'));
    await syncSlack(world.deps, ID);
    expect(await world.ledger.outage()).toEqual({ since: world.clock.now(), why: 'the bot is not in the channel' });
  });

  it('looks for each message first after Redis may have forgotten it, and shows anew what people decide by', async () => {
    await sync();
    world.ledger.records.set(ID, { card: world.ledger.records.get(ID)?.card ?? { kind: 'posting', since: 1 } });
    const stands = world.slack.keys();
    world.ledger.forgotten = 5;
    world.ledger.doubtful.add(ID);
    await sync();
    expect(world.slack.keys()).toEqual(stands);
    expect(card()?.edits).toBe(1);
  });

  it('asks a Slack that is away less and less often', async () => {
    const waits: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      world.slack.failNext('post', new TransientError('SlackUnreachable', 'ECONNREFUSED'));
      const result = await syncSlack(world.deps, ID);
      waits.push(result.kind === 'again' ? result.ms : -1);
      world.clock.advance(waits.at(-1) ?? 0);
    }
    expect([waits[0], waits.at(-1)]).toEqual([5000, 30_000]);
  });

  it('wakes the run once the start notice stands', async () => {
    world.store.put(aRun('running'));
    await sync();
    expect(world.woken.filter(({ kind }) => kind === 'run')).toHaveLength(1);
  });

  it('shows the card anew when somebody asks for it while it is being edited: it may have been deleted since', async () => {
    await sync();
    approve();
    const edit = world.deps.slack.edit;
    world.deps.slack.edit = async (request) => {
      await edit(request);
      world.deps.slack.edit = edit;
      await world.deps.ledger.doubt(ID, ['card']);
    };
    await sync();
    expect(card()?.edits).toBe(2);
  });

  it('posts a message again that somebody deleted, and calls nothing away', async () => {
    await sync();
    approve();
    world.slack.failNext('edit', new UserError('SlackMessageGone', 'somebody deleted it'));
    await sync();
    expect(world.slack.keys().filter((key) => key === 'card')).toHaveLength(2);
    expect(world.ledger.away).toBeNull();
  });

  it('posts a reply under a new card when the card was deleted', async () => {
    await sync();
    world.store.put(aRun('stopped'));
    world.slack.failNext('post', new UserError('SlackMessageGone', 'thread_not_found'));
    await sync();
    const cards = world.slack.messages.filter(({ key }) => key === 'card');
    expect(cards).toHaveLength(2);
    expect(world.slack.messages.find(({ key }) => key === 'failure:1')?.threadTs).toBe(cards[1]?.ts);
  });

  it('posts a reply whose answer was lost under a new card when the card was deleted meanwhile', async () => {
    await sync();
    world.store.put(aRun('stopped'));
    world.slack.failNext('post', new TransientError('SlackAnswerLost', 'no answer'));
    world.slack.failNext('find', new UserError('SlackMessageGone', 'thread_not_found'));
    await sync();
    const cards = world.slack.messages.filter(({ key }) => key === 'card');
    expect(cards).toHaveLength(2);
    const notices = world.slack.messages.filter(({ key }) => key === 'start');
    expect(notices.map(({ threadTs }) => threadTs)).toEqual([cards[1]?.ts]);
  });

  it('has nothing to do for a run that is not there', async () => {
    expect(await syncSlack(world.deps, 'nobody')).toEqual({ kind: 'equal' });
  });
});
