import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { startSlackWatch } from '#jobs/slack-watch.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import { aRun } from '#test/support/builders.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

let world: FakeWorld;
let answer: () => Promise<void>;
beforeEach(() => {
  world = fakeWorld();
});

function started() {
  const asked = vi.fn<() => Promise<void>>(() => answer());
  const watch = startSlackWatch({ ...world.deps, checkSlack: asked });
  onTestFinished(watch.stop);
  return { watch, asked };
}

it('is not ready before Slack has answered, and ready then', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  answer = () => promise;
  const { watch } = started();
  await expect(watch.check()).rejects.toThrow('slack was not asked yet');
  resolve();
  await vi.waitFor(() => watch.check());
});

it('says in words why a refused token keeps it from being ready, and notes it for those who ask', async () => {
  const words = 'slack refuses the bot token: install the app again';
  answer = async () => Promise.reject(new UserError('SlackTokenRefused', words));
  const { watch } = started();
  await vi.waitFor(() => expect(world.ledger.why).toBe(words));
  await expect(watch.check()).rejects.toThrow(words);
  expect(world.logged).toEqual(['slack cannot be used']);
});

it('notices an outage in which there was nothing to say, and its end', async () => {
  const began = world.clock.now();
  answer = async () => Promise.reject(new TransientError('SlackUnreachable', 'ECONNREFUSED'));
  const first = started();
  await vi.waitFor(() => expect(world.ledger.away).toBe(began));
  first.watch.stop();
  answer = async () => undefined;
  started();
  await vi.waitFor(() => expect(world.ledger.away).toBeNull());
});

it('leaves it to a message that waits to show that people are reached again', async () => {
  await world.ledger.noteOutage(world.clock.now(), 'the channel is archived');
  world.store.put(aRun('awaiting-approval'));
  answer = async () => undefined;
  const { watch } = started();
  await vi.waitFor(() => watch.check());
  expect(world.ledger.why).toBe('the channel is archived');
});
