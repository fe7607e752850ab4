import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '#jobs/run-command.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import type { CommandRecord, Run, StepProgress } from '#src/domain/run.ts';
import { aPlan, aRun, MINUTE, progressUpTo, REQUESTER, startedStep } from '#test/support/builders.ts';
import { advanceOnce, advanceUntil, eventsOf, inState, startNoticePosted } from '#test/support/fakes/advance.ts';
import { aNode, aStack, aWorkload } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

/** Add-ons and the new core group at 1.24, side by side, and the deletion after both. */
const ID = 'r-coast-7k2m';
const ADD_ONS = 'add-ons-1.24';
const CORE = 'node-groups-1.24-create-core';
const DELETE = 'node-groups-1.24-delete';
const HOP = 'control-plane-1.24';

function forked(addons: Extract<Step, { phase: 'add-ons' }>['addons']): Plan {
  const chain = aPlan().steps;
  const find = (id: string): Step => chain.find((step) => step.id === id) as Step;
  const addOns: Step = { ...(find(ADD_ONS) as Extract<Step, { phase: 'add-ons' }>), addons, after: [HOP] };
  return aPlan({
    steps: [
      ...chain.slice(0, chain.indexOf(find(HOP)) + 1),
      addOns,
      { ...find(CORE), after: [HOP] },
      { ...find(DELETE), after: [ADD_ONS, CORE] },
    ],
  });
}

const BY_EKSCTL = forked([{ kind: 'eksctl', name: 'coredns' }]);
const BY_EKS = forked([{ kind: 'eks', name: 'coredns', from: 'v1.0.0', to: 'v1.1.0' }]);

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.cloud.cluster.version = '1.24';
  world.cloud.addons = [{ name: 'coredns', version: 'v1.0.0', status: 'ACTIVE', healthIssues: [] }];
  world.cloud.groupStacks = [];
});
const now = (): Run => world.store.runNow(ID);
const kindOf = (step: string): string | undefined => now().steps[step]?.kind;
const waitingFor = (step: string): string | undefined => {
  const progress = now().steps[step];
  return progress?.kind === 'started' ? progress.waiting?.for : undefined;
};
const atHop = (plan: Plan): void => {
  const at = world.clock.now() - 20 * MINUTE;
  world.store.put(aRun('running', { plan, steps: progressUpTo(plan, HOP, doneAt(at)) }));
  startNoticePosted(world, ID);
};
const inBoth = (plan: Plan, changes: Partial<Run> = {}): void => {
  const steps = { ...progressUpTo(plan, HOP), ...both() };
  world.store.put(aRun('running', { plan, ...changes, steps: { ...steps, ...changes.steps } }));
  startNoticePosted(world, ID);
};
const doneAt = (at: number): StepProgress => {
  return { kind: 'done', at, startedAt: at, attempt: 1, notes: [], evidence: [] };
};
const both = (): Run['steps'] => {
  const at = world.clock.now();
  return { [HOP]: doneAt(at), [ADD_ONS]: startedStep(0, { at }), [CORE]: startedStep(0, { at }) };
};
const command = (stepId: string, state: CommandRecord['state'], args = ['create', 'nodegroup']): CommandRecord => {
  return { id: `of-${stepId}`, stepId, attempt: 1, args, state };
};
const end = (code: number): CommandRecord['state'] => {
  return { kind: 'ended', at: world.clock.now(), outcome: { kind: 'exited', code, lastLines: 'Error: no' } };
};
const endCommand = (): void => {
  const id = now().command?.id ?? '';
  const outcome = { kind: 'exited', code: 0, lastLines: '' } as const;
  world.store.apply(ID, { kind: 'command-ended', id, outcome, at: world.clock.now(), by: 'bot' });
};
const stop = (): void => world.store.apply(ID, { kind: 'stop-requested', at: world.clock.now(), by: REQUESTER });

