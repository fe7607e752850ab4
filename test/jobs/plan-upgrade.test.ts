import { beforeEach, describe, expect, it } from 'vitest';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import { APPROVER, ASKED_AT, aRun, MINUTE } from '#test/support/builders.ts';
import { advanceOnce, advanceUntil, eventsOf, inState } from '#test/support/fakes/advance.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const asked = aRun('planning', { requestedAt: ASKED_AT });
const HOUR = 60 * MINUTE;

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.cloud.groupStacks = ['nb-small', 'nb-large', 'dask-worker'].map((group) => aStack(group, '1.22'));
  world.cloud.groupStacks.push(aStack('core-a', '1.22', { sizes: { min: 1, max: 3, desired: 1 } }));
  world.cloud.nodeList = [aNode('core-a', '1.22')];
  world.store.put({ ...asked, requestedAt: world.clock.now() });
});

const now = (): Run => world.store.runNow(asked.id);
const approve = (): void => {
  const hash = now().plan?.hash ?? '';
  world.store.apply(asked.id, { kind: 'approved', planHash: hash, at: world.clock.now(), by: APPROVER });
};

describe('planning', () => {
  it('observes, plans and awaits approval for 24 hours', async () => {
    await advanceOnce(world, asked.id);
    expect(now().plan).toMatchObject({ from: '1.22', to: '1.24', refusals: [] });
    expect(now().state).toEqual({
      kind: 'awaiting-approval',
      since: world.clock.now(),
      expiresAt: world.clock.now() + 24 * HOUR,
    });
    expect(world.config.openCheckouts).toBe(0);
  });

  it('expires an undecided request, and not before', async () => {
    await advanceOnce(world, asked.id);
    world.clock.advance(24 * HOUR - 1);
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('awaiting-approval');
    world.clock.advance(1);
    expect(await advanceOnce(world, asked.id)).toEqual({ kind: 'ended' });
    expect(now().state.kind).toBe('expired');
    expect(await world.store.ownerOf('coast')).toBeNull();
  });

  it('does not expire what somebody approved at the same moment', async () => {
    await advanceOnce(world, asked.id);
    world.clock.advance(24 * HOUR);
    world.store.meanwhile(approve);
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('running');
  });

  it('refuses with reasons what policy forbids', async () => {
    world.cloud.cluster.status = 'UPDATING';
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('refused');
    expect(now().plan?.refusals).not.toEqual([]);
  });

  it('has nothing to do when all is at the target', async () => {
    world.cloud.cluster.version = '1.24';
    world.cloud.workloads['kube-proxy'] = {
      ...(world.cloud.workloads['kube-proxy'] ?? fail()),
      image: 'eks/kube-proxy:v1.24.7-eksbuild.2',
    };
    world.cloud.groupStacks = [aStack('core-a', '1.24')];
    world.cloud.nodeList = [];
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('nothing-to-do');
    expect(now().after?.version).toBe('1.24');
  });

  it('stops and names both accounts when the credentials are of another one', async () => {
    world.cloud.identityIs = { account: '999900001111', arn: 'arn:aws:iam::999900001111:user/bot' };
    await advanceOnce(world, asked.id);
    expect(now().stops).toMatchObject([
      {
        cause: {
          kind: 'planning-failed',
          failure: { code: 'WrongAccount', message: expect.stringMatching(/999900001111.*111122223333/s) },
        },
      },
    ]);
  });

  it("stops with the evaluator's words, file and line, when the config does not evaluate", async () => {
    world.config.renderError = new UserError(
      'JsonnetError',
      'STATIC ERROR: coast.jsonnet:3:1: unexpected token\nmore lines',
    );
    await advanceOnce(world, asked.id);
    expect(now().stops[0]?.cause).toMatchObject({
      failure: { message: 'STATIC ERROR: coast.jsonnet:3:1: unexpected token', detail: 'more lines' },
    });
    expect(world.config.openCheckouts).toBe(0);
  });

  it('names what keeps it from the API server within half a minute, and what to do', async () => {
    const error = new TransientError(
      'ApiServerCidrs',
      'EKS lets only 203.0.113.0/24 in\naws eks update-cluster-config',
    );
    world.cloud.failing.set('reach', error);
    await advanceOnce(world, asked.id);
    expect(now().state.kind, 'it may pass').toBe('planning');
    world.clock.advance(30_000);
    await advanceOnce(world, asked.id);
    expect(now().stops[0]?.cause).toMatchObject({
      failure: {
        code: 'ApiServerCidrs',
        message: 'EKS lets only 203.0.113.0/24 in',
        remedy: expect.stringContaining('curl https://checkip.amazonaws.com'),
        detail: 'aws eks update-cluster-config',
      },
    });
  });

  it('asks again when somebody put a policy on a role between the approval and the start', async () => {
    const ownRole = { name: 'role-of-nb', attached: [], inline: [] };
    world.cloud.groupStacks = world.cloud.groupStacks.map((stack) => ({ ...stack, ownRole }));
    world.cloud.rolePolicies['role-of-nb'] = { attached: [], inline: [] };
    await advanceOnce(world, asked.id);
    approve();
    world.cloud.rolePolicies['role-of-nb'].inline.push('by-hand');
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('awaiting-approval');
    expect(now().plan?.warnings.map(({ id }) => id)).toContainEqual(expect.stringMatching(/^role-policies:/));
  });

  it('gives the exact command when Kubernetes does not know the bot', async () => {
    world.cloud.failing.set('nodes', new TransientError('KubernetesUnauthorized', '401'));
    await advanceOnce(world, asked.id);
    expect(now().stops[0]?.cause).toMatchObject({
      failure: {
        code: 'NotMapped',
        detail: expect.stringContaining('--arn arn:aws:iam::111122223333:role/eks-upgrade-bot'),
      },
    });
  });

  it('waits 5 minutes for an outside that does not answer, then says so', async () => {
    world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'AWS asks for fewer calls'));
    const since = world.clock.now();
    await advanceUntil(world, asked.id, inState('stopped'));
    expect(world.clock.now() - since).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(eventsOf(world, asked.id)).toEqual(['planning-failed']);
  });

  it('waits as long again after a retry, however late that came', async () => {
    world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'AWS asks for fewer calls'));
    await advanceUntil(world, asked.id, inState('stopped'));
    world.clock.advance(HOUR);
    world.store.apply(asked.id, { kind: 'retried', at: world.clock.now(), by: APPROVER });
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('planning');
    world.cloud.failing.clear();
    await advanceOnce(world, asked.id);
    expect(now()).toMatchObject({ state: { kind: 'awaiting-approval' }, planAttempt: 2 });
  });

  it('is looked at again, not stopped, when Redis was away', async () => {
    world.cloud.failing.set('describeCluster', Object.assign(new Error('Connection is closed.')));
    await expect(advanceOnce(world, asked.id)).rejects.toThrow('Connection is closed.');
    expect(eventsOf(world, asked.id)).toEqual([]);
  });
});

