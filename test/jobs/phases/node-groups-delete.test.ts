import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import { UserError } from '#src/domain/errors.ts';
import type { Step } from '#src/domain/plan.ts';
import type { Failure } from '#src/domain/run.ts';
import { APPROVER, anActivityGate, aPlan } from '#test/support/builders.ts';
import { aCoreDeletePlan } from '#test/support/core-delete-plan.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor, EXIT_0, endedCommand, runningCommand } from '#test/support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-delete';
const GROUPS = ['core-a', 'nb-small', 'nb-large', 'dask-worker'];
const DELETE = ['delete', 'nodegroup', `--include=${GROUPS.join(',')}`, '--approve', '--wait', '--drain=false'];
const old = GROUPS.map((group) => aStack(group, '1.22'));
const replacement = aStack('core-b', '1.24');

describe('the node-groups phase, deleting', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
    world.cloud.groupStacks = [...old, replacement];
  });
  const run = (changes: Parameters<typeof contextFor>[2] = {}) => runPhase(contextFor(world, STEP, changes));

  it('is done already when no stack of its groups is left', async () => {
    world.cloud.groupStacks = [replacement];
    expect(await run()).toEqual({
      kind: 'done',
      evidence: ['no stack of core-a, nb-small, nb-large, dask-worker is left'],
    });
  });

  it('deletes without draining and with --wait, when nobody uses the cluster', async () => {
    expect(await run()).toEqual({
      kind: 'command',
      args: DELETE,
      for: 'eksctl to delete core-a, nb-small, nb-large, dask-worker',
    });
  });

  describe('takes the roles of deleted groups out of aws-auth when eksctl did not come to it', () => {
    const own = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-a-NodeInstanceRole-1ABC';
    const shared = 'arn:aws:iam::111122223333:role/all-our-nodes';

    it('remembering those that go with their stacks, never one that others may use', async () => {
      world.cloud.groupStacks = [
        aStack('core-a', '1.22', { nodeRole: own }),
        aStack('nb-small', '1.22', { nodeRole: shared }),
        replacement,
      ];
      expect(await run()).toMatchObject({ kind: 'command', memory: { roles: own } });
    });

    it('before it is done', async () => {
      world.cloud.groupStacks = [replacement];
      world.cloud.mapped = [own, shared];
      const changes = { command: endedCommand(STEP, DELETE, { kind: 'lost' }), progress: { memory: { roles: own } } };
      expect(await run(changes)).toMatchObject({ kind: 'wait', memory: { roles: own } });
      expect(world.cloud.mapped).toEqual([shared]);
      expect(await run(changes)).toMatchObject({ kind: 'done' });
    });

    it('also when the stack was deleted by hand before Retry, and nothing is noted of its role any more', async () => {
      const foreign = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-a2-NodeInstanceRole-1ABC';
      world.cloud.groupStacks = [replacement];
      world.cloud.mapped = [own, shared, foreign];
      expect(await run({ progress: { attempt: 2 } })).toMatchObject({ kind: 'wait' });
      expect(world.cloud.mapped).toEqual([shared, foreign]);
      expect(await run({ progress: { attempt: 2 } })).toMatchObject({ kind: 'done' });
    });
  });

  describe('of the old core group alone', () => {
    const role = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-a-NodeInstanceRole-1ABC';
    const plan = aCoreDeletePlan();
    const begun = [
      'delete',
      'nodegroup',
      '--include=core-a',
      '--approve',
      '--update-auth-configmap=false',
      '--drain=false',
    ];

    it('only begins it, and leaves its nodes their role in aws-auth while they run', async () => {
      world.cloud.groupStacks = [aStack('core-a', '1.22', { nodeRole: role }), replacement];
      expect(await run({ plan })).toMatchObject({ kind: 'command', args: begun, memory: { roles: role } });
    });

    it('has eksctl wait for it when its role may be that of other groups too', async () => {
      world.cloud.groupStacks = [
        aStack('core-a', '1.22', { nodeRole: 'arn:aws:iam::1:role/all-our-nodes' }),
        replacement,
      ];
      expect(await run({ plan })).toMatchObject({ args: expect.arrayContaining(['--wait']) });
    });

    it('sees its stack gone, and then takes the role out: that is nothing to note', async () => {
      world.cloud.mapped = [role];
      const changes = { plan, command: endedCommand(STEP, begun, EXIT_0), progress: { memory: { roles: role } } };
      world.cloud.groupStacks = [aStack('core-a', '1.22', { status: 'DELETE_IN_PROGRESS' }), replacement];
      expect(await run(changes)).toMatchObject({ kind: 'wait', for: 'the stacks of core-a to be gone' });
      expect(world.cloud.mapped).toEqual([role]);
      world.cloud.groupStacks = [replacement];
      expect(await run(changes)).toMatchObject({ kind: 'wait', notes: [] });
      expect(world.cloud.mapped).toEqual([]);
      expect(await run(changes)).toMatchObject({ kind: 'done' });
    });

    it('does not write aws-auth while eksctl works for another step: one of them would fail', async () => {
      world.cloud.mapped = [role];
      world.cloud.groupStacks = [replacement];
      const creating = runningCommand('node-groups-1.24-create-others', ['create']);
      const changes = { plan, command: creating, progress: { memory: { roles: role } } };
      expect(await run(changes)).toMatchObject({ kind: 'wait', for: expect.stringContaining('eksctl') });
      expect(world.cloud.mapped).toEqual([role]);
    });

    it('goes on with as many as a named person accepted for the other deletion of the rotation', async () => {
      const others = { ...aPlan().steps.find(({ id }) => id === STEP), id: 'others' } as Step;
      const both = aPlan({ steps: [...plan.steps, others] });
      world.cloud.activityIs = { total: 3, byNamespace: { prod: 3 } };
      const passed = { kind: 'passed' as const, by: APPROVER, at: 1, reason: 'announced' };
      expect(await run({ plan: both, gates: [anActivityGate('others', passed)] })).toMatchObject({ kind: 'command' });
    });
  });

  it('deletes only what is still there', async () => {
    world.cloud.groupStacks = [aStack('nb-large', '1.22'), replacement];
    expect(await run()).toMatchObject({
      args: ['delete', 'nodegroup', '--include=nb-large', '--approve', '--wait', '--drain=false'],
    });
  });

  describe('counts activity right before', () => {
    const passed = { kind: 'passed' as const, by: APPROVER, at: 1, reason: 'announced' };

    it('opens a gate when somebody uses the cluster', async () => {
      world.cloud.activityIs = { total: 3, byNamespace: { prod: 3 } };
      expect(await run()).toMatchObject({
        kind: 'gate',
        question: { kind: 'activity', activity: { total: 3, byNamespace: { prod: 3 } } },
      });
    });

    it('goes on with as many as a named person accepted for this step', async () => {
      world.cloud.activityIs = { total: 3, byNamespace: { prod: 3 } };
      expect(await run({ gates: [anActivityGate(STEP, passed)] })).toMatchObject({ kind: 'command' });
    });

    it('opens another gate when there are more than were accepted', async () => {
      world.cloud.activityIs = { total: 4, byNamespace: { prod: 4 } };
      expect(await run({ gates: [anActivityGate(STEP, passed)] })).toMatchObject({
        kind: 'gate',
        question: { activity: { total: 4 } },
      });
    });

    it('does not take what was accepted for another step, nor a gate that only cleared', async () => {
      world.cloud.activityIs = { total: 1, byNamespace: { prod: 1 } };
      const other = anActivityGate('node-groups-1.24-create-core', passed);
      expect(await run({ gates: [other, anActivityGate(STEP, { kind: 'cleared', at: 1 })] })).toMatchObject({
        kind: 'gate',
      });
    });
  });

  it('waits while eksctl or CloudFormation still deletes', async () => {
    expect(await run({ command: runningCommand(STEP, DELETE) })).toMatchObject({
      kind: 'wait',
      for: expect.stringContaining('to be gone'),
    });
    world.cloud.groupStacks = [aStack('nb-large', '1.22', { status: 'DELETE_IN_PROGRESS' }), replacement];
    expect(await run({ command: endedCommand(STEP, DELETE, EXIT_0) })).toMatchObject({
      kind: 'wait',
      for: 'the stacks of nb-large to be gone',
    });
  });

  it("gives CloudFormation's reason for DELETE_FAILED, for each group that failed", async () => {
    world.cloud.groupStacks = [
      aStack('nb-small', '1.22', { status: 'DELETE_FAILED' }),
      aStack('nb-large', '1.22', { status: 'DELETE_FAILED' }),
      replacement,
    ];
    world.cloud.reasons = { 'eksctl-coast-nodegroup-nb-large': ['a policy is attached by hand'] };
    expect(await run({ command: endedCommand(STEP, DELETE, EXIT_0) })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodeGroupStackFailed',
        message: expect.stringContaining('a policy is attached by hand'),
        remedy: expect.stringMatching(
          /delete eksctl-coast-nodegroup-nb-small, eksctl-coast-nodegroup-nb-large in CloudFormation by hand/,
        ),
      },
    });
  });

  describe('names what keeps a stack in DELETE_FAILED, and the commands that help', () => {
    const NAME = 'eksctl-coast-nodegroup-nb-large';
    const role = `${NAME}-NodeInstanceRole-1ABC`;
    const detach = 'Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409)';
    const deleteStack = `aws cloudformation delete-stack --region us-west-2 --stack-name ${NAME}`;
    const stuckWith = async (type: string, id: string, reason: string): Promise<Failure> => {
      const ownRole = { name: null, attached: ['arn:own'], inline: [] };
      world.cloud.groupStacks = [aStack('nb-large', '1.22', { status: 'DELETE_FAILED', ownRole }), replacement];
      world.cloud.failed = { [NAME]: [{ resource: 'It', type, id, reason }] };
      const result = await run({ command: endedCommand(STEP, DELETE, EXIT_0) });
      return result.kind === 'failed' ? result.failure : expect.unreachable('it failed');
    };

    it('policies that somebody put on the role', async () => {
      world.cloud.rolePolicies[role] = {
        attached: [
          { name: 'Own', arn: 'arn:own' },
          { name: 'S3', arn: 'arn:aws:iam::aws:policy/S3' },
        ],
        inline: ['by-hand'],
      };
      const failure = await stuckWith('AWS::IAM::Role', role, detach);
      expect(failure.remedy).toBe(
        `Take away what is in the way (somebody put S3, by-hand on the role ${role}) and delete ${NAME} in CloudFormation by hand, because eksctl passes over what is DELETE_FAILED: the commands stand with the cause. When it is gone, press Retry; before that nothing can be created under its name`,
      );
      expect(failure.detail?.split('\n')).toEqual([
        `aws iam detach-role-policy --role-name ${role} --policy-arn arn:aws:iam::aws:policy/S3`,
        `aws iam delete-role-policy --role-name ${role} --policy-name by-hand`,
        deleteStack,
      ]);
    });

    it('the role, where the bot may not look at it', async () => {
      world.cloud.failing.set('rolePolicies', new UserError('AwsAccessDenied', 'AWS denies it'));
      const failure = await stuckWith('AWS::IAM::Role', role, detach);
      expect(failure.detail).toContain(`aws iam list-attached-role-policies --role-name ${role}`);
    });

    it('network interfaces that were left in its security group', async () => {
      world.cloud.interfaces = { 'sg-0ab': ['eni-01'] };
      const reason = 'resource sg-0ab has a dependent object (Service: Ec2, Status Code: 400)';
      const failure = await stuckWith('AWS::EC2::SecurityGroup', 'sg-0ab', reason);
      expect(failure.remedy).toContain('network interfaces were left behind: eni-01');
      expect(failure.detail?.split('\n')).toEqual([
        'aws ec2 delete-network-interface --region us-west-2 --network-interface-id eni-01',
        deleteStack,
      ]);
    });

    it('an interface that CloudFormation names itself, or where to look for one', async () => {
      const named = await stuckWith('AWS::EC2::Subnet', 'subnet-1', 'Network interface [eni-02] is currently in use');
      expect(named.remedy).toContain('eni-02');
      const unseen = await stuckWith('AWS::EC2::SecurityGroup', 'sg-0cd', 'resource sg-0cd has a dependent object');
      expect(unseen.detail).toContain('--filters Name=group-id,Values=sg-0cd');
    });
  });

  it('gives AWS a minute to show what eksctl deleted', async () => {
    const command = endedCommand(STEP, DELETE, EXIT_0, { at: world.clock.now() - 59_000 });
    expect(await run({ command })).toMatchObject({
      kind: 'wait',
      for: expect.stringContaining('to show the deletion of'),
    });
  });

  it('fails when eksctl exited 0 and stacks are left', async () => {
    expect(await run({ command: endedCommand(STEP, DELETE, EXIT_0) })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodeGroupsNotDeleted',
        message:
          'eksctl ended with exit code 0, and core-a, nb-small, nb-large, dask-worker still exist in CloudFormation',
      },
    });
  });

  it('tries a DELETE_FAILED stack again on the next attempt', async () => {
    world.cloud.groupStacks = [aStack('nb-large', '1.22', { status: 'DELETE_FAILED' }), replacement];
    const command = endedCommand(STEP, DELETE, EXIT_0);
    expect(await run({ progress: { attempt: 2 }, command })).toMatchObject({ kind: 'command' });
  });

  it('asks a lost command again, after counting activity again', async () => {
    const command = endedCommand(STEP, DELETE, { kind: 'lost' });
    expect(await run({ command })).toMatchObject({ kind: 'command', args: DELETE });
    world.cloud.activityIs = { total: 1, byNamespace: { prod: 1 } };
    expect(await run({ command })).toMatchObject({ kind: 'gate' });
  });

  describe('sees the core group that replaces the old one right before', () => {
    it('does not delete when it has gone since it was proven', async () => {
      world.cloud.groupStacks = old;
      expect(await run()).toMatchObject({
        kind: 'failed',
        failure: {
          code: 'ReplacementMissing',
          message: 'core group core-b, which replaces what is to be deleted, is missing',
        },
      });
    });

    it('waits while its nodes are not Ready', async () => {
      world.cloud.groupStacks = [...old, aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } })];
      world.cloud.nodeList = [aNode('core-b', '1.24', { ready: false })];
      expect(await run()).toMatchObject({
        kind: 'wait',
        for: 'core group core-b to be Ready before anything is deleted',
      });
    });
  });
});
