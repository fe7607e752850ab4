import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import { healthBefore } from '#src/domain/cluster-health.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor, runningCommand } from '#test/support/fakes/phase-context.ts';

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
        'no cordon, no taint, no eksctl and no checkout of the run is left',
      ],
      notes: [],
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
      for: 'everything to be healthy; not yet: node group nb-large: missing; coredns: 1 of 2 pods available',
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

  describe('what was well when the run began', () => {
    const hub = { kind: 'Deployment', namespace: 'prod', name: 'hub', ready: 1, wanted: 1 } as const;
    const url = 'https://hub.example.org/hub/health';
    const began = () => {
      world.cloud.teamWorkloads = [hub, { ...hub, name: 'proxy' }];
      const context = contextFor(world, 'verify');
      const before = healthBefore({
        workloads: world.cloud.teamWorkloads,
        pendingPods: [],
        nodes: world.cloud.nodeList,
        urls: [{ url, healthy: true, says: '200' }],
      });
      return {
        ...context,
        cluster: { ...context.cluster, healthUrls: [url] },
        run: { ...context.run, healthBefore: before },
      };
    };

    it('is well again, with figures', async () => {
      const context = began();
      world.cloud.teamWorkloads.pop();
      world.cloud.pending = ['prod/jupyter-maya'];
      expect(await runPhase(context)).toMatchObject({
        kind: 'done',
        evidence: expect.arrayContaining([
          '1 workloads that were ready before the upgrade are ready',
          'deleted meanwhile, which is no failure: Deployment prod/proxy',
          `healthy: ${url}`,
          '1 pods are Pending (0 were before): prod/jupyter-maya',
        ]),
      });
    });

    it('is waited for by name, and is a failure of its own after 10 minutes', async () => {
      const context = began();
      world.cloud.teamWorkloads = world.cloud.teamWorkloads.map((workload) => ({ ...workload, ready: 0 }));
      world.urls.set(url, { healthy: false, says: '503' });
      expect(await runPhase(context)).toMatchObject({
        kind: 'wait',
        for: `everything to be healthy; not yet: ${url} is not healthy (503); 2 workloads are not back: Deployment prod/hub (0 of 1 ready), Deployment prod/proxy (0 of 1 ready)`,
      });
      expect(await runPhase({ ...context, now: context.progress.at + 11 * 60_000 })).toMatchObject({
        kind: 'failed',
        failure: {
          code: 'NotHealthy',
          headline: 'upgraded, 2 workloads are not back',
          message: expect.stringContaining('Deployment prod/hub (0 of 1 ready)'),
        },
      });
    });

    it('may be many: all names are there', async () => {
      const context = began();
      const many = Array.from({ length: 9 }, (_, index) => ({ ...hub, name: `w${index}`, ready: 0 }));
      world.cloud.teamWorkloads = many;
      context.run.healthBefore.ready = { 'prod/Deployment': many.map(({ name }) => name) };
      const result = await runPhase({ ...context, now: context.progress.at + 11 * 60_000 });
      expect(result).toMatchObject({ failure: { headline: 'upgraded, 9 workloads are not back' } });
      expect(result).toMatchObject({ failure: { detail: expect.stringContaining('Deployment prod/w8') } });
      expect(result).toMatchObject({ failure: { message: expect.stringContaining('and 4 more') } });
    });
  });

  it('says which nodes somebody cordoned meanwhile, and leaves them alone', async () => {
    world.cloud.nodeList = [aNode('core-b', '1.24', { unschedulable: true })];
    const context = contextFor(world, 'verify');
    const [node] = world.cloud.nodeList;
    expect(await runPhase(context)).toMatchObject({
      kind: 'done',
      notes: [expect.stringContaining(`node ${node?.name} is cordoned and was not when the upgrade began`)],
    });
    const seen = { workloads: [], pendingPods: [], nodes: world.cloud.nodeList, urls: [] };
    const run = { ...context.run, healthBefore: healthBefore(seen) };
    expect(await runPhase({ ...context, run })).toMatchObject({ kind: 'done', notes: [] });
  });

  it('takes off a taint that a worker which died has left, in whatever group', async () => {
    world.cloud.nodeList = [aNode('core-b', '1.24', { phasedOut: true })];
    const context = contextFor(world, 'verify');
    expect(await runPhase(context)).toMatchObject({ kind: 'done' });
    expect(world.cloud.phaseOuts).toEqual([expect.stringMatching(/ opened$/)]);
    expect(world.cloud.nodeList).toMatchObject([{ phasedOut: false }]);
    expect(context.confirmed.times).toBe(1);
  });

  it('lifts a cordon that this run has left, and no other', async () => {
    const context = contextFor(world, 'verify');
    world.cloud.nodeList = [aNode('core-b', '1.24', { name: 'ours' }), aNode('core-b', '1.24', { name: 'theirs' })];
    world.cloud.drainNodes = {
      ours: { unschedulable: true, cordonedBy: context.run.id },
      theirs: { unschedulable: true },
    };
    await runPhase(context);
    expect(world.cloud.calls).toEqual([{ call: 'uncordon', request: 'ours' }]);
    expect(context.confirmed.times).toBe(1);
  });

  it('removes checkouts of workers that are gone, and waits for an eksctl that still runs', async () => {
    world.abandoned.push('checkout-abc123-4711-x');
    expect(await runPhase(contextFor(world, 'verify'))).toMatchObject({ kind: 'done' });
    expect(world.abandoned).toEqual([]);
    const command = runningCommand('verify', ['create', 'nodegroup']);
    expect(await runPhase(contextFor(world, 'verify', { command }))).toMatchObject({
      kind: 'wait',
      for: 'everything to be healthy; not yet: an eksctl command of the run has not ended',
    });
  });

  it('misses a core add-on that was there before the run', async () => {
    world.cloud.workloads.coredns = null;
    expect(await runPhase(contextFor(world, 'verify'))).toMatchObject({
      kind: 'wait',
      for: 'everything to be healthy; not yet: coredns: not there any more',
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
