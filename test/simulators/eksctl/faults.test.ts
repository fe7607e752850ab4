import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsFor, setEksctlFaults } from './faults.ts';
import { COAST_B, type EksctlWorld, startEksctlWorld } from './testing.ts';

/** One world: each case leaves the cloud as it can be told from the others. */
let world: EksctlWorld;
beforeAll(async () => {
  world = await startEksctlWorld();
});
afterAll(() => world.stop());

const createCoreB = () => world.eksctl(['create', 'nodegroup', '--include=core-b'], COAST_B);
const stacksOf = (group: string) =>
  world.cloud.effects().filter((effect) => JSON.stringify(effect).includes(`nodegroup-${group}`)).length;

describe('each fault', () => {
  it('exit-0-nothing: nothing said, nothing done', async () => {
    await world.changeFaults(['exit-0-nothing']);
    expect(await createCoreB()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(world.cloud.effects()).toEqual([]);
  });

  it('will-be-excluded: the group is taken for an existing one, and all is said to be well', async () => {
    await world.changeFaults(['will-be-excluded']);
    const { exitCode, stdout } = await createCoreB();
    expect(exitCode).toBe(0);
    expect(stdout).toContain('existing nodegroup(s) (core-a,core-b,dask-m5-large,nb-m5-large) will be excluded');
    expect(stdout).toContain('created 0 nodegroup(s) in cluster "coast"');
    expect(world.cloud.effects()).toEqual([]);
  });

  it('killed: the first change is asked for, and nothing after it', async () => {
    await world.changeFaults(['killed']);
    expect((await createCoreB()).exitCode).toBe(-1);
    expect(stacksOf('core-b')).toBeGreaterThan(0);
    expect(world.cloud.snapshot('coast').nodeGroups.map(({ name }) => name)).toContain('core-b');
  });

  it('eksctl-exits-1: its work is done all the same', async () => {
    await world.changeFaults(['eksctl-exits-1']);
    expect(await world.eksctl(['version'])).toMatchObject({ exitCode: 0 });
    expect(await world.eksctl(['utils', 'update-kube-proxy', '--approve'])).toMatchObject({
      exitCode: 1,
      stderr: 'Error: the server has asked for the client to provide credentials',
      stdout: expect.stringContaining('kube-proxy'),
    });
  });
});

describe('which commands have it', () => {
  it('those of the cluster and the verb that it names, as often as it says', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faults-'));
    try {
      const rules = [{ name: 'hang' as const, cluster: 'coast', command: 'create nodegroup', times: 2 }];
      await setEksctlFaults(directory, rules);
      const create = { cluster: 'coast', command: 'create nodegroup' };
      expect(faultsFor(directory, { ...create, cluster: 'harbor' })).toEqual([]);
      expect(faultsFor(directory, { ...create, command: 'delete nodegroup' })).toEqual([]);
      const turns = [1, 2, 3].map(() => faultsFor(directory, create));
      expect(turns).toEqual([['hang'], ['hang'], []]);
      await setEksctlFaults(directory, rules);
      expect(faultsFor(directory, create), 'written again, it counts anew').toEqual(['hang']);
      await expect(setEksctlFaults(directory, ['slow' as never])).rejects.toThrow('unknown fault slow');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
