import { beforeEach, describe, expect, it } from 'vitest';
import { pushConfigState } from '#jobs/push-config-state.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import { aPlan, aRun, MINUTE, progressUpTo, startedStep } from '#test/support/builders.ts';
import { eventsOf, pushOnce } from '#test/support/fakes/advance.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const ID = 'r-coast-7k2m';
const away = new TransientError('GitRemoteAway', 'cannot push branch: Connection refused\nssh: exit 255');
const refused = new UserError('GitPushRefused', 'the remote refused the branch');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});
const now = (): Run => world.store.runNow(ID);
const push = (signal = new AbortController().signal) => pushConfigState(world.deps, { runId: ID, signal });
const sequences = () => world.config.pushes.map(({ state }) => state?.sequence);
/** A run that came to this step, of which nothing is in git yet. */
const cameTo = (stepId: string, changes: Partial<Run> = {}): void => {
  const plan = aPlan();
  const progress = startedStep(0, { at: world.clock.now() });
  world.store.put(aRun('running', { plan, steps: progressUpTo(plan, stepId, progress), ...changes }));
};
/** A git server that takes a push and says nothing, until it is told to go on. */
const hanging = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { repository } = world.deps;
  const reached = Promise.withResolvers<void>();
  world.deps.repository = {
    ...repository,
    commitAndPush: async (request) => {
      reached.resolve();
      await promise;
      return repository.commitAndPush(request);
    },
  };
  return { reached: reached.promise, goOn: resolve };
};

describe('the branch in git', () => {
  it('gets each state in a commit of its own, from the plan’s commit, and each is written down', async () => {
    cameTo('node-groups-1.24-create-others');
    expect(await pushOnce(world, ID)).toEqual({ kind: 'equal' });
    expect(world.config.pushes.map(({ message }) => message)).toEqual([
      'Upgrade coast to 1.23, on the way from 1.22 to 1.24',
      'Upgrade coast from 1.22 to 1.24',
      'Upgrade coast from 1.22 to 1.24\n\nThe core node group is now core-b (it was core-a).',
    ]);
    expect(world.config.pushes[0]).toMatchObject({
      branch: 'eks-upgrade/coast-1.24',
      parent: '4f2a9c07d1b3e5f60718293a4b5c6d7e8f901234',
      files: { 'coast.jsonnet': world.config.edited },
    });
    expect(eventsOf(world, ID)).toEqual(['config-pushed', 'config-pushed', 'config-pushed']);
    expect(world.config.openCheckouts).toBe(0);
  });

  it('is not touched where nothing of the run belongs there', async () => {
    cameTo('control-plane-1.23');
    expect([await push(), world.config.pushes]).toEqual([{ kind: 'equal' }, []]);
  });

  it('gets no commit when the config says so already', async () => {
    cameTo('add-ons-1.23');
    world.config.edited = world.config.source;
    await pushOnce(world, ID);
    expect([world.config.pushes, now().configInGit?.pushed?.commit]).toEqual([[], null]);
  });

  it('is pushed once more in the end only where it does not stand as it was left', async () => {
    cameTo('commit-config');
    await pushOnce(world, ID);
    expect([sequences(), now().configInGit?.pushed?.sequence]).toEqual([[1, 2, 3], 4]);

    const other = fakeWorld();
    other.store.put({ ...now(), steps: { ...now().steps }, configInGit: { ...inGit(), pushed: before() } });
    await pushOnce(other, ID);
    expect(other.config.pushes.map(({ state }) => state?.sequence)).toEqual([4]);

    function inGit() {
      return now().configInGit ?? { branch: '', link: null, pushed: null, failure: null };
    }
    function before() {
      const { pushed } = inGit();
      return pushed === null ? null : { ...pushed, sequence: 3, stepIds: pushed.stepIds.slice(0, -1) };
    }
  });

  it('wakes the last step with whatever came of its push', async () => {
    cameTo('add-ons-1.23');
    await pushOnce(world, ID);
    expect(world.woken).toEqual([]);
    cameTo('commit-config');
    world.config.pushError = refused;
    await push();
    expect(world.woken).toEqual([{ kind: 'run', runId: ID }]);
  });
});

