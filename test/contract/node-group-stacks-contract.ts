import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CloudWorld, MakeWorld } from './cloud-world.ts';

/** What every `NodeGroupStacks` must do, whoever is behind it. */
export function describeNodeGroupStacksContract(makeWorld: MakeWorld): void {
  let world: CloudWorld;

  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.close());

  test('self-managed groups are listed with the version of their image, also those without nodes', async () => {
    const stacks = await world.cloudOf(world.coast).stacks.list('coast');
    expect(stacks.map(({ group }) => group).sort()).toEqual(['core-a', 'dask-worker', 'nb-small']);
    expect(stacks.find(({ group }) => group === 'dask-worker')).toEqual({
      stackName: 'eksctl-coast-nodegroup-dask-worker',
      group: 'dask-worker',
      kind: 'self-managed',
      status: 'CREATE_COMPLETE',
      createdAt: expect.any(Number),
      ami: {
        kind: 'known',
        imageId: expect.stringMatching(/^ami-/),
        name: expect.stringContaining('-1.22-'),
        version: '1.22',
      },
      amiFamily: 'AmazonLinux2',
      ownRole: {
        name: expect.stringMatching(/^eksctl-coast-nodegroup-dask-worker-NodeInstanceRole-/),
        attached: expect.arrayContaining(['arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy']),
        inline: ['eksctl-coast-nodegroup-dask-worker-PolicyAutoScaling'],
      },
      nodeRole: expect.stringMatching(/:role\/eksctl-coast-nodegroup-dask-worker-NodeInstanceRole-/),
      bringsAccessEntry: false,
      sizes: { min: 0, max: 500, desired: 0 },
    });
  });

  test('managed groups that eksctl made are told from self-managed ones', async () => {
    expect(await world.cloudOf(world.harbor).stacks.list('harbor')).toMatchObject([
      {
        stackName: 'eksctl-harbor-nodegroup-workers',
        group: 'workers',
        kind: 'managed',
        nodeRole: null,
        status: 'CREATE_COMPLETE',
        sizes: { min: 1, max: 4, desired: 2 },
      },
    ]);
  });

  test('a cluster without groups has none', async () => {
    expect(await world.cloudOf(world.coast).stacks.list('coa')).toEqual([]);
  });

  test('a stack that went well, or is not there, has no reasons', async () => {
    const { stacks } = world.cloudOf(world.coast);
    expect(await stacks.failureReasons('eksctl-coast-nodegroup-core-a')).toEqual([]);
    expect(await stacks.failureReasons('eksctl-coast-nodegroup-nowhere')).toEqual([]);
  });
}
