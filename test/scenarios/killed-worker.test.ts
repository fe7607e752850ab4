import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';

scenario(
  'a worker that is killed in the middle of a step is followed by another, and nothing is lost or doubled',
  async ({ startWorld, onTestFinished }) => {
    const coast = selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } });
    const world = await startWorld({ clusters: [coast], worker: 'none' });
    let worker = startWorker(world);
    const isKilled = async (): Promise<void> => {
      worker.kill('SIGKILL');
      await once(worker, 'exit');
    };
    onTestFinished(isKilled);
    await world.types('maya', '/eks-upgrade coast 1.24');
    await world.comesTo('awaiting-approval');
    await world.presses('sam', 'Approve');

    await world.eventually(() => world.changes().includes('control plane 1.23 → 1.24'));
    await isKilled();
    worker = startWorker(world);
    // eksctl dies with its worker, before it has mapped the role of the group that it creates: the next worker maps it.
    await world.eventually(() => world.changes().includes('create core-b'));
    await isKilled();
    worker = startWorker(world);
    await world.comesTo('succeeded');

    expect(world.changes()).toEqual([
      'control plane 1.23 → 1.24',
      'add-on vpc-cni',
      'add-on coredns',
      'add-on kube-proxy',
      'create core-b',
      'delete core-a',
      'delete nb-small',
      'create nb-small',
    ]);
    expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
    expect(world.doubled()).toEqual([]);
  },
);

/** A worker in a process of its own, with leases as short as a test is patient. */
function startWorker(world: ScenarioWorld): ChildProcess {
  const lease = { LOCK_DURATION_MS: '1500', STALLED_INTERVAL_MS: '500' };
  const script = resolve(import.meta.dirname, '../simulators/demo/worker.ts');
  return spawn(process.execPath, [script], {
    env: { ...world.env, ...lease, SIMULATED_CLOCK: JSON.stringify(world.clock) },
    stdio: 'ignore',
  });
}
