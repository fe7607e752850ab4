import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startWorker } from '#jobs/worker.ts';
import type { WorkerDeps } from '#jobs/worker-deps.ts';
import { announceChanges } from '#src/adapters/announcing-run-store.ts';
import { createWakeUps } from '#src/adapters/bullmq-wake-ups.ts';
import { connectRedis } from '#src/adapters/redis.ts';
import { createRedisMessageLedger } from '#src/adapters/redis-message-ledger.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { InternalError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import type { Clock } from '#src/ports/clock.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import { QUEUE_PREFIX, QUEUES, ticketId } from '#src/queue.ts';
import { APPROVER, ASKED_AT, aPlan, aRun, progressUpTo, startedStep } from '#test/support/builders.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { runningCommand } from '#test/support/fakes/phase-context.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';
import { simulatedClock } from '../simulators/clock.ts';

const LEASE = { lockDurationMs: 250, stalledIntervalMs: 100, commandConcurrency: 2 };
const ID = 'r-coast-7k2m';
const STEP = 'node-groups-1.24-create-others';

let server: RedisServer;
let url: string;
let redis: Redis;
let store: RunStore;
let world: FakeWorld;
let deps: WorkerDeps;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  url = server.freshDatabase();
  redis = connectRedis(url, 'store');
  const producer = connectRedis(url, 'producer');
  for (const connection of [redis, producer]) connection.on('error', () => undefined);
  await Promise.all([redis.connect(), producer.connect()]);
  const plain = createRedisRunStore(redis);
  const wakeUps = createWakeUps({ connection: producer, store: plain });
  store = announceChanges(plain, wakeUps);
  world = fakeWorld();
  deps = { ...world.deps, clock: fastClock(), store, wakeUps, ledger: createRedisMessageLedger(redis) };
  onTestFinished(async () => {
    await wakeUps.close();
    redis.disconnect();
    producer.disconnect();
  });
});

/** A minute of run time takes 60 ms. */
function fastClock(): Clock {
  return simulatedClock({ origin: ASKED_AT, realOrigin: Date.now(), speed: 1000 });
}

/** Its run time stands still, and a park of 5 minutes takes 5 minutes. */
function stillClock(): Clock {
  return { now: () => ASKED_AT + 1, delay: () => Promise.resolve(), realMs: (ms) => ms };
}

async function aWorker(changes: Partial<WorkerDeps> = {}): Promise<{ die: () => void }> {
  const connections: Redis[] = [];
  // BullMQ blocks on a duplicate of its own.
  const track = (connection: Redis): Redis => {
    connection.on('error', () => undefined);
    connections.push(connection);
    const duplicate = connection.duplicate.bind(connection);
    connection.duplicate = (options) => track(duplicate(options));
    return connection;
  };
  const worker = await startWorker({
    deps: { ...deps, ...changes },
    hands: { ...deps, ...changes },
    settings: LEASE,
    wedge: { afterMs: 60_000, leave: () => undefined },
    connect: () => track(connectRedis(url, 'worker')),
  });
  let alive = true;
  onTestFinished(async () => {
    if (alive) await worker.stop();
  });
  return {
    /** As kill -9 does: it renews no lease and says nothing any more. */
    die: () => {
      alive = false;
      for (const connection of connections) connection.disconnect();
    },
  };
}

const eventually = <T>(look: () => Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 10_000, interval: 10 });
const runNow = async (id = ID): Promise<Run> =>
  (await store.read(id)) ?? Promise.reject(new Error(`there is no run ${id}`));
const kindsOf = async (id = ID): Promise<string[]> => (await store.events(id)).map(({ kind }) => kind);
const queue = (name: string): Queue => {
  const opened = new Queue(name, { connection: redis, prefix: QUEUE_PREFIX });
  onTestFinished(() => opened.close());
  return opened;
};
/** The run is in a step that is about to ask eksctl, or has asked. */
const inStep = (command: Run['command']): Run => {
  const plan = aPlan();
  return aRun('running', { plan, steps: progressUpTo(plan, STEP, startedStep(0)), command });
};

