import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor, EXIT_0, endedCommand, runningCommand } from '#test/support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-create-others';
const CORE = 'node-groups-1.24-create-core';
const CREATE = ['create', 'nodegroup', '--include=nb-small,nb-large,dask-worker'];
const CLEAR = ['delete', 'nodegroup', '--include=core-b', '--approve', '--wait', '--drain=false'];

describe('the node-groups phase, creating', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
    world.cloud.cluster.version = '1.24';
  });
  const core = (changes: Parameters<typeof contextFor>[2] = {}) => runPhase(contextFor(world, CORE, changes));

  it('asks eksctl for exactly the groups that are missing', async () => {
    world.cloud.groupStacks = [aStack('nb-large', '1.24')];
    expect(await runPhase(contextFor(world, STEP))).toMatchObject({
      kind: 'command',
      args: ['create', 'nodegroup', '--include=nb-small,dask-worker'],
    });
  });

  it('is done already when every group is there at the version: with evidence, without a command', async () => {
    world.cloud.groupStacks = ['nb-small', 'nb-large', 'dask-worker'].map((group) => aStack(group, '1.24'));
    expect(await runPhase(contextFor(world, STEP))).toEqual({
      kind: 'done',
      evidence: ['nb-small', 'nb-large', 'dask-worker'].map(
        (name) => `${name}: no nodes wanted, AMI amazon-eks-node-al2023-x86_64-standard-1.24-v20230105`,
      ),
    });
  });

  it('waits while eksctl runs, whatever is there yet', async () => {
    expect(await runPhase(contextFor(world, STEP, { command: runningCommand(STEP, CREATE) }))).toMatchObject({
      kind: 'wait',
      for: 'eksctl to create nb-small, nb-large, dask-worker',
    });
  });

  it('gives AWS a minute to show what eksctl made', async () => {
    const command = endedCommand(STEP, CREATE, EXIT_0, { at: world.clock.now() - 59_000 });
    expect(await runPhase(contextFor(world, STEP, { command }))).toMatchObject({
      kind: 'wait',
      for: 'CloudFormation to show the stack of nb-small, nb-large, dask-worker',
    });
  });

  it('fails when eksctl silently left a group out and exited 0', async () => {
    world.cloud.groupStacks = [aStack('nb-small', '1.24')];
    expect(await runPhase(contextFor(world, STEP, { command: endedCommand(STEP, CREATE, EXIT_0) }))).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodeGroupsMissing',
        message: 'eksctl ended with exit code 0, and CloudFormation has no stack of nb-large, dask-worker',
        detail: 'created 0 nodegroup(s)',
      },
    });
  });

  it('is done although eksctl exited 1, once stack, nodes and version are seen', async () => {
    world.cloud.groupStacks = [aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } })];
    world.cloud.nodeList = [aNode('core-b', '1.24')];
    const command = endedCommand(CORE, CREATE, { kind: 'exited', code: 1, lastLines: 'Error: timed out' });
    expect(await core({ command })).toEqual({ kind: 'done', evidence: ['core-b: ip-10-0-0-1.core-b Ready at 1.24'] });
  });

  it('waits for CloudFormation while a stack is being created', async () => {
    world.cloud.groupStacks = [aStack('core-b', '1.24', { status: 'CREATE_IN_PROGRESS' })];
    expect(await core()).toMatchObject({ kind: 'wait', for: 'CloudFormation to finish core-b' });
  });

  it.each([
    ['a node that has not joined', []],
    ['a node that is not Ready', [aNode('core-b', '1.24', { ready: false })]],
  ])('waits for %s', async (_what, nodes) => {
    world.cloud.groupStacks = [aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } })];
    world.cloud.nodeList = nodes;
    expect(await core({ command: endedCommand(CORE, CREATE, EXIT_0) })).toMatchObject({
      kind: 'wait',
      for: 'nodes to join and become Ready at 1.24 (core-b: 0 of 1)',
    });
  });

  it('fails when the nodes are not Ready half an hour after their group was created', async () => {
    world.cloud.groupStacks = [aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } })];
    const context = contextFor(world, CORE, { command: endedCommand(CORE, CREATE, EXIT_0) });
    expect(await runPhase({ ...context, now: context.progress.at + 31 * 60_000 })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodesNotReady',
        message: 'nodes are not Ready 30 minutes after their group was created (core-b: 0 of 1)',
      },
    });
  });

  it('never takes the version from the config or eksctl: kubelets of another minor fail', async () => {
    world.cloud.groupStacks = [aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } })];
    world.cloud.nodeList = [aNode('core-b', '1.23')];
    expect(await core()).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodeGroupAtWrongVersion',
        message: 'node group core-b exists already, at 1.23 instead of 1.24',
        remedy: expect.stringContaining('Somebody created it meanwhile'),
      },
    });
  });

  it('does not blame somebody for a group that eksctl just created at the wrong version', async () => {
    world.cloud.groupStacks = [aStack('core-b', '1.23')];
    const result = await core({ command: endedCommand(CORE, ['create', 'nodegroup', '--include=core-b'], EXIT_0) });
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { code: 'NodeGroupAtWrongVersion', message: 'eksctl created node group core-b at 1.23 instead of 1.24' },
    });
    expect(JSON.stringify(result)).not.toContain('Somebody');
  });

  describe('after a command that was cut off', () => {
    const ROLE = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-nb-small-NodeInstanceRole-1ABC';
    const LOST = endedCommand(STEP, CREATE, { kind: 'lost' });
    const whole = (['nb-small', 'nb-large', 'dask-worker'] as const).map((group) =>
      aStack(group, '1.24', { nodeRole: group === 'nb-small' ? ROLE : null }),
    );
    const next = (changes: Parameters<typeof contextFor>[2] = {}) =>
      runPhase(contextFor(world, STEP, { command: LOST, ...changes }));

    it.each(['lost', 'killed'] as const)('asks again when nothing was made yet (%s)', async (kind) => {
      const outcome = kind === 'lost' ? { kind } : { kind, lastLines: '' };
      expect(await next({ command: endedCommand(STEP, CREATE, outcome) })).toMatchObject({
        kind: 'command',
        args: CREATE,
      });
    });

    it('lets the nodes of a group in whose role eksctl did not come to map, instead of creating it once more', async () => {
      world.cloud.groupStacks = whole;
      const context = contextFor(world, STEP, { command: LOST });
      expect(await runPhase(context)).toMatchObject({
        kind: 'wait',
        for: 'nodes of the new groups to be let in',
        notes: [expect.stringContaining('eksctl-coast-nodegroup-nb-small-NodeInstanceRole-1ABC in aws-auth')],
      });
      expect(world.cloud.calls).toEqual([{ call: 'changeNodeRoles', request: { add: [ROLE], remove: [] } }]);
      expect(context.confirmed.times).toBe(1);
      expect(await next()).toMatchObject({ kind: 'done' });
    });

    it('lets those in whose stacks are complete before it says that another one failed: people need not do without them', async () => {
      const failed = aStack('dask-worker', '1.24', { status: 'ROLLBACK_COMPLETE' });
      world.cloud.groupStacks = [...whole.slice(0, 2), failed];
      const command = endedCommand(STEP, CREATE, { kind: 'exited', code: 1, lastLines: '' });
      expect(await next({ command })).toMatchObject({ kind: 'wait', for: 'nodes of the new groups to be let in' });
      expect(world.cloud.mapped).toEqual([ROLE]);
      expect(await next({ command })).toMatchObject({
        kind: 'failed',
        failure: { message: expect.stringContaining('could not create node group dask-worker') },
      });
    });

    it('leaves alone what is mapped', async () => {
      world.cloud.groupStacks = whole;
      world.cloud.mapped = [ROLE];
      expect(await next()).toMatchObject({ kind: 'done' });
      expect(world.cloud.calls).toEqual([]);
    });

    it('does not take a group for one that exists when its role is mapped without the groups of nodes', async () => {
      world.cloud.groupStacks = whole;
      world.cloud.mappedOtherwise = [ROLE];
      expect(await next()).toMatchObject({ kind: 'wait', for: 'nodes of the new groups to be let in' });
      expect(await next()).toMatchObject({ kind: 'done' });
    });

    it('makes an access entry for nodes where the cluster knows nothing else, once', async () => {
      world.cloud.groupStacks = whole;
      world.cloud.cluster.authenticationMode = 'API';
      expect(await next()).toMatchObject({
        kind: 'wait',
        notes: [expect.stringMatching(/NodeInstanceRole-1ABC by an access entry: the bot did so$/)],
      });
      expect(await next()).toMatchObject({ kind: 'done' });
      expect(world.cloud.calls).toEqual([
        { call: 'createNodeAccessEntry', request: { cluster: 'coast', roleArn: ROLE, type: 'EC2_LINUX' } },
      ]);
    });

    it('says which access entry keeps nodes out, and how to take it away', async () => {
      world.cloud.groupStacks = whole;
      world.cloud.cluster.authenticationMode = 'API_AND_CONFIG_MAP';
      world.cloud.mapped = [ROLE];
      world.cloud.entries = { [ROLE]: { type: 'STANDARD', kubernetesGroups: ['viewers'] } };
      expect(await next()).toMatchObject({
        kind: 'failed',
        failure: {
          code: 'RoleMappedOtherwise',
          message: expect.stringContaining('nodes of nb-small cannot join'),
          detail: `aws eks delete-access-entry --cluster-name coast --principal-arn ${ROLE}`,
        },
      });
      expect(world.cloud.calls).toEqual([]);
    });

    it('does not let in for ever what is kept out again each time', async () => {
      world.cloud.groupStacks = whole;
      const progress = { memory: { letInAt: String(world.clock.now() - 11 * 60_000) } };
      expect(await next({ progress })).toMatchObject({ kind: 'failed', failure: { code: 'RoleNotMapped' } });
    });

    it('gives nodes their half an hour from when they could begin to join, not from when the step began', async () => {
      world.cloud.groupStacks = [aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } })];
      const letInAt = world.clock.now() + 60 * 60_000;
      const context = contextFor(world, CORE, { progress: { memory: { letInAt: String(letInAt) } } });
      expect(await runPhase({ ...context, now: letInAt + 60_000 })).toMatchObject({ kind: 'wait' });
      expect(await runPhase({ ...context, now: letInAt + 31 * 60_000 })).toMatchObject({ kind: 'failed' });
    });
  });

  it('gives up on a command that could not be started, in its own words', async () => {
    const command = endedCommand(STEP, CREATE, { kind: 'spawn-failed', message: 'coast.jsonnet:3:1 unexpected token' });
    expect(await runPhase(contextFor(world, STEP, { command }))).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('eksctl could not be started (coast.jsonnet:3:1 unexpected token)') },
    });
  });

  it("gives CloudFormation's reason for a ROLLBACK_COMPLETE stack on the first attempt", async () => {
    world.cloud.groupStacks = [aStack('core-b', '1.24', { status: 'ROLLBACK_COMPLETE' })];
    world.cloud.reasons = { 'eksctl-coast-nodegroup-core-b': ['NodeInstanceRole: quota exceeded', 'cancelled'] };
    expect(await core({ command: endedCommand(CORE, ['create'], EXIT_0) })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodeGroupStackFailed',
        message:
          'CloudFormation could not create node group core-b (ROLLBACK_COMPLETE): NodeInstanceRole: quota exceeded',
        detail:
          'eksctl-coast-nodegroup-core-b: NodeInstanceRole: quota exceeded\neksctl-coast-nodegroup-core-b: cancelled',
      },
    });
  });

  describe('on the next attempt', () => {
    const progress = { attempt: 2 };
    const broken = aStack('core-b', '1.24', { status: 'ROLLBACK_COMPLETE' });

    it('removes what is left of the failed stack first', async () => {
      world.cloud.groupStacks = [broken];
      expect(await core({ progress })).toMatchObject({ kind: 'command', args: CLEAR, memory: { cleared: 'yes' } });
    });

    it('says that it removes while eksctl removes', async () => {
      world.cloud.groupStacks = [broken];
      const command = { ...runningCommand(CORE, CLEAR), attempt: 2 };
      expect(await core({ progress: { ...progress, memory: { cleared: 'yes' } }, command })).toMatchObject({
        kind: 'wait',
        for: 'eksctl to remove what is left of core-b',
      });
    });

    it('creates once the failed stack is seen gone', async () => {
      const command = { ...endedCommand(CORE, CLEAR, EXIT_0), attempt: 2 };
      expect(await core({ progress: { ...progress, memory: { cleared: 'yes' } }, command })).toMatchObject({
        kind: 'command',
        args: ['create', 'nodegroup', '--include=core-b'],
      });
    });

    it('asks again to remove when the removing command was lost', async () => {
      world.cloud.groupStacks = [broken];
      const command = { ...endedCommand(CORE, CLEAR, { kind: 'lost' }), attempt: 2 };
      expect(await core({ progress: { ...progress, memory: { cleared: 'yes' } }, command })).toMatchObject({
        kind: 'command',
        args: CLEAR,
      });
    });

    it('fails with the reason when it rolls back again', async () => {
      world.cloud.groupStacks = [broken];
      world.cloud.reasons = { [broken.stackName]: ['still no quota'] };
      const command = { ...endedCommand(CORE, ['create', 'nodegroup', '--include=core-b'], EXIT_0), attempt: 2 };
      expect(await core({ progress: { ...progress, memory: { cleared: 'yes' } }, command })).toMatchObject({
        kind: 'failed',
        failure: { message: expect.stringContaining('still no quota') },
      });
    });

    it('says that the removal failed, not the creation, when CloudFormation could not delete what is left', async () => {
      world.cloud.groupStacks = [{ ...broken, status: 'DELETE_FAILED' }];
      const command = { ...endedCommand(CORE, CLEAR, EXIT_0), attempt: 2 };
      expect(await core({ progress: { ...progress, memory: { cleared: 'yes' } }, command })).toMatchObject({
        kind: 'failed',
        failure: {
          message: expect.stringContaining('CloudFormation could not delete node group core-b (DELETE_FAILED)'),
        },
      });
    });

    it('opens a gate before it removes a failed stack whose nodes people may be using', async () => {
      world.cloud.groupStacks = [{ ...broken, status: 'UPDATE_ROLLBACK_FAILED' }];
      world.cloud.nodeList = [aNode('core-b', '1.24')];
      world.cloud.activityIs = { total: 2, byNamespace: { prod: 2 } };
      expect(await core({ progress })).toMatchObject({
        kind: 'gate',
        question: { kind: 'activity', activity: { total: 2, byNamespace: { prod: 2 } } },
      });
    });
  });
});
