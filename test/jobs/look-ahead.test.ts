import { expect, it } from 'vitest';
import { foreignOn, lookAhead } from '#jobs/look-ahead.ts';
import { seeGroups } from '#jobs/see-cluster.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import { aManagedGroup, aNode, aStack, fakeCloud } from '#test/support/fakes/fake-cloud.ts';
import { aConfigGroup } from '#test/support/observations.ts';

const config = { nodeGroups: ['core-a', 'nb-small'].map((name) => aConfigGroup(name)) };
const own = (group: string) => ({ name: `role-of-${group}`, attached: ['arn:aws:iam::aws:policy/Node'], inline: [] });

function aCloud() {
  const cloud = fakeCloud();
  cloud.groupStacks = ['core-a', 'nb-small', 'left-over'].map((name) => aStack(name, '1.22', { ownRole: own(name) }));
  const look = async () => lookAhead(cloud, { cluster: 'coast', config, seen: await seeGroups(cloud, 'coast') });
  return { cloud, look };
}

it('takes a missing right to look at roles for something to say, and anything else for a reason to look again', async () => {
  const { cloud, look } = aCloud();
  cloud.failing.set('rolePolicies', new UserError('AwsAccessDenied', 'AWS denies iam:ListAttachedRolePolicies'));
  expect((await look()).unseenRoles).toEqual({
    groups: ['core-a', 'nb-small'],
    why: 'AWS denies iam:ListAttachedRolePolicies',
  });
  cloud.failing.set('rolePolicies', new TransientError('AwsThrottled', 'iam asks for fewer calls'));
  await expect(look()).rejects.toThrow('fewer calls');
});

it('says that sizes could not be checked without the right to look at them', async () => {
  const { cloud, look } = aCloud();
  cloud.failing.set('ofCluster', new UserError('AwsAccessDenied', 'AWS denies autoscaling:DescribeAutoScalingGroups'));
  expect(await look()).toMatchObject({ liveSizes: [], unseenScaling: expect.stringContaining('autoscaling:') });
});

it('does not know what is foreign where only CloudFormation knows what is its own', () => {
  const seen = { attached: [{ name: 'x', arn: 'arn:x' }], inline: ['y'] };
  expect(foreignOn({ attached: null, inline: null }, seen)).toEqual({ attached: [], inline: [] });
  expect(foreignOn({ attached: [], inline: ['y'] }, seen)).toEqual({ attached: seen.attached, inline: [] });
  expect(foreignOn({ attached: [], inline: [] }, null)).toEqual({ attached: [], inline: [] });
});

it('names nodes and Auto Scaling groups that no stack and no managed group explains', async () => {
  const { cloud, look } = aCloud();
  cloud.managed = [aManagedGroup('managed', '1.22')];
  cloud.nodeList = [
    aNode('core-a', '1.22'),
    aNode('managed', '1.22'),
    aNode('ghost', '1.21'),
    aNode('x', '1.22', { group: null, name: 'ip-10-0-0-9' }),
  ];
  const sizes = { min: 0, max: 3 };
  cloud.clusterScaling = [
    { name: 'by-hand', stackName: null, managed: false, sizes },
    { name: 'eks-managed', stackName: null, managed: true, sizes },
    { name: 'asg-of-nb', stackName: 'eksctl-coast-nodegroup-nb-small', managed: false, sizes },
  ];
  expect((await look()).liveSizes).toEqual([{ group: 'nb-small', ...sizes }]);
  expect((await look()).unexplained).toEqual([
    { kind: 'nodes', group: 'ghost', what: ['ip-10-0-0-1.ghost'] },
    { kind: 'nodes', group: null, what: ['ip-10-0-0-9'] },
    { kind: 'scaling-group', group: null, what: ['by-hand'] },
  ]);
});
