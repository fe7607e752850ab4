import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '#jobs/run-command.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { CommandRecord, Run } from '#src/domain/run.ts';
import { APPROVER, aPlan, aRun, progressUpTo, startedStep } from '#test/support/builders.ts';
import { advanceOnce, eventsOf, startNoticePosted } from '#test/support/fakes/advance.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const ID = 'r-coast-7k2m';
const STEP = 'node-groups-1.24-create-others';
const never = new AbortController().signal;
const ARGS = ['create', 'nodegroup', '--include=nb-small'];

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});
const now = (): Run => world.store.runNow(ID);
const run = () => runCommand(world.deps, { runId: ID, signal: never });
const asked = (state: CommandRecord['state'], changes: Partial<Run> = {}): void => {
  const plan = aPlan();
  const command: CommandRecord = { id: 'c1', stepId: STEP, attempt: 1, args: ARGS, state };
  world.store.put(aRun('running', { plan, steps: progressUpTo(plan, STEP, startedStep(0)), command, ...changes }));
};

describe('a command', () => {
  it('runs with the rendered copy of its step, in a checkout at the plan’s commit, and writes down how it ended', async () => {
    asked({ kind: 'requested', at: 1 });
    world.onEksctl.act = async () => {
      expect(now().command?.state.kind).toBe('running');
      return { kind: 'exited', code: 1, lastLines: 'Error: …' };
    };
    await run();
    expect(world.eksctl).toMatchObject([
      {
        args: ARGS,
        workingDirectory: '/checkout',
        config: JSON.stringify({
          rendered: '{}',
          version: '1.24',
          renames: [{ from: 'core-a', to: 'core-b' }],
          only: ['nb-small', 'nb-large', 'dask-worker'],
        }),
      },
    ]);
    expect(now().command?.state).toMatchObject({ kind: 'ended', outcome: { kind: 'exited', code: 1 } });
    expect(world.woken).toContainEqual({ kind: 'run', runId: ID });
    expect(world.config.openCheckouts).toBe(0);
  });

  it('that creates the core group has all groups in its copy, so that the images and keys of all are proven by it', async () => {
    const stepId = 'node-groups-1.24-create-core';
    const plan = aPlan();
    const command: CommandRecord = { id: 'c1', stepId, attempt: 1, args: ARGS, state: { kind: 'requested', at: 1 } };
    world.store.put(aRun('running', { plan, steps: progressUpTo(plan, stepId, startedStep(0)), command }));
    await run();
    expect(world.eksctl.map(({ config }) => Object.keys(JSON.parse(config) as object))).toEqual([
      ['rendered', 'version', 'renames'],
    ]);
  });

  it('says nothing of the step: that is looked at by itself', async () => {
    asked({ kind: 'requested', at: 1 });
    await run();
    expect(now().steps[STEP]?.kind).toBe('started');
    expect(eventsOf(world, ID)).toEqual(['command-started', 'command-ended']);
  });

  it('found running by another worker is lost: it is not started again, and the step observes', async () => {
    asked({ kind: 'running', at: 1 });
    await run();
    expect(world.eksctl).toEqual([]);
    expect(now().command?.state).toMatchObject({ outcome: { kind: 'lost' } });
    startNoticePosted(world, ID);
    await advanceOnce(world, ID);
    expect(now().command).toMatchObject({ state: { kind: 'requested' } });
    expect(now().command?.id).not.toBe('c1');
  });

  it('that has ended is left alone', async () => {
    asked({ kind: 'ended', at: 1, outcome: { kind: 'lost' } });
    await run();
    expect([world.eksctl, eventsOf(world, ID)]).toEqual([[], []]);
  });

  it('is spawned by one of two workers that both saw it requested', async () => {
    asked({ kind: 'requested', at: 1 });
    await Promise.all([run(), run()]);
    expect(world.eksctl).toHaveLength(1);
    expect(eventsOf(world, ID).filter((kind) => kind === 'command-started')).toHaveLength(1);
  });

  it.each([
    [
      'the config does not evaluate',
      { renderError: new UserError('JsonnetError', 'coast.jsonnet:3:1: unexpected token') },
    ],
    ['git is away', { checkoutError: new TransientError('GitRemoteAway', 'cannot reach git.example') }],
  ])('ends in words when %s', async (_what, broken) => {
    asked({ kind: 'requested', at: 1 });
    Object.assign(world.config, broken);
    await run();
    expect(now().command?.state).toMatchObject({
      kind: 'ended',
      outcome: { kind: 'spawn-failed', message: expect.stringMatching(/unexpected token|git\.example/) },
    });
    expect([world.eksctl, world.config.openCheckouts]).toEqual([[], 0]);
  });

  it.each(['stopped', 'aborted'] as const)('is not spawned for a run that is %s by now', async (kind) => {
    asked({ kind: 'requested', at: 1 });
    const by = { at: 2, by: APPROVER };
    world.store.apply(ID, {
      kind: 'step-failed',
      stepId: STEP,
      failure: { code: 'X', message: 'x', remedy: 'y', detail: null },
      ...by,
    });
    if (kind === 'aborted') world.store.apply(ID, { kind: 'aborted', ...by });
    await run();
    expect(world.eksctl).toEqual([]);
    expect(now().command?.state).toMatchObject({ kind: 'ended', outcome: { kind: 'spawn-failed' } });
  });

  it('is not spawned when the run stops right before its row is written', async () => {
    asked({ kind: 'requested', at: 1 });
    const failure = { code: 'X', message: 'x', remedy: 'y', detail: null };
    world.store.meanwhile(() =>
      world.store.apply(ID, { kind: 'step-failed', stepId: STEP, failure, at: 2, by: 'bot' }),
    );
    await run();
    expect([world.eksctl, now().command?.state.kind]).toEqual([[], 'requested']);
  });

  it('does not touch the row of the command after it', async () => {
    asked({ kind: 'requested', at: 1 });
    world.onEksctl.act = async () => {
      world.store.apply(ID, {
        kind: 'command-requested',
        id: 'c2',
        stepId: STEP,
        attempt: 1,
        args: [],
        at: 2,
        by: 'bot',
      });
      return { kind: 'exited', code: 0, lastLines: '' };
    };
    await run();
    expect(now().command).toMatchObject({ id: 'c2', state: { kind: 'requested' } });
  });

  it('is nothing for a run that is not there', async () => {
    await run();
    expect(world.eksctl).toEqual([]);
  });
});