test.each([
  'right after the claim',
  'right before the park is written',
  'right after the park is written',
  'at any moment',
] as const)('a wake-up that comes while the ticket is being worked on is not lost: %s', async (moment) => {
  const ids = Array.from({ length: 40 }, (_, i) => `r-${i}`);
  const decided = new Set<string>();
  // A wake-up that is lost leaves the ticket parked for 5 minutes.
  const decideAndWake = async (id: string): Promise<void> => {
    if (decided.has(id)) return;
    decided.add(id);
    await store.change({
      runId: id,
      claim: null,
      wakeAt: null,
      decide: () => [{ kind: 'rejected', at: ASKED_AT, by: APPROVER }],
    });
    await deps.wakeUps.wakeRun(id);
  };
  const raced: RunStore = {
    ...store,
    claim: async (id) => {
      const claim = await store.claim(id);
      if (moment === 'right after the claim') await decideAndWake(id);
      return claim;
    },
    park: async (claim, wakeAt) => {
      if (moment === 'right before the park is written') await decideAndWake(claim.runId);
      await store.park(claim, wakeAt);
      if (moment === 'right after the park is written') await decideAndWake(claim.runId);
    },
  };
  await aWorker({ clock: stillClock(), store: raced });
  await Promise.all(
    ids.map(async (id, i) => {
      await store.create(aRun('awaiting-approval', { id, cluster: `c-${id}` }), ASKED_AT + 3_600_000);
      await deps.wakeUps.wakeRun(id);
      for (let turn = 0; turn < i; turn += 1) await new Promise(setImmediate);
      if (moment === 'at any moment') await decideAndWake(id);
    }),
  );
  const advance = queue(QUEUES.advanceRun);
  await eventually(async () =>
    expect(await advance.getJobCounts('active', 'waiting', 'delayed')).toEqual({ active: 0, waiting: 0, delayed: 0 }),
  );
  expect(decided.size).toBe(40);
});

test('a ticket whose worker died is taken by another', async () => {
  await store.create(aRun('planning'), ASKED_AT);
  const hangs = new Promise<never>(() => undefined);
  let seen = 0;
  const hung = await aWorker({
    tools: {
      versions: () => {
        seen += 1;
        return hangs;
      },
    },
  });
  await deps.wakeUps.wakeRun(ID);
  await eventually(async () => expect(seen).toBe(1));
  hung.die();
  await aWorker();
  await eventually(async () => expect((await runNow()).state.kind).not.toBe('planning'));
  expect((await store.claim(ID))?.epoch).toBeGreaterThan(2);
});

test('a worker that lost its lease to itself finishes what it has in hand, and takes nothing from itself', async () => {
  const goOn = Promise.withResolvers<void>();
  let claims = 0;
  const slow: RunStore = {
    ...store,
    claim: (id) => {
      claims += 1;
      return store.claim(id);
    },
    change: async (request) => {
      if (request.claim !== null) await goOn.promise;
      return store.change(request);
    },
  };
  await store.create(aRun('planning'), ASKED_AT);
  await aWorker({ store: slow });
  await deps.wakeUps.wakeRun(ID);
  await eventually(async () => expect(claims).toBe(1));
  await redis.set(`${QUEUE_PREFIX}:${QUEUES.advanceRun}:${ticketId(ID)}:lock`, 'somebody else', 'PX', 1);
  const advance = queue(QUEUES.advanceRun);
  await eventually(async () => expect((await advance.getJob(ticketId(ID)))?.attemptsStarted).toBeGreaterThan(2));
  expect(claims).toBe(1);
  goOn.resolve();
  await eventually(async () => expect((await runNow()).state.kind).not.toBe('planning'));
});

test('the reconciler gives a lost ticket back', async () => {
  await store.create(aRun('planning'), ASKED_AT);
  expect(await queue(QUEUES.advanceRun).getJob(ticketId(ID))).toBeUndefined();
  await aWorker();
  await eventually(async () => expect((await runNow()).state.kind).not.toBe('planning'));
});

