import { beforeEach, describe, expect, it } from 'vitest';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { CommandRecord, Run, StepProgress } from '#src/domain/run.ts';
import { aPlan, aRun, MINUTE, progressUpTo, STARTED_AT, startedStep } from '#test/support/builders.ts';
import {
  advanceOnce,
  advanceUntil,
  eventsOf,
  inState,
  pushOnce,
  startNoticePosted,
} from '#test/support/fakes/advance.ts';
import { aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { runningCommand } from '#test/support/fakes/phase-context.ts';

const ID = 'r-coast-7k2m';
const HOP = 'control-plane-1.23';
const DELETE = 'node-groups-1.24-delete';
const CREATE = 'node-groups-1.24-create-others';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});
const now = (): Run => world.store.runNow(ID);
const waitingFor = (step: string): string | undefined => {
  const progress = now().steps[step];
  return progress?.kind === 'started' ? progress.waiting?.for : undefined;
};
/** The run is in this step since now. */
const inStep = (
  id: string,
  changes: Partial<Run> & { memory?: Record<string, string>; attempt?: number } = {},
): void => {
  const { memory = {}, attempt = 1, ...rest } = changes;
  const plan = aPlan();
  const progress = startedStep(0, { at: world.clock.now(), memory, attempt });
  world.store.put(aRun('running', { plan, steps: progressUpTo(plan, id, progress), ...rest }));
};

describe('before the start notice stands in Slack', () => {
  it.each([HOP, DELETE, CREATE, 'add-ons-1.23', 'commit-config'])('%s changes nothing', async (step) => {
    inStep(step);
    await advanceOnce(world, ID);
    expect(waitingFor(step)).toBe('the start notice to stand in Slack');
    expect(world.cloud.calls).toEqual([]);
    expect(now().command).toBeNull();
    expect(world.config.pushes).toEqual([]);
  });

  it('nor when it is only announced: its answer may be lost', async () => {
    inStep(HOP);
    world.ledger.records.set(ID, { start: { kind: 'posting', since: 1 } });
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toEqual([]);
  });

  it.each(['preflight', 'access'])('%s, which only looks, may run', async (step) => {
    inStep(step);
    await advanceOnce(world, ID);
    expect(now().steps[step]?.kind).toBe('done');
  });

  it('begins once the notice is posted', async () => {
    inStep(HOP);
    await advanceOnce(world, ID);
    startNoticePosted(world, ID);
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toHaveLength(1);
  });
});

describe('after 10 minutes without Slack', () => {
  beforeEach(() => {
    world.cloud.groupStacks = [aStack('nb-large', '1.22'), aStack('core-b', '1.24')];
  });
  const outage = (minutes: number): void => {
    startNoticePosted(world, ID);
    world.ledger.away = world.clock.now() - minutes * MINUTE;
  };

  it.each([HOP, DELETE])('%s does not begin', async (step) => {
    inStep(step);
    outage(11);
    await advanceOnce(world, ID);
    expect(waitingFor(step)).toBe('Slack to answer again: nobody could press stop now');
    expect(world.cloud.calls).toEqual([]);
    expect(now().command).toBeNull();
  });

  it('a shorter outage holds nothing up', async () => {
    inStep(HOP);
    outage(9);
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toHaveLength(1);
  });

  it('what was deleted is still created again', async () => {
    world.cloud.groupStacks = [aStack('nb-large', '1.24'), aStack('core-b', '1.24')];
    inStep(CREATE);
    outage(60);
    await advanceOnce(world, ID);
    expect(now().command?.args).toEqual(['create', 'nodegroup', '--include=nb-small,dask-worker']);
  });

  it('a hop that has begun is still followed', async () => {
    inStep(HOP, { memory: { update: 'u' } });
    world.cloud.cluster.version = '1.23';
    world.cloud.updates = [
      { id: 'u', type: 'VersionUpdate', status: 'Successful', version: '1.23', createdAt: null, errors: [] },
    ];
    outage(60);
    await advanceOnce(world, ID);
    expect(now().steps[HOP]?.kind).toBe('done');
  });

  it('a deletion that has begun is still followed', async () => {
    inStep(DELETE, { command: runningCommand(DELETE, ['delete']) });
    outage(60);
    await advanceOnce(world, ID);
    expect(waitingFor(DELETE)).toContain('to be gone');
  });

  it('another attempt of a deletion is a deletion that begins', async () => {
    inStep(DELETE, { attempt: 2, command: ended(DELETE) });
    outage(11);
    await advanceOnce(world, ID);
    expect(waitingFor(DELETE)).toBe('Slack to answer again: nobody could press stop now');
    expect(now().command?.attempt).toBe(1);
  });

  it('goes on when Slack answers again', async () => {
    inStep(HOP);
    outage(11);
    await advanceOnce(world, ID);
    world.ledger.away = null;
    await advanceOnce(world, ID);
    expect(world.cloud.calls).toHaveLength(1);
  });
});

