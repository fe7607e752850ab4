import { DelayedError, type Job } from 'bullmq';
import { beforeEach, describe, expect, it } from 'vitest';
import { processPush, pushAgainIfWanted } from '#jobs/process-push.ts';
import { TransientError } from '#src/domain/errors.ts';
import { QUEUES, ticketFor } from '#src/queue.ts';
import { aPlan, aRun, progressUpTo, startedStep } from '#test/support/builders.ts';
import { eventsOf } from '#test/support/fakes/advance.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const ID = 'r-coast-7k2m';

let world: FakeWorld;
let ticket: { parkedForMs: number | null; promoted: boolean };
let stopping: AbortController;
let lease: AbortController;
let whenParked: () => void;
beforeEach(() => {
  world = fakeWorld();
  ticket = { parkedForMs: null, promoted: false };
  stopping = new AbortController();
  lease = new AbortController();
  whenParked = () => undefined;
  const plan = aPlan();
  world.store.put(aRun('running', { plan, steps: progressUpTo(plan, 'verify', startedStep(0)) }));
});

const job = {
  queueName: QUEUES.pushConfig,
  id: `run-${ID}`,
  data: ticketFor(ID),
  moveToDelayed: async (at: number) => {
    ticket.parkedForMs = at - Date.now();
    whenParked();
  },
  promote: async () => {
    ticket.promoted = true;
  },
} as unknown as Job;
const work = () => processPush(world.deps, { job, token: 't', lease: lease.signal, stopping: stopping.signal });
/** A git server that says nothing, and what the test does as soon as it is waited for. */
const whileGitHangs = (act: () => void): void => {
  world.deps.repository = {
    ...world.deps.repository,
    commitAndPush: () => {
      act();
      return new Promise(() => undefined);
    },
  };
};
const lastStepBegins = (): void =>
  world.store.apply(
    ID,
    { kind: 'step-done', stepId: 'verify', evidence: [], notes: [], at: world.clock.now(), by: 'bot' },
    { kind: 'step-started', stepId: 'commit-config', at: world.clock.now(), by: 'bot' },
  );

describe('the ticket of a branch', () => {
  it('is gone when the branch says how the cluster is', async () => {
    expect(await work()).toBe('equal');
    expect(eventsOf(world, ID)).toEqual(['config-pushed', 'config-pushed', 'config-pushed']);
    await pushAgainIfWanted(world.deps, job);
    expect([ticket.parkedForMs, world.woken]).toEqual([null, []]);
  });

  it('comes again when the run changed while it was finishing', async () => {
    await work();
    lastStepBegins();
    await pushAgainIfWanted(world.deps, job);
    expect(world.woken).toEqual([{ kind: 'push', runId: ID }]);
  });

  it('is parked after a push that failed', async () => {
    world.config.pushError = new TransientError('GitRemoteAway', 'Connection refused');
    await expect(work()).rejects.toBeInstanceOf(DelayedError);
    expect(ticket.parkedForMs).toBeGreaterThan(0);
    expect(ticket.promoted).toBe(false);
  });

  it('is hurried when the last step began to wait for it while it was being parked', async () => {
    world.config.pushError = new TransientError('GitRemoteAway', 'Connection refused');
    whenParked = lastStepBegins;
    await expect(work()).rejects.toBeInstanceOf(DelayedError);
    expect(ticket.promoted).toBe(true);
  });

  it('is handed back at once by a worker that leaves, however long git hangs', async () => {
    whileGitHangs(() => stopping.abort());
    await expect(work()).rejects.toBeInstanceOf(DelayedError);
    expect(ticket.parkedForMs).toBeLessThanOrEqual(1);
    expect(eventsOf(world, ID), 'nothing failed').toEqual([]);
  });

  it('is let go of without a word when its lease is lost', async () => {
    whileGitHangs(() => lease.abort());
    await expect(work()).rejects.toBeInstanceOf(DelayedError);
    expect([ticket.parkedForMs, eventsOf(world, ID)]).toEqual([null, []]);
  });

  it('is left to the reconciler when Redis is away', async () => {
    world.deps.store.read = () => Promise.reject(new Error('Connection is closed.'));
    expect(await work()).toBe('could-not-push');
  });
});