test('a command is run once for a run that asks for it, and the step observes what it did', async () => {
  await store.create(inStep({ ...runningCommand(STEP, ['create']), state: { kind: 'requested', at: 1 } }), ASKED_AT);
  await deps.ledger.save(ID, 'start', { kind: 'posted', ts: '1', contentHash: '' });
  await aWorker();
  await deps.wakeUps.wakeRun(ID);
  await eventually(async () => expect(await kindsOf()).toContain('step-failed'));
  expect(world.eksctl).toHaveLength(1);
  expect((await runNow()).stops[0]?.cause).toMatchObject({ failure: { code: 'NodeGroupsMissing' } });
});

test('a command whose ticket is gone is found lost, not waited for', async () => {
  // Not due, so that the reconciler does not look at it.
  await store.create(inStep(runningCommand(STEP, ['create'])), ASKED_AT + 3_600_000);
  await aWorker({ clock: stillClock() });
  await deps.wakeUps.wakeRun(ID);
  await eventually(async () =>
    expect((await store.events(ID)).find(({ kind }) => kind === 'command-ended')).toMatchObject({
      outcome: { kind: 'lost' },
    }),
  );
  expect(world.eksctl).toEqual([]);
});

test('a child process does not go on when its lease is lost', async () => {
  await store.create(inStep({ ...runningCommand(STEP, ['create']), state: { kind: 'requested', at: 1 } }), ASKED_AT);
  const aborted = Promise.withResolvers<void>();
  world.onEksctl.act = (command) =>
    new Promise((resolve) => {
      command.signal.addEventListener('abort', () => {
        aborted.resolve();
        resolve({ kind: 'killed', lastLines: '' });
      });
    });
  await aWorker({ clock: stillClock() });
  await deps.wakeUps.runCommand(ID);
  await eventually(async () => expect(world.eksctl).toHaveLength(1));
  await redis.set(`${QUEUE_PREFIX}:${QUEUES.runCommand}:${ticketId(ID)}:lock`, 'somebody else');
  await aborted.promise;
  await eventually(async () => expect((await runNow()).command?.state.kind).toBe('ended'));
});

test('a message that Slack refuses is not tried in a hot loop', async () => {
  await aWorker();
  let refused = 0;
  const { post } = world.slack;
  world.slack.post = (message) => {
    if (message.runId === 'sound') return post(message);
    refused += 1;
    return Promise.reject(new InternalError('SlackRefused', 'invalid_blocks'));
  };
  const sync = queue(QUEUES.syncSlack);
  await store.create(aRun('awaiting-approval'), ASKED_AT);
  await eventually(async () => expect(refused).toBeGreaterThan(0));
  await store.create(aRun('awaiting-approval', { id: 'sound', cluster: 'harbour' }), ASKED_AT);
  await eventually(async () => expect(world.slack.keys()).toContain('card'));
  await eventually(async () => expect(await sync.getJob(ticketId(ID))).toBeUndefined());
  // The reconciler, at most once a second, comes back to it.
  expect(refused).toBeLessThan(5);
});

test('Slack follows a change that was committed while its ticket was finishing', async () => {
  const fast = fastClock();
  let looks = 0;
  const ledger = {
    ...deps.ledger,
    markSynced: async (runId: string, revision: number) => {
      await deps.ledger.markSynced(runId, revision);
      looks += 1;
    },
    revision: async (runId: string) => {
      const revision = await deps.ledger.revision(runId);
      if (looks !== 1) return revision;
      looks += 1;
      await store.change({
        runId,
        claim: null,
        wakeAt: null,
        decide: () => [{ kind: 'rejected', at: ASKED_AT, by: APPROVER }],
      });
      return revision;
    },
  };
  // The reconciler is 30 real seconds away.
  await aWorker({ ledger, clock: { ...fast, realMs: (ms) => (ms >= 30_000 ? ms : fast.realMs(ms)) } });
  await store.create(aRun('awaiting-approval'), ASKED_AT);
  await eventually(async () => expect([looks, await store.unsynced()]).toEqual([3, []]));
  expect(world.slack.messages.find(({ key }) => key === 'card')?.text).toContain('was rejected by');
});