describe('the start', () => {
  beforeEach(async () => {
    await advanceOnce(world, asked.id);
    approve();
  });

  it('plans again: the same hash goes ahead, with what it saw', async () => {
    await advanceOnce(world, asked.id);
    expect(now()).toMatchObject({
      state: { kind: 'running' },
      startedAt: world.clock.now(),
      before: { version: '1.22' },
    });
  });

  it('is not hindered by counts: activity is in no hash', async () => {
    world.cloud.activityIs = { total: 9, byNamespace: { prod: 9 } };
    await advanceOnce(world, asked.id);
    expect(now().startedAt).not.toBeNull();
  });

  it('asks for approval again when the cluster changed: the earlier approval no longer counts', async () => {
    const approved = now().plan;
    world.cloud.cluster.version = '1.23';
    await advanceOnce(world, asked.id);
    expect(now()).toMatchObject({ state: { kind: 'awaiting-approval' }, approval: null, startedAt: null });
    expect(now().supersededPlan).toEqual(approved);
    expect(now().plan?.hash).not.toBe(approved?.hash);
    expect(world.cloud.calls).toEqual([]);
  });

  it('is refused when policy forbids it by now', async () => {
    world.cloud.cluster.status = 'UPDATING';
    await advanceOnce(world, asked.id);
    expect(now()).toMatchObject({ state: { kind: 'refused' }, startedAt: null });
  });

  it('needs another approval when it could not be made and is retried', async () => {
    world.cloud.identityIs = { account: '999900001111', arn: 'arn:aws:iam::999900001111:user/bot' };
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('stopped');
    world.cloud.identityIs = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/bot' };
    world.store.apply(asked.id, { kind: 'retried', at: world.clock.now(), by: APPROVER });
    await advanceOnce(world, asked.id);
    expect(now()).toMatchObject({ state: { kind: 'awaiting-approval' }, approval: null });
  });

  it('does not begin once a stop was asked for, and begins when it is continued', async () => {
    world.store.apply(asked.id, { kind: 'stop-requested', at: world.clock.now(), by: APPROVER });
    await advanceOnce(world, asked.id);
    expect(now()).toMatchObject({ state: { kind: 'stopped' }, startedAt: null });
    world.store.apply(asked.id, { kind: 'retried', at: world.clock.now(), by: APPROVER });
    await advanceOnce(world, asked.id);
    expect(now().startedAt).not.toBeNull();
  });

  it('does not begin when the stop comes while it looks', async () => {
    world.store.meanwhile(() =>
      world.store.apply(asked.id, { kind: 'stop-requested', at: world.clock.now(), by: APPROVER }),
    );
    await advanceOnce(world, asked.id);
    expect(now().startedAt).toBeNull();
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('stopped');
  });
});

function fail(): never {
  throw new Error('kube-proxy is there');
}
