import { beforeEach, describe, expect, it } from 'vitest';
import { UNAUTHORIZED_GRACE_MS } from '#jobs/phase.ts';
import { TransientError } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Run } from '#src/domain/run.ts';
import { APPROVER, ASKED_AT, aRun } from '#test/support/builders.ts';
import { advanceOnce, advanceUntil, inState, startNoticePosted } from '#test/support/fakes/advance.ts';
import { aNode, aStack, fakeCloud } from '#test/support/fakes/fake-cloud.ts';
import { COAST, type FakeWorld, FLEET, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const asked = aRun('planning', { requestedAt: ASKED_AT });
const BOT = 'arn:aws:iam::111122223333:role/eks-upgrade-bot';
const CREATOR = 'arn:aws:iam::111122223333:role/creator';
const STEP = 'access';
const unauthorized = new TransientError('KubernetesUnauthorized', '401');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.cloud.groupStacks = ['core-a', 'nb-small', 'nb-large', 'dask-worker'].map((group) => aStack(group, '1.22'));
  world.store.put({ ...asked, requestedAt: world.clock.now() });
  shutOut();
});

function shutOut(): void {
  world.cloud.review = { kind: 'unauthorized', message: '401' };
  for (const call of ['nodes', 'userPods', 'addonWorkload']) world.cloud.failing.set(call, unauthorized);
}

function letIn(): void {
  world.cloud.review = { kind: 'allowed' };
  for (const call of ['nodes', 'userPods', 'addonWorkload']) world.cloud.failing.delete(call);
}

function allow(access: FleetCluster['access']): void {
  world.deps.fleet = { ...FLEET, clusters: [{ ...COAST, access }] };
}

/** What the bootstrap role sees and does is done to the same cluster. */
function allowBootstrap(): void {
  allow({ kind: 'bootstrap-role', roleArn: CREATOR, groups: ['eks-upgrade-bot'] });
  const creator = fakeCloud();
  creator.nodeList = [aNode('core-a', '1.22')];
  creator.activityIs = { total: 3, byNamespace: { hub: 3 } };
  creator.principals = world.cloud.principals;
  creator.calls = world.cloud.calls;
  world.cloud.bootstrap = creator.kubernetes;
}

const now = (): Run => world.store.runNow(asked.id);
const acts = (): string[] => world.cloud.calls.map(({ call }) => call);
const failureCode = (): string | undefined => {
  const cause = now().stops.at(-1)?.cause;
  return cause !== undefined && 'failure' in cause ? cause.failure.code : undefined;
};

async function approved(): Promise<void> {
  await advanceOnce(world, asked.id);
  const hash = now().plan?.hash ?? '';
  world.store.apply(asked.id, { kind: 'approved', planHash: hash, at: world.clock.now(), by: APPROVER });
}

async function comesToAccess(): Promise<void> {
  await approved();
  await advanceUntil(world, asked.id, (run) => run.steps[STEP]?.kind === 'started');
}

const noticeStands = (): void => startNoticePosted(world, asked.id);

describe('a bot that Kubernetes does not know, where the fleet file names a bootstrap role', () => {
  beforeEach(allowBootstrap);

  it('plans with what that role sees, changes nothing, and has the mapping approved: with another role or group the plan is another one', async () => {
    await advanceOnce(world, asked.id);
    expect(now().plan).toMatchObject({ activity: { total: 3 }, refusals: [] });
    expect(now().plan?.warnings[0]?.id).toBe(`maps-itself bootstrap-role ${CREATOR} eks-upgrade-bot ${BOT}`);
    expect(acts()).toEqual([]);
    const { hash } = now().plan ?? {};
    allow({ kind: 'bootstrap-role', roleArn: CREATOR, groups: ['system:masters'] });
    world.store.put({ ...asked, requestedAt: world.clock.now() });
    await advanceOnce(world, asked.id);
    expect(now().plan?.hash).not.toBe(hash);
  });

  it('maps itself once, only after the start notice stands, and goes on when its own credentials are taken', async () => {
    await comesToAccess();
    await advanceOnce(world, asked.id);
    await advanceOnce(world, asked.id);
    expect(acts(), 'the notice does not stand').toEqual([]);
    noticeStands();
    await advanceUntil(world, asked.id, () => acts().length > 0);
    await advanceOnce(world, asked.id);
    expect(world.cloud.calls).toEqual([
      { call: 'mapPrincipal', request: { arn: BOT, username: 'eks-upgrade-bot', groups: ['eks-upgrade-bot'] } },
    ]);
    expect(now().steps[STEP]).toMatchObject({ kind: 'started', notes: [expect.stringContaining('written as')] });
    expect(now().steps['template-drift'], 'looks too early, and waits').toMatchObject({ kind: 'started' });
    letIn();
    const run = await advanceUntil(world, asked.id, ({ steps }) => steps[STEP]?.kind === 'done');
    expect(run.steps[STEP]).toMatchObject({
      evidence: [expect.stringContaining(`aws-auth maps ${BOT} to eks-upgrade-bot`), expect.stringContaining('allows')],
    });
    expect(acts()).toEqual(['mapPrincipal']);
  });

  it('finds a mapping that a bot made which was killed then, and makes no second one', async () => {
    await comesToAccess();
    noticeStands();
    world.cloud.principals[BOT] = ['eks-upgrade-bot'];
    await advanceOnce(world, asked.id);
    letIn();
    const run = await advanceUntil(world, asked.id, ({ steps }) => steps[STEP]?.kind === 'done');
    expect(run.steps[STEP]).toMatchObject({ evidence: [expect.stringContaining('aws-auth maps'), expect.anything()] });
    expect(acts()).toEqual([]);
  });

  it('stops when Kubernetes does not know it ten minutes after the mapping', async () => {
    await comesToAccess();
    noticeStands();
    await advanceUntil(world, asked.id, () => acts().length > 0);
    const mappedAt = world.clock.now();
    await advanceUntil(world, asked.id, inState('stopped'));
    expect(world.clock.now() - mappedAt).toBeGreaterThanOrEqual(UNAUTHORIZED_GRACE_MS);
    expect(failureCode()).toBe('NotMapped');
    expect(acts()).toEqual(['mapPrincipal']);
  });

  it('does not map itself where the plan that was approved does not say so', async () => {
    letIn();
    await comesToAccess();
    noticeStands();
    shutOut();
    await advanceUntil(world, asked.id, inState('stopped'));
    expect(failureCode()).toBe('NotMapped');
    expect(acts()).toEqual([]);
  });

  it('stops planning where that role is not known either, or aws-auth is not read', async () => {
    world.cloud.bootstrap = { ...fakeCloud().kubernetes, mappedGroups: () => Promise.reject(unauthorized) };
    await advanceOnce(world, asked.id);
    expect(failureCode()).toBe('BootstrapRoleUnauthorized');
    world.cloud.cluster.authenticationMode = 'API';
    world.store.put({ ...asked, requestedAt: world.clock.now() });
    await advanceOnce(world, asked.id);
    expect(failureCode()).toBe('NotMapped');
  });

  it('waits with planning while aws-auth maps it already', async () => {
    world.cloud.principals[BOT] = ['eks-upgrade-bot'];
    await advanceOnce(world, asked.id);
    expect(now().state.kind).toBe('planning');
    await advanceUntil(world, asked.id, inState('stopped'));
    expect(failureCode()).toBe('MappedButUnauthorized');
  });
});

