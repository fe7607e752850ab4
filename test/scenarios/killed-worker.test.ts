import { resolve } from 'node:path';
import { expect } from 'vitest';
import { type DemoProcess, startProcess } from '#test/simulators/demo/processes.ts';
import { selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';

scenario(
  'a worker that is killed in the middle of a step is followed by another, and nothing happens twice',
  async ({ startWorld, onTestFinished }) => {
    const coast = selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } });
    const world = await startWorld({ clusters: [coast], worker: 'none' });
    let worker = await startWorker(world);
    onTestFinished(() => worker.stop());
    const isReplaced = async (): Promise<void> => {
      worker.child.kill('SIGKILL');
      worker = await startWorker(world);
    };
    await world.types('maya', '/eks-upgrade coast 1.24');
    await world.comesTo('awaiting-approval');
    await world.presses('sam', 'Approve');

    await world.eventually(() => world.text('step:control-plane-1.24').includes('Waiting for EKS to update'));
    await isReplaced();
    await world.eventually(() => world.text('step:node-groups-1.24-create-core').includes('Waiting for eksctl'));
    await isReplaced();
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
function startWorker(world: ScenarioWorld): Promise<DemoProcess> {
  const lease = { LOCK_DURATION_MS: '1500', STALLED_INTERVAL_MS: '500' };
  return startProcess({
    name: 'the worker',
    script: resolve(import.meta.dirname, '../simulators/demo/worker.ts'),
    env: { ...world.env, ...lease, SIMULATED_CLOCK: JSON.stringify(world.clock) },
    stderr: 'ignore',
  });
}
