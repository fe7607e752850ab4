import { beforeEach, describe, expect, it } from 'vitest';
import { reconcile } from '#jobs/reconcile.ts';
import { aPlan, aRun, progressUpTo } from '#test/support/builders.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { runningCommand } from '#test/support/fakes/phase-context.ts';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});
const wokenAs = (kind: FakeWorld['woken'][number]['kind']): string[] =>
  world.woken.filter((ticket) => ticket.kind === kind).map(({ runId }) => runId);

describe('the reconciler', () => {
  it('gives a run that is due its ticket again, and one that is not none', async () => {
    world.store.put(aRun('planning', { id: 'due' }));
    world.store.put(aRun('planning', { id: 'parked', cluster: 'harbour', requestedAt: world.clock.now() + 60_000 }));
    await reconcile(world.deps);
    expect(wokenAs('run')).toEqual(['due']);
  });

  it('gives the command of a run its ticket again', async () => {
    world.store.put(aRun('running', { command: runningCommand('control-plane-1.23', []) }));
    await reconcile(world.deps);
    expect(wokenAs('command')).toEqual(['r-coast-7k2m']);
  });

  it('has messages follow that do not show their run yet, of ended runs too', async () => {
    world.store.put(aRun('succeeded'));
    await reconcile(world.deps);
    expect([wokenAs('run'), wokenAs('slack')]).toEqual([[], ['r-coast-7k2m']]);
  });

  it('has the branch in git follow where it does not say yet how the cluster is', async () => {
    const plan = aPlan();
    world.store.put(aRun('running', { plan, steps: progressUpTo(plan, 'add-ons-1.23') }));
    const other = aPlan({ cluster: 'harbour' });
    const steps = progressUpTo(other, 'access');
    world.store.put(aRun('running', { plan: other, steps, id: 'no-hop-yet', cluster: 'harbour' }));
    await reconcile(world.deps);
    expect(wokenAs('push')).toEqual(['r-coast-7k2m']);
  });

  it('lets no run that cannot be read keep the others asleep', async () => {
    world.store.put(aRun('planning', { id: 'broken' }));
    world.store.put(aRun('planning', { id: 'sound', cluster: 'harbour' }));
    const { read } = world.store;
    world.deps.store.read = (id) => (id === 'broken' ? Promise.reject(new Error('schema 2')) : read(id));
    await reconcile(world.deps);
    expect(wokenAs('run')).toEqual(['sound']);
  });
});