describe('a 401 of Kubernetes', () => {
  const unauthorized = new TransientError('KubernetesUnauthorized', '401');
  const hopDoneAgo = (minutes: number): void => {
    const at = world.clock.now() - minutes * MINUTE;
    inStep('add-ons-1.23');
    const run = now();
    const hop: StepProgress = { kind: 'done', at, startedAt: at - 1, attempt: 1, notes: [], evidence: [] };
    world.store.put({ ...run, steps: { ...run.steps, [HOP]: hop } });
    startNoticePosted(world, ID);
    world.cloud.failing.set('addonWorkload', unauthorized);
  };

  it("waits within 10 minutes of this run's hop", async () => {
    hopDoneAgo(9);
    await advanceOnce(world, ID);
    expect(waitingFor('add-ons-1.23')).toContain('Kubernetes to accept the bot again');
  });

  it('stops afterwards with the exact command', async () => {
    hopDoneAgo(11);
    await advanceOnce(world, ID);
    expect(now().stops[0]?.cause).toMatchObject({
      kind: 'step-failed',
      failure: {
        code: 'NotMapped',
        detail: expect.stringContaining('--arn arn:aws:iam::111122223333:role/eks-upgrade-bot'),
      },
    });
  });

  it('stops at once when this run has made no hop', async () => {
    const plan = aPlan();
    world.store.put(aRun('running', { plan, steps: progressUpTo(plan, 'preflight', startedStep(0)) }));
    world.cloud.failing.set('describeCluster', unauthorized);
    await advanceOnce(world, ID);
    expect(now().stops[0]?.cause).toMatchObject({ failure: { code: 'NotMapped' } });
  });
});

describe('a 401 that AWS does not explain either', () => {
  it('is no lack of a mapping: it is waited for as the silence of AWS', async () => {
    const plan = aPlan();
    world.store.put(aRun('running', { plan, steps: progressUpTo(plan, 'preflight', startedStep(0)) }));
    world.cloud.failing.set('describeCluster', new TransientError('KubernetesUnauthorized', '401'));
    world.cloud.failing.set('callerIdentity', new TransientError('AwsCredentialsExpired', 'expired'));
    await advanceOnce(world, ID);
    expect(waitingFor('preflight')).toBe('an answer: expired');
    const { stops } = await advanceUntil(world, ID, inState('stopped'));
    expect(stops[0]?.cause).toMatchObject({ failure: { code: 'AwsCredentialsExpired' } });
  });
});

