import { beforeEach, expect, it } from 'vitest';
import { announceChanges } from '#src/adapters/announcing-run-store.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import { APPROVER, ASKED_AT, aPlan, aRun, progressUpTo, startedStep } from '#test/support/builders.ts';
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
    pushConfig: async (runId) => {
      announced.push(`${runId} in git`);
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

it('has the branch in git follow a change after which it has something to say', async () => {
  const plan = aPlan();
  plain.put(aRun('running', { plan, steps: progressUpTo(plan, 'control-plane-1.23', startedStep(0)) }));
  const change = (event: RunEvent) => store.change({ runId: run.id, claim: null, wakeAt: null, decide: () => [event] });
  await change({ kind: 'step-late', at: ASKED_AT, by: 'bot', stepId: 'control-plane-1.23' });
  expect(announced).toEqual([run.id]);
  await change({ kind: 'step-done', at: ASKED_AT, by: 'bot', stepId: 'control-plane-1.23', evidence: [], notes: [] });
  expect(announced).toEqual([run.id, run.id, `${run.id} in git`]);
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
  const slow = () => Promise.reject(new Error('redis is slow'));
  const silent = announceChanges(plain, { syncSlack: slow, pushConfig: slow });
  const changed = await silent.change({ runId: run.id, claim: null, wakeAt: null, decide: () => [rejected] });
  expect(changed.state.kind).toBe('rejected');
  expect(await plain.unsynced()).toEqual([run.id]);
});
