import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TransientError } from '#src/domain/errors.ts';
import { createOperations } from '#src/operations/create-operations.ts';
import { requestUpgrade } from '#src/operations/request-upgrade.ts';
import { runStatus } from '#src/operations/run-status.ts';
import { aRun, REQUESTER } from '#test/support/builders.ts';
import { type OperationWorld, operationWorld } from '#test/support/fakes/fake-operation-deps.ts';

let ops: OperationWorld;
beforeEach(() => {
  ops = operationWorld();
});
const ask = (version: string, { cluster = 'coast', by = REQUESTER } = {}) =>
  requestUpgrade(ops.deps, { cluster, version, by });

describe('asking for an upgrade', () => {
  it('creates a run in planning that owns the cluster, and wakes it', async () => {
    const answer = await ask('1.24');
    expect(answer).toMatchObject({
      kind: 'planning',
      run: { cluster: 'coast', to: '1.24', requestedBy: REQUESTER, state: { kind: 'planning' }, planAttempt: 1 },
    });
    if (answer.kind !== 'planning') throw new Error('it is planned');
    expect(await ops.world.store.ownerOf('coast')).toBe(answer.run.id);
    expect(ops.world.woken).toContainEqual({ kind: 'run', runId: answer.run.id });
    expect(answer.run.id).toMatch(/^coast-[0-9a-f-]{36}$/);
  });

  it('of a cluster that is held names the holder', async () => {
    ops.world.store.put(aRun('stopped'));
    expect(await ask('1.24')).toMatchObject({
      kind: 'held',
      holder: { id: 'r-coast-7k2m', state: { kind: 'stopped' } },
    });
  });

  it('by many at the same moment gives one of them the cluster', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('1.24')));
    expect(answers.filter(({ kind }) => kind === 'planning')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'held')).toHaveLength(19);
  });

  it('is for requesters, by membership now', async () => {
    await expect(ask('1.24', { by: 'U0ANYONE' })).rejects.toMatchObject({ code: 'NotARequester' });
    ops.groups.S0EVERYONE = ['U0ANYONE'];
    expect(await ask('1.24', { by: 'U0ANYONE' })).toMatchObject({ kind: 'planning' });
  });

  it.each([
    ['coats', 'there is no cluster "coats" in the fleet: did you mean coast?'],
    ['zzzzzzzzzz', 'there is no cluster "zzzzzzzzzz" in the fleet: the fleet has coast, harbour'],
  ])('for %s gives the nearest names of the fleet', async (cluster, message) => {
    await expect(ask('1.24', { cluster })).rejects.toMatchObject({ code: 'UnknownCluster', message });
  });

  it.each([
    ['v1.24', 'NotAVersion', '"v1.24" is not a version like 1.34: coast can go to 1.23, 1.24, 1.25, 1.26, 1.27'],
    [
      '1.21',
      'NotAnUpgrade',
      'coast is at 1.22, so 1.21 is not an upgrade: coast can go to 1.23, 1.24, 1.25, 1.26, 1.27',
    ],
    ['1.99', 'UnknownVersion', 'EKS does not offer 1.99: coast can go to 1.23, 1.24, 1.25, 1.26, 1.27'],
  ])('to %s is refused with the possible versions', async (version, code, message) => {
    await expect(ask(version)).rejects.toMatchObject({ code, message });
    expect(await ops.world.store.ownerOf('coast')).toBeNull();
  });

  it('says so when EKS offers nothing newer', async () => {
    ops.world.cloud.cluster.version = '1.27';
    await expect(ask('1.28')).rejects.toMatchObject({
      message: 'EKS does not offer 1.28: EKS offers nothing newer than 1.27',
    });
  });

  it('to the version the cluster is at is left to the plan, which may find older nodes', async () => {
    expect(await ask('1.22')).toMatchObject({ kind: 'planning' });
  });

  it('leaves the check to the plan when EKS does not answer', async () => {
    ops.world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'slower'));
    expect(await ask('1.99')).toMatchObject({ kind: 'planning' });
  });

  it('still wants a version when EKS does not answer', async () => {
    ops.world.cloud.failing.set('describeCluster', new TransientError('AwsThrottled', 'slower'));
    await expect(ask('latest')).rejects.toMatchObject({ message: '"latest" is not a version like 1.34' });
  });

  it('lets nobody wait for a slow EKS: 4 seconds', async () => {
    vi.useFakeTimers();
    try {
      ops.world.cloud.eks.describeCluster = () => new Promise(() => undefined);
      const answer = ask('1.24');
      await vi.advanceTimersByTimeAsync(4000);
      expect(await answer).toMatchObject({ kind: 'planning' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('counts although the run could not be woken: the reconciler comes', async () => {
    ops.deps.wakeUps.wakeRun = () => Promise.reject(new Error('redis is slow'));
    expect(await ask('1.24')).toMatchObject({ kind: 'planning' });
    expect(await ops.world.store.due(ops.world.clock.now())).toHaveLength(1);
  });

  it('asks to try again when the holder ended at that moment', async () => {
    ops.deps.store.create = async () => ({ kind: 'held', holder: 'gone' });
    await expect(ask('1.24')).rejects.toMatchObject({ code: 'HolderGone' });
  });
});

describe('status', () => {
  it('shows all runs that own a cluster, by name', async () => {
    ops.world.store.put(aRun('planning', { id: 'h', cluster: 'harbour' }));
    ops.world.store.put(aRun('running'));
    expect((await runStatus(ops.deps, null)).map(({ cluster }) => cluster)).toEqual(['coast', 'harbour']);
  });

  it('shows the newest run of a cluster, ended or not, and nothing for a cluster that never had one', async () => {
    ops.world.store.put(aRun('succeeded'));
    expect((await runStatus(ops.deps, 'coast')).map(({ state }) => state.kind)).toEqual(['succeeded']);
    expect(await runStatus(ops.deps, 'harbour')).toEqual([]);
  });

  it('of a cluster that is not in the fleet is an error to read', async () => {
    await expect(createOperations(ops.deps).status('coats')).rejects.toMatchObject({ code: 'UnknownCluster' });
  });
});
