import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import type { ConfigInGit, FailedPush } from '#src/domain/config-state.ts';
import { TransientError } from '#src/domain/errors.ts';
import { aPlan, inOrder, MINUTE } from '#test/support/builders.ts';
import { aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';
import { aConfigGroup } from '#test/support/observations.ts';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

describe('the preflight phase', () => {
  it('shows the tools, the account and the cluster it saw', async () => {
    expect(await runPhase(contextFor(world, 'preflight'))).toEqual({
      kind: 'done',
      evidence: [
        'eksctl 0.230.0',
        'jsonnet 0.230.0',
        'git 0.230.0',
        'account 111122223333',
        'EKS shows coast ACTIVE at 1.22',
        'its API server answers',
      ],
      notes: [],
    });
  });

  it('does not go on when the API server does not answer', async () => {
    world.cloud.failing.set('reach', new TransientError('ApiServerPrivate', 'a private endpoint only'));
    await expect(runPhase(contextFor(world, 'preflight'))).rejects.toMatchObject({ code: 'ApiServerPrivate' });
  });

  it('refuses a wrong account and names both', async () => {
    world.cloud.identityIs = { account: '999900001111', arn: 'arn:aws:iam::999900001111:user/bot' };
    await expect(runPhase(contextFor(world, 'preflight'))).rejects.toMatchObject({
      code: 'WrongAccount',
      message: expect.stringMatching(/999900001111.*111122223333/s),
    });
  });

  it.each([
    [
      'missing',
      { kind: 'missing' as const, why: 'not on the PATH' },
      'eksctl: not on the PATH (install 0.100.0 or newer)',
    ],
    [
      'too old',
      { kind: 'version' as const, version: '0.99.0' },
      'eksctl 0.99.0 is older than 0.100.0: install a newer one',
    ],
  ])('refuses a tool that is %s', async (_what, found, words) => {
    world.tools.versions = [{ tool: 'eksctl', minimum: '0.100.0', found }];
    await expect(runPhase(contextFor(world, 'preflight'))).rejects.toMatchObject({
      code: 'ToolMissing',
      message: `the worker lacks tools: ${words}`,
    });
  });

  it('fails for a cluster that is not ACTIVE', async () => {
    world.cloud.cluster.status = 'UPDATING';
    expect(await runPhase(contextFor(world, 'preflight'))).toMatchObject({
      kind: 'failed',
      failure: { code: 'ClusterNotActive' },
    });
  });
});

describe('the access phase', () => {
  it('asks for what the plan needs: more when eksctl replaces add-ons and groups', async () => {
    await runPhase(contextFor(world, 'access'));
    const all = world.cloud.wishes.length;
    expect(world.cloud.wishes).toContainEqual({
      verb: 'update',
      group: '',
      resource: 'configmaps',
      namespace: 'kube-system',
      name: 'aws-auth',
    });
    await runPhase(
      contextFor(world, 'access', {
        plan: aPlan({ steps: inOrder([{ id: 'access', phase: 'access', expectedMinutes: 1 }]) }),
      }),
    );
    expect(world.cloud.wishes.length).toBeLessThan(all);
    expect(world.cloud.wishes.every(({ verb }) => verb === 'get' || verb === 'list')).toBe(true);
  });

  it('names the rights that are missing', async () => {
    world.cloud.review = {
      kind: 'denied',
      missing: [{ verb: 'update', group: 'apps', resource: 'daemonsets', namespace: 'kube-system', name: 'aws-node' }],
    };
    expect(await runPhase(contextFor(world, 'access'))).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'MissingRights',
        message: 'Kubernetes does not let the bot update daemonsets aws-node in kube-system',
      },
    });
  });

  it('gives the exact command, with the role and not the session, when Kubernetes does not know the bot', async () => {
    world.cloud.review = { kind: 'unauthorized', message: '401' };
    expect(await runPhase(contextFor(world, 'access'))).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NotMapped',
        detail:
          'kubectl apply -f docs/rbac.yaml  # in coast\neksctl create iamidentitymapping --cluster coast --region us-west-2 \\\n  --arn arn:aws:iam::111122223333:role/eks-upgrade-bot --username eks-upgrade-bot --group eks-upgrade-bot --no-duplicate-arns',
      },
    });
  });
});

