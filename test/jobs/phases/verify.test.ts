import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';

describe('the verify phase', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
    world.cloud.cluster.version = '1.24';
    world.cloud.groupStacks = ['nb-small', 'nb-large', 'dask-worker'].map((group) => aStack(group, '1.24'));
    world.cloud.groupStacks.push(aStack('core-b', '1.24', { sizes: { min: 1, max: 2, desired: 1 } }));
    world.cloud.nodeList = [aNode('core-b', '1.24')];
  });

  it('is done when control plane, every expected group and the core add-ons are seen healthy', async () => {
    expect(await runPhase(contextFor(world, 'verify'))).toEqual({
      kind: 'done',
      evidence: [
        'EKS shows the control plane ACTIVE at 1.24',
        '4 node groups proven at 1.24, 1 nodes Ready',
        'vpc-cni rolled out',
        'coredns rolled out',
        'kube-proxy rolled out',
      ],
    });
  });

  it('counts as Ready only nodes it has seen Ready in the groups it proves', async () => {
    world.cloud.groupStacks.push(aStack('strange', '1.24'));
    world.cloud.nodeList.push(aNode('strange', '1.24', { ready: false }));
    expect(await runPhase(contextFor(world, 'verify'))).toMatchObject({
      kind: 'done',
      evidence: expect.arrayContaining(['4 node groups proven at 1.24, 1 nodes Ready']),
    });
  });

  it('waits for all that is not healthy, by name', async () => {
    world.cloud.groupStacks = world.cloud.groupStacks.filter(({ group }) => group !== 'nb-large');
    world.cloud.workloads.coredns = {
      ...(world.cloud.workloads.coredns ?? never()),
      rolledOut: false,
      progress: '1 of 2 pods available',
    };
    expect(await runPhase(contextFor(world, 'verify'))).toMatchObject({
      kind: 'wait',
      for: 'node group nb-large: missing; coredns: 1 of 2 pods available',
    });
  });

  it('fails after 10 minutes', async () => {
    world.cloud.cluster.status = 'UPDATING';
    const context = contextFor(world, 'verify');
    expect(await runPhase({ ...context, now: context.progress.at + 11 * 60_000 })).toMatchObject({
      kind: 'failed',
      failure: { code: 'NotHealthy', message: expect.stringContaining('the control plane is UPDATING at 1.24') },
    });
  });

  it('misses a core add-on that was there before the run', async () => {
    world.cloud.workloads.coredns = null;
    expect(await runPhase(contextFor(world, 'verify'))).toMatchObject({
      kind: 'wait',
      for: 'coredns: not there any more',
    });
  });

  it('does not miss one that was not there before either', async () => {
    world.cloud.workloads.coredns = null;
    const context = contextFor(world, 'verify');
    const before = { version: '1.22' as const, nodeGroups: [], addons: [] };
    expect(await runPhase({ ...context, run: { ...context.run, before } })).toMatchObject({ kind: 'done' });
  });
});

function never(): never {
  throw new Error('coredns is there');
}