describe('steps that may go on side by side', () => {
  it('begin together, and the one after both does not', async () => {
    atHop(BY_EKS);
    await advanceOnce(world, ID);
    expect([ADD_ONS, CORE, DELETE].map(kindOf)).toEqual(['started', 'started', undefined]);
  });

  it('each take one action in one commit', async () => {
    inBoth(BY_EKS);
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toMatchObject([{ call: 'updateAddon' }]);
    expect(now().command).toMatchObject({ stepId: CORE, state: { kind: 'requested' } });
    expect(eventsOf(world, ID)).toEqual(['step-waiting', 'step-waiting', 'command-requested']);
  });

  it('are looked at again when the first of them wants it', async () => {
    inBoth(BY_EKS, { command: command(CORE, { kind: 'running', at: 1 }) });
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: 15_000 });
  });

  it('are all finished after a stop request, and then the run stops', async () => {
    inBoth(BY_EKS);
    stop();
    await advanceOnce(world, ID);
    expect([world.cloud.calls.length, now().command?.stepId]).toEqual([1, CORE]);
    proveBoth();
    endCommand();
    await advanceUntil(world, ID, inState('stopped'));
    expect([ADD_ONS, CORE, DELETE].map(kindOf)).toEqual(['done', 'done', undefined]);
    expect(now().stops).toMatchObject([{ cause: { kind: 'stop-requested' } }]);
  });

  it('keep the last act of one when the outside of the other does not answer', async () => {
    inBoth(BY_EKS);
    world.cloud.failing.set('nodes', new TransientError('KubernetesUnreachable', 'away'));
    await advanceOnce(world, ID);
    expect(now().steps[ADD_ONS]).toMatchObject({ memory: { 'update:coredns:v1.1.0': expect.any(String) } });
    expect(waitingFor(CORE)).toBe('an answer: away');
  });
});

