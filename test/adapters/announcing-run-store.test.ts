import { beforeEach, expect, it } from 'vitest';
import { announceChanges } from '#src/adapters/announcing-run-store.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import { APPROVER, ASKED_AT, aRun } from '#test/support/builders.ts';
import { type MemoryRunStore, memoryRunStore } from '#test/support/fakes/memory-run-store.ts';

const run = aRun('awaiting-approval');
const rejected: RunEvent = { kind: 'rejected', at: ASKED_AT, by: APPROVER };

let plain: MemoryRunStore;
let store: RunStore;
let announced: string[];
beforeEach(() => {
  plain = memoryRunStore();
  announced = [];
  store = announceChanges(plain, {
    syncSlack: async (runId) => {
      announced.push(runId);
    },
  });
});

it('announces a run that was created, not one that was held', async () => {
  await store.create(run, ASKED_AT);
  await store.create({ ...run, id: 'second' }, ASKED_AT);
  expect(announced).toEqual([run.id]);
});

it('announces a change after its commit, and nothing when nothing was decided', async () => {
  plain.put(run);
  await store.change({ runId: run.id, claim: null, wakeAt: null, decide: () => [] });
  expect(announced).toEqual([]);
  await store.change({ runId: run.id, claim: null, wakeAt: null, decide: () => [rejected] });
  expect([announced, plain.runNow(run.id).state.kind]).toEqual([[run.id], 'rejected']);
});

it('goes by the last decision when it was made anew', async () => {
  plain.put(run);
  plain.meanwhile(() => plain.apply(run.id, rejected));
  await store.change({
    runId: run.id,
    claim: null,
    wakeAt: null,
    decide: ({ state }) => (state.kind === 'awaiting-approval' ? [rejected] : []),
  });
  expect(announced).toEqual([]);
});

it('announces nothing of a change that a newer claim refused', async () => {
  plain.put(run);
  const claim = await plain.claim(run.id);
  await plain.claim(run.id);
  await expect(store.change({ runId: run.id, claim, wakeAt: null, decide: () => [rejected] })).rejects.toMatchObject({
    code: 'ClaimLost',
  });
  expect(announced).toEqual([]);
});

it('loses no change when the ticket cannot be added', async () => {
  plain.put(run);
  const silent = announceChanges(plain, { syncSlack: () => Promise.reject(new Error('redis is slow')) });
  const changed = await silent.change({ runId: run.id, claim: null, wakeAt: null, decide: () => [rejected] });
  expect(changed.state.kind).toBe('rejected');
  expect(await plain.unsynced()).toEqual([run.id]);
});