describe('a push that fails', () => {
  it('is written down with what git said, and rests before it is tried again, each time for longer', async () => {
    cameTo('add-ons-1.23');
    world.config.pushError = away;
    const rests: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) {
      const result = await pushOnce(world, ID);
      if (result.kind !== 'again') throw new Error('nothing is left to push');
      rests.push((result.at - world.clock.now()) / MINUTE);
      world.clock.advance(result.at - world.clock.now());
    }
    expect(rests).toEqual([5, 10, 20, 40, 60, 60]);
    expect(now().configInGit?.failure).toMatchObject({
      why: 'cannot push branch: Connection refused',
      attempt: { code: 'GitRemoteAway', detail: 'ssh: exit 255', mayPass: true },
    });
    world.config.pushError = null;
    await pushOnce(world, ID);
    expect(now().configInGit).toMatchObject({ failure: null, pushed: { sequence: 1 } });
  });

  it('does not rest when the last step waits for it, which then gets what it is about at once', async () => {
    cameTo('verify');
    world.config.pushError = away;
    await pushOnce(world, ID);
    world.store.apply(
      ID,
      { kind: 'step-done', stepId: 'verify', evidence: [], notes: [], at: world.clock.now(), by: 'bot' },
      { kind: 'step-started', stepId: 'commit-config', at: world.clock.now(), by: 'bot' },
    );
    expect(await pushOnce(world, ID)).toEqual({ kind: 'again', at: world.clock.now() + 15_000 });
    world.clock.advance(15_000);
    world.config.pushError = null;
    expect(await pushOnce(world, ID)).toEqual({ kind: 'equal' });
    expect(world.config.pushes.map(({ message }) => message)).toEqual([
      'Upgrade coast from 1.22 to 1.24\n\nThe core node group is now core-b (it was core-a).',
    ]);
    expect(now().configInGit?.pushed?.stepIds).toEqual(
      expect.arrayContaining(['control-plane-1.23', 'control-plane-1.24', 'commit-config']),
    );
  });

  it('is tried once more when the run is aborted, and not after that', async () => {
    cameTo('add-ons-1.23');
    world.config.pushError = away;
    await pushOnce(world, ID);
    world.clock.advance(MINUTE);
    const at = world.clock.now();
    world.store.put({ ...now(), state: { kind: 'aborted', decision: { by: 'U1', at } }, endedAt: at });
    expect(await pushOnce(world, ID)).toEqual({ kind: 'equal' });
    expect(now().configInGit?.failure?.tries).toBe(2);
    expect(await push()).toEqual({ kind: 'equal' });
    expect(now().configInGit?.failure?.tries).toBe(2);
  });

  it('is not forced upon a cluster that another run has by now', async () => {
    cameTo('add-ons-1.23');
    const at = world.clock.now();
    world.store.put({ ...now(), state: { kind: 'aborted', decision: { by: 'U1', at } }, endedAt: at });
    world.deps.store.ownerOf = async () => 'r-next';
    await pushOnce(world, ID);
    expect(world.config.pushes).toEqual([]);
    expect(now().configInGit?.failure?.why).toContain('run r-next has coast by now');
  });
});

describe('workers that push at the same time', () => {
  it('of two that pushed one state one writes it down, and a failure of the slower one is no news', async () => {
    cameTo('add-ons-1.23');
    const server = hanging();
    const slow = push();
    await server.reached;
    const fast = fakeWorld();
    await pushConfigState(
      { ...fast.deps, store: world.store, clock: world.clock },
      { runId: ID, signal: new AbortController().signal },
    );
    world.config.pushError = away;
    server.goOn();
    await slow;
    expect(eventsOf(world, ID)).toEqual(['config-pushed']);
    expect(now().configInGit?.failure).toBeNull();
  });

  it('one that was overtaken before its push does not push', async () => {
    cameTo('add-ons-1.23');
    const { editConfig } = world.deps;
    world.deps.editConfig = async (request) => {
      const { config } = fakeWorld();
      world.deps.editConfig = editConfig;
      await push();
      world.config.pushes = [...config.pushes];
      return editConfig(request);
    };
    expect(await push()).toEqual({ kind: 'again', at: 0 });
    expect([world.config.pushes, eventsOf(world, ID)]).toEqual([[], ['config-pushed']]);
    expect(world.config.openCheckouts).toBe(0);
  });

  it('a worker that has to leave does not wait for a git that hangs, and notes no failure', async () => {
    cameTo('add-ons-1.23');
    const server = hanging();
    const leaving = new AbortController();
    const result = push(leaving.signal);
    await server.reached;
    leaving.abort();
    await result;
    expect(eventsOf(world, ID)).toEqual([]);
    server.goOn();
  });
});
