import { beforeEach, expect, it } from 'vitest';
import { observeRun } from '#jobs/observe-run.ts';
import type { Run } from '#src/domain/run.ts';
import { ASKED_AT, aRun } from '#test/support/builders.ts';
import { eventsOf } from '#test/support/fakes/advance.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.cloud.groupStacks = ['core-a', 'nb-small', 'nb-large', 'dask-worker'].map((group) => aStack(group, '1.22'));
  world.cloud.nodeList = [aNode('core-a', '1.22')];
});

async function observe(run: Run): Promise<Run> {
  world.store.put(run);
  const claim = await world.deps.store.claim(run.id);
  if (claim === null) throw new Error('nothing to claim');
  await observeRun(world.deps, claim);
  return world.store.runNow(run.id);
}

it('plans, ends the run with the plan and the rights that are missing for it, and gives the cluster back', async () => {
  const missing = { verb: 'patch', group: 'apps', resource: 'daemonsets', namespace: 'kube-system', name: 'aws-node' };
  world.cloud.review = { kind: 'denied', missing: [missing] };
  const run = await observe(aRun('planning', { requestedAt: ASKED_AT }));
  expect(run.state).toEqual({ kind: 'observed', lacking: ['patch daemonsets aws-node in kube-system'] });
  expect(run.plan).toMatchObject({ from: '1.22', to: '1.24' });
  expect(await world.store.ownerOf(run.cluster)).toBeNull();
});

it('says why a plan may not run, as the same end', async () => {
  world.cloud.cluster.status = 'UPDATING';
  const run = await observe(aRun('planning', { requestedAt: ASKED_AT }));
  expect(run.state.kind).toBe('observed');
  expect(run.plan?.refusals.length).toBeGreaterThan(0);
});

it('stops a run that was approved before the mode was set, in words', async () => {
  const run = await observe(aRun('running'));
  expect(run.state.kind).toBe('stopped');
  expect(run.stops.at(-1)?.cause).toMatchObject({ failure: { message: expect.stringContaining('MODE=observe') } });
});

it('leaves a request that waits for approval as it is', async () => {
  const waiting = aRun('awaiting-approval');
  await observe(waiting);
  expect(eventsOf(world, waiting.id)).toEqual([]);
});
