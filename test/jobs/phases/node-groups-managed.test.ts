import { beforeEach, describe, expect, it } from 'vitest';
import { requestToken } from '#jobs/phase.ts';
import { runPhase } from '#jobs/phases.ts';
import type { EksUpdate } from '#src/ports/eks.ts';
import { aPlan, inOrder } from '#test/support/builders.ts';
import { aManagedGroup, aNode } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-update-managed';
const plan = aPlan({
  steps: inOrder([
    {
      id: STEP,
      phase: 'node-groups',
      version: '1.24',
      action: 'update-managed',
      groups: ['web', 'batch'],
      expectedMinutes: 30,
    },
  ]),
});
const anUpdate = (status: EksUpdate['status'], errors: EksUpdate['errors'] = []): EksUpdate => {
  return { id: 'u-web', type: 'VersionUpdate', status, version: '1.24', createdAt: null, errors };
};

describe('the node-groups phase, updating managed groups', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
    world.cloud.managed = [aManagedGroup('web', '1.23'), aManagedGroup('batch', '1.23')];
    world.cloud.nodeList = [aNode('web', '1.23'), aNode('batch', '1.23')];
  });
  const context = (changes: Parameters<typeof contextFor>[2] = {}) => contextFor(world, STEP, { plan, ...changes });

  it('starts an update of each group, each with a token of its own, and remembers them', async () => {
    const seen = context();
    expect(await runPhase(seen)).toMatchObject({ kind: 'wait', memory: { web: 'update-1', batch: 'update-2' } });
    expect(world.cloud.calls.map(({ request }) => request)).toEqual(
      ['web', 'batch'].map((nodeGroup) => ({
        cluster: 'coast',
        nodeGroup,
        version: '1.24',
        token: requestToken(seen, nodeGroup),
      })),
    );
  });

  it('starts none while somebody uses the cluster', async () => {
    world.cloud.activityIs = { total: 1, byNamespace: { prod: 1 } };
    expect(await runPhase(context())).toMatchObject({ kind: 'gate' });
    expect(world.cloud.calls).toEqual([]);
  });

  it('is done only when EKS shows each group ACTIVE and its nodes are Ready at the version', async () => {
    const progress = { memory: { web: 'u-web', batch: 'u-web' } };
    world.cloud.updates = [anUpdate('Successful')];
    world.cloud.managed = [aManagedGroup('web', '1.24'), aManagedGroup('batch', '1.24')];
    expect(await runPhase(context({ progress }))).toMatchObject({ kind: 'wait' });
    world.cloud.nodeList = [aNode('web', '1.24'), aNode('batch', '1.24')];
    expect(await runPhase(context({ progress }))).toEqual({
      kind: 'done',
      evidence: ['web: ip-10-0-0-1.web Ready at 1.24', 'batch: ip-10-0-0-1.batch Ready at 1.24'],
    });
  });

  it('does not believe new nodes alone while EKS shows the group at the old version', async () => {
    world.cloud.nodeList = [aNode('web', '1.24'), aNode('batch', '1.24')];
    expect(await runPhase(context())).toMatchObject({ kind: 'wait', memory: { web: 'update-1' } });
  });

  it("waits for somebody else's update of a group, and asks again", async () => {
    world.cloud.answerNextStart = { kind: 'in-flight', message: 'ResourceInUse' };
    expect(await runPhase(context())).toMatchObject({ kind: 'wait', memory: { batch: 'update-2' } });
  });

  it('does not wait for ever for EKS to take an update', async () => {
    const waiting = { for: 'EKS to take the update of web (it says: no)', since: world.clock.now() - 61 * 60_000 };
    world.cloud.updates = [anUpdate('InProgress')];
    world.cloud.answerNextStart = { kind: 'in-flight', message: 'no' };
    const result = await runPhase(context({ progress: { waiting, memory: { batch: 'u-web' } } }));
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'ClusterInUse' } });
  });

  it('adds what EKS says of the health of a group whose update failed', async () => {
    const issue = { code: 'AsgInstanceLaunchFailures', message: 'InsufficientInstanceCapacity' };
    world.cloud.managed = world.cloud.managed.map((group) => ({ ...group, healthIssues: [issue] }));
    world.cloud.updates = [anUpdate('Failed', [{ code: 'NodeCreationFailure', message: 'no nodes', resources: [] }])];
    expect(await runPhase(context({ progress: { memory: { web: 'u-web', batch: 'u-web' } } }))).toMatchObject({
      failure: { detail: expect.stringContaining('AsgInstanceLaunchFailures: InsufficientInstanceCapacity') },
    });
  });

  it('adds it also when EKS says it only at the moment of the failure', async () => {
    const issue = { code: 'AsgInstanceLaunchFailures', message: 'InsufficientInstanceCapacity' };
    const seen = context({ progress: { memory: { web: 'u-web', batch: 'u-web' } } });
    const describeUpdate: typeof seen.cloud.eks.describeUpdate = async () => {
      world.cloud.managed = world.cloud.managed.map((group) => ({ ...group, healthIssues: [issue] }));
      return anUpdate('Failed', [{ code: 'NodeCreationFailure', message: 'no nodes', resources: [] }]);
    };
    const cloud = { ...seen.cloud, eks: { ...seen.cloud.eks, describeUpdate } };
    expect(await runPhase({ ...seen, cloud })).toMatchObject({
      failure: { detail: expect.stringContaining('InsufficientInstanceCapacity') },
    });
  });

  it('says why an update failed', async () => {
    world.cloud.updates = [
      anUpdate('Failed', [{ code: 'PodEvictionFailure', message: 'cannot evict hub', resources: ['node-1'] }]),
    ];
    expect(await runPhase(context({ progress: { memory: { web: 'u-web', batch: 'u-web' } } }))).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'NodeGroupUpdateFailed',
        message: expect.stringContaining('cannot evict hub'),
        detail: 'update u-web, status Failed',
      },
    });
  });

  it('fails when a group is gone', async () => {
    world.cloud.managed = [aManagedGroup('web', '1.23')];
    expect(await runPhase(context())).toMatchObject({
      kind: 'failed',
      failure: { code: 'NodeGroupGone', message: 'managed node group batch no longer exists' },
    });
  });

  it('does not wait for ever for nodes after EKS called the updates successful', async () => {
    world.cloud.managed = [aManagedGroup('web', '1.24', { status: 'DEGRADED' }), aManagedGroup('batch', '1.24')];
    world.cloud.updates = [anUpdate('Successful')];
    const seen = context({ progress: { memory: { web: 'u-web', batch: 'u-web' } } });
    const settled = await runPhase(seen);
    expect(settled).toMatchObject({
      kind: 'wait',
      for: 'the nodes of web, batch to be Ready at 1.24: EKS calls the updates successful',
    });
    const waiting = { for: settled.kind === 'wait' ? settled.for : '', since: seen.now };
    const later = context({ progress: { memory: { web: 'u-web', batch: 'u-web' }, waiting } });
    expect(await runPhase({ ...later, now: seen.now + 31 * 60_000 })).toMatchObject({
      kind: 'failed',
      failure: { code: 'NodesNotReady', message: expect.stringContaining('web, batch') },
    });
  });
});
