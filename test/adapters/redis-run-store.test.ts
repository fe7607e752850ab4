import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectRedis } from '#src/adapters/redis.ts';
import { createRedisMessageLedger } from '#src/adapters/redis-message-ledger.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import { APPROVER, ASKED_AT, aPlan, aRun, progressUpTo, startedStep } from '#test/support/builders.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
});
beforeEach(async () => {
  redis?.disconnect();
  redis = connectRedis(server.freshDatabase(), 'store');
  await redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const planning = aRun('planning', { id: 'run-1' });
const planned: RunEvent = { kind: 'planned', at: ASKED_AT + 1, by: 'bot', plan: aPlan(), expiresAt: ASKED_AT + 1000 };
const rejected: RunEvent = { kind: 'rejected', at: ASKED_AT + 2, by: APPROVER };

test('a cluster has one run: the second is told who holds it', async () => {
  const store = createRedisRunStore(redis);
  expect(await store.create(planning, ASKED_AT)).toEqual({ kind: 'created' });
  expect(await store.create({ ...planning, id: 'run-2' }, ASKED_AT)).toEqual({ kind: 'held', holder: 'run-1' });
  expect(await store.read('run-2')).toBeNull();
  expect(await store.ownerOf(planning.cluster)).toBe('run-1');
});

test('of many requests at the same moment exactly one takes the cluster', async () => {
  const store = createRedisRunStore(redis);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => store.create({ ...planning, id: `run-${i}` }, ASKED_AT)),
  );
  expect(answers.filter(({ kind }) => kind === 'created')).toHaveLength(1);
});

test('the state and its events are committed together, and the end gives the cluster back', async () => {
  const store = createRedisRunStore(redis);
  await store.create(planning, ASKED_AT);
  await store.change({ runId: 'run-1', claim: null, wakeAt: 5, decide: () => [planned] });
  const run = await store.change({ runId: 'run-1', claim: null, wakeAt: null, decide: () => [rejected] });
  expect(run.state.kind).toBe('rejected');
  expect((await store.events('run-1')).map(({ kind }) => kind)).toEqual(['requested', 'planned', 'rejected']);
  expect(await store.ownerOf(planning.cluster)).toBeNull();
  expect(await store.latestOf(planning.cluster)).toBe('run-1');
  expect(await store.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
});

test('two decisions on the same run: the later one is made on what the first one left', async () => {
  const store = createRedisRunStore(redis);
  await store.create(planning, ASKED_AT);
  await store.change({ runId: 'run-1', claim: null, wakeAt: null, decide: () => [planned] });
  const clicks = Array.from({ length: 10 }, () =>
    store.change({
      runId: 'run-1',
      claim: null,
      wakeAt: null,
      decide: (run) => (run.state.kind === 'awaiting-approval' ? [rejected] : []),
    }),
  );
  await Promise.all(clicks);
  expect((await store.events('run-1')).filter(({ kind }) => kind === 'rejected')).toHaveLength(1);
});

test('a newer claim voids the older one: it may neither commit nor park', async () => {
  const store = createRedisRunStore(redis);
  await store.create(planning, ASKED_AT);
  const older = await store.claim('run-1');
  const newer = await store.claim('run-1');
  if (older === null || newer === null) throw new Error('the run is there');
  expect([await store.holds(older), await store.holds(newer)]).toEqual([false, true]);
  await expect(
    store.change({ runId: 'run-1', claim: older, wakeAt: null, decide: () => [planned] }),
  ).rejects.toMatchObject({ code: 'ClaimLost' });
  await store.park(older, 99);
  await store.park(newer, 77);
  expect(await store.due(77)).toEqual(['run-1']);
  expect((await store.read('run-1'))?.state.kind).toBe('planning');
});

test('a person may decide while a worker holds the run', async () => {
  const store = createRedisRunStore(redis);
  await store.create(planning, ASKED_AT);
  const claim = await store.claim('run-1');
  await store.change({ runId: 'run-1', claim: null, wakeAt: null, decide: () => [planned] });
  expect(claim === null ? false : await store.holds(claim)).toBe(true);
});

test('a run of another schema is refused, not guessed', async () => {
  const store = createRedisRunStore(redis);
  await store.create({ ...planning, schema: 99 as typeof planning.schema }, ASKED_AT);
  await expect(store.read('run-1')).rejects.toMatchObject({ code: 'StoredRunUnreadable' });
});

test('a change after the projection was read keeps the run unsynced', async () => {
  const store = createRedisRunStore(redis);
  const ledger = createRedisMessageLedger(redis);
  await store.create(planning, ASKED_AT);
  const revision = await ledger.revision('run-1');
  await store.change({ runId: 'run-1', claim: null, wakeAt: null, decide: () => [planned] });
  await ledger.markSynced('run-1', revision);
  expect(await ledger.isBehind('run-1')).toBe(true);
  await ledger.markSynced('run-1', await ledger.revision('run-1'));
  expect(await store.unsynced()).toEqual([]);
});

test('a run whose branch has something to say is found until that is pushed, also when it has ended', async () => {
  const store = createRedisRunStore(redis);
  const plan = aPlan();
  const steps = progressUpTo(plan, 'control-plane-1.23', startedStep(0));
  await store.create(aRun('running', { id: 'run-1', plan, steps }), ASKED_AT);
  const change = (fact: RunFact) =>
    store.change({ runId: 'run-1', claim: null, wakeAt: null, decide: () => [{ at: ASKED_AT, by: 'bot', ...fact }] });
  expect(await store.unpushed()).toEqual([]);
  await change({ kind: 'step-done', stepId: 'control-plane-1.23', evidence: [], notes: [] });
  expect(await store.unpushed()).toEqual(['run-1']);
  await change({ kind: 'aborted' });
  expect(await store.unpushed()).toEqual(['run-1']);
  const state = { version: '1.23' as const, renames: [] };
  const place = { branch: 'eks-upgrade/coast-1.24', link: null, commit: 'c' };
  await change({ kind: 'config-pushed', ...place, sequence: 1, state, stepIds: ['control-plane-1.23'] });
  expect(await store.unpushed()).toEqual([]);
});

test('a lane is taken for its gap, then free again', async () => {
  const ledger = createRedisMessageLedger(redis);
  expect(await ledger.reserve('edit', 3000, 10_000)).toBe(0);
  expect(await ledger.reserve('edit', 3000, 11_000)).toBe(2000);
  expect(await ledger.reserve('edit', 3000, 13_000)).toBe(0);
});