describe('the template-drift phase', () => {
  const plan = aPlan({
    steps: inOrder([
      { id: 'template-drift', phase: 'template-drift', expectedMinutes: 1 },
      {
        id: 'create-core',
        phase: 'node-groups',
        version: '1.24',
        action: 'create',
        role: 'core',
        groups: ['core-b'],
        renames: [{ from: 'core-a', to: 'core-b' }],
        expectedMinutes: 1,
      },
      {
        id: 'create',
        phase: 'node-groups',
        version: '1.24',
        action: 'create',
        role: 'others',
        groups: ['nb-small'],
        renames: [],
        expectedMinutes: 1,
      },
    ]),
  });
  const drift = () => runPhase(contextFor(world, 'template-drift', { plan }));

  it('knows a core group by its name in the config, and gives its checkout back', async () => {
    world.cloud.groupStacks = [aStack('core-a', '1.22')];
    expect(await drift()).toEqual({
      kind: 'done',
      evidence: ['the config evaluates at commit 4f2a9c07d1', 'it has 4 node groups, AWS has 1'],
      notes: [],
    });
    expect(world.config.openCheckouts).toBe(0);
  });

  it('fails for a group that the config does not have and that could never come back', async () => {
    world.config.groups = [aConfigGroup('core-a')];
    expect(await drift()).toMatchObject({
      kind: 'failed',
      failure: { code: 'ConfigLacksGroup', message: expect.stringContaining('nb-small') },
    });
  });

  it('notes sizes that people changed in AWS', async () => {
    world.cloud.groupStacks = [aStack('nb-small', '1.22', { sizes: { min: 2, max: 40, desired: 2 } })];
    expect(await drift()).toMatchObject({
      notes: ['nb-small takes its sizes from the config: minimum 2 → 0, maximum 40 → 10'],
    });
  });

  it("gives its checkout back when the config does not evaluate, and keeps the evaluator's words", async () => {
    world.config.renderError = new Error('coast.jsonnet:3:1 unexpected token');
    await expect(drift()).rejects.toThrow('coast.jsonnet:3:1 unexpected token');
    expect(world.config.openCheckouts).toBe(0);
  });
});

describe('the commit-config phase', () => {
  const last = (configInGit: Partial<ConfigInGit>) =>
    runPhase(
      contextFor(world, 'commit-config', {
        run: {
          configInGit: { branch: 'eks-upgrade/coast-1.24', link: null, pushed: null, failure: null, ...configInGit },
        },
      }),
    );
  const state = { version: '1.24' as const, renames: [] };
  const failed = (attempt: Partial<FailedPush> = {}): ConfigInGit['failure'] => ({
    why: 'cannot push branch: Connection refused',
    at: world.clock.now(),
    tries: 3,
    attempt: {
      begunAt: world.clock.now(),
      code: 'GitRemoteAway',
      detail: null,
      mayPass: true,
      stepIds: ['commit-config'],
      ...attempt,
    },
  });

  it('asks for the push of what it is about, and waits for it', async () => {
    expect(await runPhase(contextFor(world, 'commit-config'))).toMatchObject({
      kind: 'wait',
      for: "the changed config to be pushed to the run's branch",
    });
    expect(world.woken).toEqual([{ kind: 'push', runId: 'r-coast-7k2m' }]);
    expect(world.config.pushes, 'so that no git server holds up whoever presses Stop').toEqual([]);
  });

  it('is done when the remote was seen to have it', async () => {
    const pushed = { sequence: 4, commit: '9d3f1a7c00000000', state, stepIds: ['control-plane-1.23', 'commit-config'] };
    expect(await last({ pushed })).toEqual({
      kind: 'done',
      evidence: ['branch eks-upgrade/coast-1.24 is on the remote at 9d3f1a7c00: review and merge it'],
    });
    expect(await last({ pushed: { ...pushed, commit: null } })).toEqual({
      kind: 'done',
      evidence: ['the config says 1.24 already: nothing to commit'],
    });
  });

  it('has failed when the remote refuses what it is about, not because of what was refused before', async () => {
    const refused = { code: 'GitPushRefused', mayPass: false };
    expect(await last({ failure: failed(refused) })).toMatchObject({
      kind: 'failed',
      failure: { code: 'GitPushRefused', message: 'cannot push branch: Connection refused' },
    });
    expect(await last({ failure: failed({ ...refused, stepIds: ['control-plane-1.23'] }) })).toMatchObject({
      kind: 'wait',
    });
    expect(await last({ failure: { why: 'of an older version', at: 1, tries: 1 } })).toMatchObject({ kind: 'wait' });
  });

  it('has half an hour of patience with a remote that does not answer', async () => {
    expect(await last({ failure: failed() })).toMatchObject({
      kind: 'wait',
      for: 'git to take the config: cannot push branch: Connection refused',
    });
    expect(await last({ failure: failed({ begunAt: world.clock.now() + 31 * MINUTE }) })).toMatchObject({
      kind: 'failed',
      failure: { code: 'GitRemoteAway' },
    });
  });
});
