import { expect, test } from 'vitest';
import { requireOwnership } from '#jobs/ownership.ts';
import { aRun } from '#test/support/builders.ts';
import { memoryRunStore } from '#test/support/fakes/memory-run-store.ts';

const run = aRun('running', { id: 'r1' });

test('the run that owns the cluster may change it', async () => {
  const store = memoryRunStore();
  store.put(run);
  await expect(requireOwnership({ store }, run)).resolves.toBeUndefined();
});

test('one whose cluster was given to another run may not, and is told which', async () => {
  const store = memoryRunStore();
  store.put(aRun('planning', { id: 'r2' }));
  await expect(requireOwnership({ store }, run)).rejects.toMatchObject({
    code: 'OwnershipLost',
    message:
      'run r1 does not own cluster coast any more, so it changes nothing there; run r2 owns it now: abort this one',
  });
});

test('nor one whose cluster an operator released', async () => {
  await expect(requireOwnership({ store: memoryRunStore() }, run)).rejects.toThrow('no run owns it now');
});