describe('eksctl', () => {
  it('serves the first step of the plan, and the others wait for their turn', async () => {
    inBoth(BY_EKSCTL);
    await advanceOnce(world, ID);
    expect(now().command).toMatchObject({ stepId: ADD_ONS });
    expect(waitingFor(CORE)).toBe('its turn: eksctl does one thing at a time (add-ons for 1.24: coredns)');
    expect(eventsOf(world, ID).filter((kind) => kind === 'command-requested')).toHaveLength(1);
  });

  it('is not begun while somebody updates the control plane, and is when that has ended', async () => {
    inBoth(BY_EKSCTL);
    world.cloud.cluster.status = 'UPDATING';
    await advanceOnce(world, ID);
    expect(now().command).toBeNull();
    expect(waitingFor(ADD_ONS)).toBe('the update of the control plane to end: eksctl does nothing meanwhile');
    world.cloud.cluster.status = 'ACTIVE';
    await advanceOnce(world, ID);
    expect(now().command).toMatchObject({ stepId: ADD_ONS });
  });

  it('is not taken by a later step because Kubernetes began to accept the bot between two looks', async () => {
    inBoth(BY_EKSCTL);
    world.cloud.failing.set('addonWorkload', new TransientError('KubernetesUnauthorized', '401'));
    await advanceOnce(world, ID);
    expect(waitingFor(ADD_ONS)).toContain('Kubernetes to accept the bot again');
    expect(now().command).toBeNull();
    world.cloud.failing.clear();
    await advanceOnce(world, ID);
    expect(now().command).toMatchObject({ stepId: ADD_ONS });
  });

  it('goes to the next one when the command has ended, and what it did is still known', async () => {
    inBoth(BY_EKSCTL);
    await advanceOnce(world, ID);
    world.onEksctl.act = async () => {
      world.cloud.workloads.coredns = { ...aWorkload('eks/coredns:v9'), rolledOut: false, progress: '0 of 2' };
      return { kind: 'exited', code: 0, lastLines: '' };
    };
    await runCommand(world.deps, { runId: ID, signal: new AbortController().signal });
    await advanceOnce(world, ID);
    expect(waitingFor(ADD_ONS)).toBe('the rollout of coredns: 0 of 2');
    expect(now().command).toMatchObject({ stepId: CORE, state: { kind: 'requested' } });
    expect(now().pastCommands[ADD_ONS]).toMatchObject({ state: { outcome: { code: 0 } } });
  });

  it('is judged by the step that asked for it, although another one has had its turn since', async () => {
    const add = command(ADD_ONS, { kind: 'running', at: 1 }, ['utils', 'update-coredns']);
    inBoth(BY_EKSCTL, { command: add, pastCommands: { [CORE]: command(CORE, end(1)) } });
    await advanceUntil(world, ID, () => kindOf(CORE) === 'failed');
    expect(now().steps[CORE]).toMatchObject({ failure: { code: 'NodeGroupsMissing' } });
  });

  it('keeps nothing of a step that is done', async () => {
    proveBoth();
    inBoth(BY_EKS, { pastCommands: { [CORE]: command(CORE, end(0)) } });
    await advanceOnce(world, ID);
    expect([kindOf(CORE), now().pastCommands]).toEqual(['done', {}]);
  });

  it('is not given to a second attempt while the command of the first still runs', async () => {
    const progress = startedStep(0, { at: world.clock.now(), attempt: 2 });
    inBoth(BY_EKS, { command: command(CORE, { kind: 'running', at: 1 }), steps: { [CORE]: progress } });
    await advanceOnce(world, ID);
    expect(waitingFor(CORE)).toContain('its turn');
    expect(now().command).toMatchObject({ attempt: 1, state: { kind: 'running' } });
  });

  it('has nobody asked at a gate while another step is at work: nobody would look at that one', async () => {
    world.cloud.nodeList = [{ name: 'n', group: 'core-b', ready: true, kubeletVersion: 'v1.24.1' }] as never;
    world.cloud.activityIs = { total: 1, byNamespace: { prod: 1 } };
    world.cloud.groupStacks = [{ ...aStack('core-b', '1.24'), status: 'ROLLBACK_COMPLETE' }];
    const progress = startedStep(0, { at: world.clock.now(), attempt: 2 });
    inBoth(BY_EKS, { steps: { [CORE]: progress } });
    await advanceOnce(world, ID);
    expect(now().state.kind).toBe('running');
    expect(waitingFor(CORE)).toMatch(/^the end of what is at work \(add-ons for 1\.24: /);
    expect(now().steps[CORE]).toMatchObject({ memory: {} });
  });
});

describe('a step that fails', () => {
  const refused = new UserError('AwsAccessDenied', 'AWS denies eks:UpdateAddon');

  it('while another one is at work lets that be seen to its end: then the run stops', async () => {
    inBoth(BY_EKS, { command: command(CORE, { kind: 'running', at: 1 }) });
    world.cloud.failing.set('updateAddon', refused);
    await advanceOnce(world, ID);
    expect([now().state.kind, kindOf(ADD_ONS), kindOf(CORE)]).toEqual(['running', 'failed', 'started']);
    expect(now().stops).toMatchObject([{ cause: { stepId: ADD_ONS }, resolution: { kind: 'open' } }]);
    proveBoth();
    endCommand();
    await advanceOnce(world, ID);
    expect([now().state.kind, kindOf(CORE), kindOf(DELETE)]).toEqual(['stopped', 'done', undefined]);
    expect(now().stops).toHaveLength(1);
  });

  it('stops the run at once when the other one has changed nothing yet, and it does not begin to', async () => {
    inBoth(BY_EKS);
    world.cloud.failing.set('updateAddon', refused);
    await advanceOnce(world, ID);
    expect([now().state.kind, kindOf(ADD_ONS), kindOf(CORE)]).toEqual(['stopped', 'failed', 'started']);
    expect(now().command).toBeNull();
  });

  it('while the other one fails too: both are told, and one Retry gives both their next attempt', async () => {
    inBoth(BY_EKS, { command: command(CORE, end(1)) });
    world.cloud.failing.set('updateAddon', refused);
    await advanceUntil(world, ID, inState('stopped'));
    expect(now().stops.map(({ cause }) => ('stepId' in cause ? cause.stepId : cause.kind))).toEqual([ADD_ONS, CORE]);
    world.store.apply(ID, { kind: 'retried', at: world.clock.now(), by: REQUESTER });
    expect(now().stops.map(({ resolution }) => resolution.kind)).toEqual(['retried', 'retried']);
    await advanceOnce(world, ID);
    expect([ADD_ONS, CORE].map((id) => now().steps[id])).toMatchObject([
      { kind: 'started', attempt: 2 },
      { kind: 'started', attempt: 2 },
    ]);
  });

  it('is taken up again by Retry beside the one that was not done', async () => {
    inBoth(BY_EKS);
    world.cloud.failing.set('updateAddon', refused);
    await advanceOnce(world, ID);
    world.cloud.failing.clear();
    world.store.apply(ID, { kind: 'retried', at: world.clock.now(), by: REQUESTER });
    await advanceOnce(world, ID);
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toMatchObject([{ call: 'updateAddon' }]);
    expect(now()).toMatchObject({ command: { stepId: CORE, attempt: 1 }, steps: { [ADD_ONS]: { attempt: 2 } } });
  });
});

describe('groups that were deleted', () => {
  const OTHERS = 'node-groups-1.24-create-others';
  const DELETE_CORE = 'node-groups-1.24-delete-core';
  const isTypeOf = (id: string) =>
    aPlan().steps.find((step) => step.id === id) as Extract<Step, { phase: 'node-groups' }>;
  const exchange: Plan = aPlan({
    steps: [
      {
        ...isTypeOf(DELETE),
        id: DELETE_CORE,
        action: 'delete',
        role: 'core',
        groups: ['core-a'],
        renames: [],
        after: [],
      },
      { ...isTypeOf(DELETE), after: [] },
      { ...isTypeOf(OTHERS), after: [DELETE] },
      { ...isTypeOf('verify'), after: [DELETE_CORE, OTHERS] },
    ],
  });
  const begin = (steps: Run['steps'], changes: Partial<Run> = {}): void => {
    world.store.put(aRun('running', { plan: exchange, steps, ...changes }));
    startNoticePosted(world, ID);
  };
  const deleted = doneAt(1);

  it('are created again before a stop that somebody asked for', async () => {
    begin({ [DELETE_CORE]: deleted, [DELETE]: startedStep(0, { at: 1 }) });
    stop();
    await advanceUntil(world, ID, () => now().command?.stepId === OTHERS);
    expect([kindOf(DELETE), kindOf(OTHERS), kindOf('verify')]).toEqual(['done', 'started', undefined]);
    world.cloud.groupStacks = isTypeOf(OTHERS).groups.map((name) => aStack(name, '1.24'));
    endCommand();
    await advanceUntil(world, ID, inState('stopped'));
    expect([kindOf(OTHERS), kindOf('verify')]).toEqual(['done', undefined]);
    expect(now().stops).toMatchObject([{ cause: { kind: 'stop-requested' } }]);
  });

  it('are created again before the stop for a step that failed beside it', async () => {
    const failed = {
      kind: 'step-failed',
      stepId: DELETE_CORE,
      failure: { code: 'StackDeleteFailed', message: 'm', remedy: 'r', detail: null },
    } as const;
    begin({ [DELETE_CORE]: startedStep(0, { at: 1 }), [DELETE]: deleted });
    world.store.apply(ID, { ...failed, at: world.clock.now(), by: 'bot' });
    expect(now().state.kind).toBe('running');
    await advanceUntil(world, ID, () => now().command?.stepId === OTHERS);
    world.cloud.groupStacks = isTypeOf(OTHERS).groups.map((name) => aStack(name, '1.24'));
    endCommand();
    await advanceUntil(world, ID, inState('stopped'));
    expect([kindOf(DELETE_CORE), kindOf(OTHERS), kindOf('verify')]).toEqual(['failed', 'done', undefined]);
  });

  it('let eksctl begin the deletion of the old core first, which is being emptied, and then have it', async () => {
    const hub = 'Deployment prod/hub';
    const draining = {
      wasReady: `1 ${hub}`,
      drainSince: String(world.clock.now()),
      emptiedAt: String(world.clock.now()),
    };
    const withCore = { ...exchange, steps: [...exchange.steps, { ...isTypeOf(CORE), after: [] }] };
    world.cloud.groupStacks = [aStack('core-a', '1.22'), aStack('core-b', '1.24')];
    world.cloud.nodeList = [aNode('core-a', '1.22'), aNode('core-b', '1.24')];
    world.cloud.ready = { [hub]: { ready: 0, wanted: 1 } };
    const at = world.clock.now();
    const steps = { [CORE]: deleted, [DELETE]: deleted, [OTHERS]: startedStep(0, { at }) };
    begin({ ...steps, [DELETE_CORE]: startedStep(0, { at, memory: draining }) }, { plan: withCore });
    await advanceOnce(world, ID);
    expect(now().command).toBeNull();
    expect(waitingFor(OTHERS)).toBe('eksctl, which is to begin something shorter first (node groups: delete core-a)');

    world.cloud.ready = { [hub]: { ready: 1, wanted: 1 } };
    await advanceOnce(world, ID);
    expect(now().command).toMatchObject({ stepId: DELETE_CORE });
    expect(waitingFor(OTHERS)).toMatch(/^its turn: /);
    endCommand();
    await advanceOnce(world, ID);
    expect(now().command).toMatchObject({ stepId: OTHERS });
  });

  it('are left out when their own creation failed: then the run stops at once', () => {
    begin({ [DELETE_CORE]: deleted, [DELETE]: deleted, [OTHERS]: startedStep(0, { at: 1 }) });
    const failure = { code: 'NodeGroupsMissing', message: 'm', remedy: 'r', detail: null };
    world.store.apply(ID, { kind: 'step-failed', stepId: OTHERS, failure, at: world.clock.now(), by: 'bot' });
    expect(now().state.kind).toBe('stopped');
  });
});

function proveBoth(): void {
  world.cloud.addons = [{ name: 'coredns', version: 'v1.1.0', status: 'ACTIVE', healthIssues: [] }];
  world.cloud.groupStacks = [aStack('core-b', '1.24')];
}
