import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookAhead } from '#jobs/look-ahead.ts';
import { seeGroups } from '#jobs/see-cluster.ts';
import { NO_FINDINGS } from '#src/domain/group-findings.ts';
import { type SimulatedWorld, simulatedCloud } from '#test/contract/simulated-cloud.ts';
import { aConfigGroup } from '#test/support/observations.ts';

let world: SimulatedWorld;
beforeEach(async () => {
  world = await simulatedCloud();
});
afterEach(() => world.close());

test('policies that somebody put on a role are told from those of its stack; a role that is not there has none', async () => {
  const cloud = world.cloudOf(world.coast);
  const look = async () => {
    const config = { nodeGroups: ['core-a', 'nb-small', 'dask-worker'].map((name) => aConfigGroup(name)) };
    return lookAhead(cloud, { cluster: 'coast', config, seen: await seeGroups(cloud, 'coast') });
  };
  expect(await look()).toEqual({
    ...NO_FINDINGS,
    liveSizes: [
      { group: 'core-a', min: 1, max: 6 },
      { group: 'nb-small', min: 0, max: 500 },
      { group: 'dask-worker', min: 0, max: 500 },
    ],
  });

  const stacks = await cloud.stacks.list('coast');
  const role = stacks.find(({ group }) => group === 'nb-small')?.ownRole?.name ?? '';
  expect(role).toMatch(/^eksctl-coast-nodegroup-nb-small-NodeInstanceRole-/);
  world.simulator.setFault({ cluster: 'coast', name: 'policy-attached-by-hand', nodeGroup: 'nb-small' });
  expect(await cloud.nodeRoles.policies(role)).toMatchObject({
    attached: expect.arrayContaining([expect.objectContaining({ name: 'AmazonEKSWorkerNodePolicy' })]),
    inline: ['eksctl-coast-nodegroup-nb-small-PolicyAutoScaling'],
  });
  expect((await look()).foreignPolicies).toEqual([
    {
      group: 'nb-small',
      role,
      attached: [{ name: 'AmazonS3ReadOnlyAccess', arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }],
      inline: [],
    },
  ]);
  expect(await cloud.nodeRoles.policies(`${role}2`)).toBeNull();
});