describe('an outside that does not answer', () => {
  beforeEach(() => {
    inStep(HOP);
    startNoticePosted(world, ID);
  });
  const failWith = (message: string): void =>
    void world.cloud.failing.set('describeCluster', new TransientError('AwsUnreachable', message));

  it('is waited for, and one wait is one event', async () => {
    failWith('AWS cannot be reached: ECONNREFUSED');
    await advanceOnce(world, ID);
    await advanceOnce(world, ID);
    expect(waitingFor(HOP)).toBe('an answer: AWS cannot be reached: ECONNREFUSED');
    expect(eventsOf(world, ID)).toEqual(['step-waiting']);
  });

  it('fails the step after 30 minutes, also when each silence has other words', async () => {
    const since = world.clock.now();
    let turn = 0;
    await advanceUntil(world, ID, (run) => {
      turn += 1;
      failWith(`connect ETIMEDOUT 10.0.0.${turn % 2}`);
      return inState('stopped')(run);
    });
    expect(world.clock.now() - since).toBeGreaterThan(30 * MINUTE);
    expect(world.clock.now() - since).toBeLessThan(32 * MINUTE);
    expect(eventsOf(world, ID)).toEqual(['step-waiting', 'step-failed']);
  });

  it('begins to be waited for anew after an answer', async () => {
    failWith('away');
    await advanceOnce(world, ID);
    world.clock.advance(29 * MINUTE);
    world.cloud.failing.clear();
    await advanceOnce(world, ID);
    failWith('away');
    world.cloud.failing.set('describeUpdate', new TransientError('AwsUnreachable', 'away'));
    await advanceOnce(world, ID);
    world.clock.advance(29 * MINUTE);
    await advanceOnce(world, ID);
    expect(now().state.kind).toBe('running');
  });

  it('is left alone for as long as it asks for', async () => {
    const busy = new TransientError('KubernetesBusy', '429', { retryAfterMs: 64_000 });
    world.cloud.failing.set('describeCluster', busy);
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: 64_000 });
  });

  it('keeps what the step remembers and notes', async () => {
    await advanceOnce(world, ID);
    failWith('away');
    await advanceOnce(world, ID);
    expect(now().steps[HOP]).toMatchObject({ memory: { update: 'update-1' } });
  });

  it('is none of the kind when Redis was away: nothing is written', async () => {
    world.cloud.failing.set(
      'describeCluster',
      Object.assign(new Error('Reached the max retries'), { name: 'MaxRetriesPerRequestError' }),
    );
    await expect(advanceOnce(world, ID)).rejects.toThrow('Reached the max retries');
    expect(eventsOf(world, ID)).toEqual([]);
  });

  it('fails at once for what only a person can put right', async () => {
    world.cloud.failing.set(
      'describeCluster',
      new UserError('AwsAccessDenied', 'AWS denies eks:DescribeCluster\nAction: …'),
    );
    await advanceOnce(world, ID);
    expect(now().stops[0]?.cause).toMatchObject({
      failure: { code: 'AwsAccessDenied', message: 'AWS denies eks:DescribeCluster', detail: 'Action: …' },
    });
  });
});

describe('a command', () => {
  it('is written down, with what the step waits for, in one commit', async () => {
    inStep(CREATE);
    startNoticePosted(world, ID);
    await advanceOnce(world, ID);
    expect(eventsOf(world, ID)).toEqual(['step-waiting', 'command-requested']);
    expect(now().command).toMatchObject({ stepId: CREATE, attempt: 1, state: { kind: 'requested' } });
    expect(world.eksctl).toEqual([]);
  });
});

describe('a gate', () => {
  it('is opened with the count, and the run waits', async () => {
    world.cloud.groupStacks = [aStack('nb-large', '1.22'), aStack('core-b', '1.24')];
    world.cloud.activityIs = { total: 2, byNamespace: { prod: 2 } };
    inStep(DELETE);
    startNoticePosted(world, ID);
    await advanceOnce(world, ID);
    expect(now()).toMatchObject({
      state: { kind: 'waiting' },
      gates: [{ stepId: DELETE, activity: { total: 2 }, resolution: { kind: 'open' } }],
    });
    expect(now().command).toBeNull();
  });
});

describe('a config that cannot be committed', () => {
  beforeEach(async () => {
    inStep('commit-config');
    startNoticePosted(world, ID);
    world.cloud.cluster.version = '1.24';
    world.config.pushError = new UserError('GitPushRefused', 'the remote refused the branch');
    await pushOnce(world, ID);
  });

  it('ends the run as succeeded-uncommitted: the cluster is upgraded', async () => {
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
    expect(now()).toMatchObject({
      state: {
        kind: 'succeeded-uncommitted',
        failure: { code: 'GitPushRefused', message: 'the remote refused the branch' },
      },
      steps: { 'commit-config': { kind: 'failed' } },
      after: { version: '1.24' },
      stops: [],
    });
  });

  it('waits for AWS to show the end first', async () => {
    world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'slower'));
    expect(await advanceOnce(world, ID)).toMatchObject({ kind: 'again' });
    expect(now().state.kind).toBe('running');
    world.cloud.failing.clear();
    await advanceOnce(world, ID);
    expect(now().state.kind).toBe('succeeded-uncommitted');
  });
});

function ended(stepId: string): CommandRecord {
  return {
    id: 'c',
    stepId,
    attempt: 1,
    args: ['delete'],
    state: { kind: 'ended', at: STARTED_AT, outcome: { kind: 'exited', code: 1, lastLines: '' } },
  };
}
