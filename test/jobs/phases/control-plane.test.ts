import { beforeEach, describe, expect, it } from 'vitest';
import { requestToken } from '#jobs/phase.ts';
import { runPhase } from '#jobs/phases.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';

const STEP = 'control-plane-1.23';

describe('the control-plane phase', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
  });

  it('asks first whether it is done already, and changes nothing then', async () => {
    world.cloud.cluster.version = '1.23';
    expect(await runPhase(contextFor(world, STEP))).toEqual({
      kind: 'done',
      evidence: ['EKS shows the control plane ACTIVE at 1.23', 'it was there before this step'],
    });
    expect(world.cloud.calls).toEqual([]);
  });

  it('is not done as long as EKS shows the version but not ACTIVE', async () => {
    Object.assign(world.cloud.cluster, { version: '1.23', status: 'UPDATING' });
    expect(await runPhase(contextFor(world, STEP))).toMatchObject({
      kind: 'wait',
      for: 'cluster coast to be ACTIVE (it is UPDATING)',
    });
  });

  it('asks EKS for one hop with a token, after confirming its claim, and remembers the update', async () => {
    const context = contextFor(world, STEP);
    expect(await runPhase(context)).toMatchObject({
      kind: 'wait',
      for: 'EKS to update the control plane to 1.23 (update update-1)',
      memory: { update: 'update-1' },
    });
    expect(world.cloud.calls).toEqual([
      { call: 'updateClusterVersion', request: { cluster: 'coast', version: '1.23', token: requestToken(context) } },
    ]);
    expect(context.confirmed.times).toBe(1);
  });

  it('asks for nothing when its claim is lost', async () => {
    const context = { ...contextFor(world, STEP), confirmClaim: () => Promise.reject(new Error('claim lost')) };
    await expect(runPhase(context)).rejects.toThrow('claim lost');
    expect(world.cloud.calls).toEqual([]);
  });

  it('uses the same token for the same run, step and attempt, and another one for the next attempt', () => {
    const first = contextFor(world, STEP);
    expect(requestToken(contextFor(world, STEP))).toBe(requestToken(first));
    expect(requestToken(contextFor(world, STEP, { progress: { attempt: 2 } }))).not.toBe(requestToken(first));
    expect(requestToken(contextFor(world, 'control-plane-1.24'))).not.toBe(requestToken(first));
    expect(requestToken(first)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('adopts an update to the same version that is in flight', async () => {
    world.cloud.cluster.status = 'UPDATING';
    world.cloud.updates = [
      { id: 'theirs', type: 'VersionUpdate', status: 'InProgress', version: '1.23', createdAt: null, errors: [] },
    ];
    expect(await runPhase(contextFor(world, STEP))).toMatchObject({
      kind: 'wait',
      memory: { update: 'theirs' },
      notes: ['adopted update theirs, which was in flight already'],
    });
    expect(world.cloud.calls).toEqual([]);
  });

  it("waits for somebody else's other update to end", async () => {
    world.cloud.cluster.status = 'UPDATING';
    world.cloud.updates = [
      { id: 'theirs', type: 'LoggingUpdate', status: 'InProgress', version: null, createdAt: null, errors: [] },
    ];
    const result = await runPhase(contextFor(world, STEP));
    expect(result).toMatchObject({ kind: 'wait', for: 'another update (LoggingUpdate theirs) to end' });
    expect(world.cloud.calls).toEqual([]);
  });

  it('asks again for an hour while EKS is at something else in the cluster, then says so', async () => {
    const what = 'EKS to take the update to 1.23 (it says: a node group is being updated)';
    const looks = async (waitedMs: number) => {
      world.cloud.answerNextStart = { kind: 'in-flight', message: 'a node group is being updated' };
      const waiting = { for: what, since: world.clock.now() - waitedMs };
      return runPhase(contextFor(world, STEP, { progress: { waiting } }));
    };
    expect(await looks(60 * 60_000)).toMatchObject({ kind: 'wait', for: what });
    expect(await looks(61 * 60_000)).toMatchObject({
      kind: 'failed',
      failure: { code: 'ClusterInUse', message: expect.stringContaining('a node group is being updated') },
    });
  });

  it('does not call a successful update done before EKS shows the version', async () => {
    world.cloud.updates = [
      { id: 'u', type: 'VersionUpdate', status: 'Successful', version: '1.23', createdAt: null, errors: [] },
    ];
    expect(await runPhase(contextFor(world, STEP, { progress: { memory: { update: 'u' } } }))).toMatchObject({
      kind: 'wait',
      for: 'EKS to show 1.23 (update u is successful)',
    });
  });

  it('names the update as evidence once EKS shows the version', async () => {
    world.cloud.cluster.version = '1.23';
    world.cloud.updates = [
      { id: 'u', type: 'VersionUpdate', status: 'Successful', version: '1.23', createdAt: null, errors: [] },
    ];
    expect(await runPhase(contextFor(world, STEP, { progress: { memory: { update: 'u' } } }))).toEqual({
      kind: 'done',
      evidence: ['EKS shows the control plane ACTIVE at 1.23', 'update u'],
    });
  });

  it.each(['Failed', 'Cancelled'] as const)(
    "says the codes of a %s update in words, with EKS's own",
    async (status) => {
      const errors = [{ code: 'IpNotAvailable', message: 'no free addresses', resources: ['subnet-1'] }];
      world.cloud.updates = [{ id: 'u', type: 'VersionUpdate', status, version: '1.23', createdAt: null, errors }];
      expect(await runPhase(contextFor(world, STEP, { progress: { memory: { update: 'u' } } }))).toEqual({
        kind: 'failed',
        failure: {
          code: 'ControlPlaneUpdateFailed',
          message:
            'EKS could not update the control plane to 1.23: IpNotAvailable: a subnet of the cluster has not enough free IP addresses (EKS needs up to 5) (subnet-1). EKS says: no free addresses',
          remedy: 'EKS shows the control plane ACTIVE at 1.22. Free addresses in the subnets named, then press Retry',
          detail: `update u, status ${status}`,
        },
      });
    },
  );

  it('does not say that EKS has put the version back when EKS does not show it', async () => {
    world.cloud.cluster.status = 'UPDATING';
    world.cloud.updates = [
      { id: 'u', type: 'VersionUpdate', status: 'Failed', version: '1.23', createdAt: null, errors: [] },
    ];
    const result = await runPhase(contextFor(world, STEP, { progress: { memory: { update: 'u' } } }));
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('EKS gave no reason') },
    });
    expect(JSON.stringify(result)).not.toContain('has put the control plane back');
    expect(JSON.stringify(result)).toContain('EKS shows the control plane UPDATING at 1.22');
  });

  it('stops when the version is neither where it starts nor where it goes', async () => {
    world.cloud.cluster.version = '1.24';
    expect(await runPhase(contextFor(world, STEP))).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'UnexpectedVersion',
        message: 'the control plane is at 1.24, and this step goes from 1.22 to 1.23',
      },
    });
    expect(world.cloud.calls).toEqual([]);
  });

  it('looks seldom while nothing can have happened, and often near the end', async () => {
    const early = await runPhase(contextFor(world, STEP));
    const late = contextFor(world, STEP, { progress: { memory: { update: 'update-1' } } });
    const result = await runPhase({ ...late, now: late.progress.at + 10 * 60_000 });
    expect([early, result]).toMatchObject([{ pollMs: 180_000 }, { pollMs: 20_000 }]);
  });
});