describe('a bot that Kubernetes does not know, where the fleet file lets it create an access entry', () => {
  beforeEach(() => {
    allow({ kind: 'access-entry' });
    world.cloud.cluster.authenticationMode = 'API';
    for (const name of ['vpc-cni', 'coredns', 'kube-proxy'])
      world.cloud.addons.push({ name, version: 'v1.0.0', status: 'ACTIVE', healthIssues: [] });
  });

  it('plans from outside, lets itself in, and goes on when the plan made from inside is the same', async () => {
    await comesToAccess();
    expect(
      now()
        .plan?.warnings.slice(0, 2)
        .map(({ id }) => id),
    ).toEqual([`maps-itself access-entry ${BOT}`, 'kubernetes-not-seen']);
    noticeStands();
    await advanceUntil(world, asked.id, () => acts().length > 0);
    expect(world.cloud.calls).toEqual([
      {
        call: 'grantClusterAccess',
        request: {
          cluster: 'coast',
          principalArn: BOT,
          policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
        },
      },
    ]);
    letIn();
    expect(now().healthBefore, 'nobody could look').toBeUndefined();
    await advanceUntil(world, asked.id, ({ steps }) => steps[STEP]?.kind === 'done');
    expect(acts()).toEqual(['grantClusterAccess']);
    expect(now().healthBefore, 'what must be well again').toMatchObject({ pendingPods: 0 });
  });

  it('stops before anything else is changed when the plan made from inside is another one', async () => {
    await comesToAccess();
    noticeStands();
    await advanceUntil(world, asked.id, () => acts().length > 0);
    letIn();
    world.cloud.nodeList = [aNode('core-a', '1.21')];
    world.cloud.groupStacks = world.cloud.groupStacks.map((stack) =>
      stack.group === 'core-a' ? stack : { ...stack, status: 'DELETE_FAILED' },
    );
    await advanceUntil(world, asked.id, inState('stopped'));
    expect(failureCode()).toBe('PlanChanged');
    expect(acts()).toEqual(['grantClusterAccess']);
  });

  it('stops planning with the command where the authentication mode knows no entries, or an add-on can only be seen inside', async () => {
    world.cloud.cluster.authenticationMode = 'CONFIG_MAP';
    await advanceOnce(world, asked.id);
    expect(failureCode()).toBe('NotMapped');
    world.cloud.cluster.authenticationMode = 'API_AND_CONFIG_MAP';
    world.cloud.addons.pop();
    world.store.put({ ...asked, requestedAt: world.clock.now() });
    await advanceOnce(world, asked.id);
    expect(failureCode()).toBe('NotMapped');
  });
});

describe('a bot that Kubernetes does not know', () => {
  it('does not map itself when the fleet file does not say so', async () => {
    world.cloud.bootstrap = fakeCloud().kubernetes;
    await advanceOnce(world, asked.id);
    expect(failureCode()).toBe('NotMapped');
  });

  it.each([
    [
      'CONFIG_MAP',
      /\neksctl create iamidentitymapping --cluster coast .+ --arn \S+:role\/eks-upgrade-bot .+ --group eks-upgrade-bot /s,
    ],
    ['API', /\naws eks create-access-entry --cluster-name coast .+ --kubernetes-groups eks-upgrade-bot$/s],
    ['API_AND_CONFIG_MAP', /^kubectl apply -f docs\/rbac.yaml .+ --principal-arn \S+:role\/eks-upgrade-bot /s],
  ] as const)('stops planning in the mode %s with the command that maps it there', async (mode, command) => {
    world.cloud.cluster.authenticationMode = mode;
    await advanceOnce(world, asked.id);
    const cause = now().stops.at(-1)?.cause;
    expect(cause).toMatchObject({ failure: { code: 'NotMapped', detail: expect.stringMatching(command) } });
  });
});
