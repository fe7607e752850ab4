import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AutoScaling } from '#src/ports/auto-scaling.ts';
import type { CloudWorld, MakeWorld } from './cloud-world.ts';

const CORE = 'eksctl-coast-nodegroup-core-a';

/** What every `AutoScaling` must do, whoever is behind it. */
export function describeAutoScalingContract(makeWorld: MakeWorld): void {
  let world: CloudWorld;
  let port: AutoScaling;
  const core = async () => {
    const [group] = await port.groupsOf([CORE]);
    if (group === undefined) throw new Error(`no Auto Scaling group of ${CORE}`);
    return group;
  };

  beforeEach(async () => {
    world = await makeWorld();
    port = world.cloudOf(world.coast).autoScaling;
  });
  afterEach(() => world.close());

  test('groups are found by the stack that made them, with their sizes and instances', async () => {
    expect(await port.groupsOf([CORE, 'eksctl-coast-nodegroup-nowhere'])).toEqual([
      {
        name: expect.stringMatching(/^eksctl-coast-nodegroup-core-a-NodeGroup-/),
        stackName: CORE,
        sizes: { min: 1, max: 6, desired: 1 },
        instances: [{ id: expect.stringMatching(/^i-/), state: 'InService' }],
      },
    ]);
  });

  test('a group that is asked for one more gets a node; its instance can be taken away again', async () => {
    const { name } = await core();
    await port.setDesired({ group: name, desired: 2 });
    await port.setDesired({ group: name, desired: 2 });
    expect((await core()).sizes.desired).toBe(2);
    const { kubernetes } = world.cloudOf(world.coast);
    const ready = async () => (await kubernetes.nodes()).filter((node) => node.group === 'core-a' && node.ready).length;
    await expect.poll(ready, { timeout: 10_000 }).toBe(2);
    await port.removeInstance((await core()).instances.at(-1)?.id ?? '');
    expect((await core()).sizes.desired).toBe(1);
    await expect.poll(ready, { timeout: 10_000 }).toBe(1);
  });

  test('a group cannot be made larger than its maximum, in the words of AWS', async () => {
    const { name } = await core();
    await expect(port.setDesired({ group: name, desired: 7 })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('above max value 6'),
    });
  });

  test('launches that fail say why, and whether it is for want of capacity', async () => {
    const { name } = await core();
    expect(await port.failedLaunches(name, 0)).toEqual([]);
    world.break('coast', 'no-capacity');
    await port.setDesired({ group: name, desired: 2 });
    await expect
      .poll(() => port.failedLaunches(name, 0), { timeout: 10_000 })
      .toEqual([{ at: expect.any(Number), capacity: true, message: expect.stringContaining('m5.large capacity') }]);
    const [failure] = await port.failedLaunches(name, 0);
    expect(await port.failedLaunches(name, (failure?.at ?? 0) + 1)).toEqual([]);
  });

  test('pods that would go with a node are named, those of DaemonSets are not', async () => {
    const { kubernetes } = world.cloudOf(world.coast);
    const nodes = await kubernetes.nodes();
    const visitors = (await Promise.all(nodes.map(({ name }) => kubernetes.visitors(name)))).flat();
    expect(visitors.filter((pod) => pod.includes('jupyter-user-'))).toHaveLength(3);
    expect(visitors.filter((pod) => /aws-node|kube-proxy/.test(pod))).toEqual([]);
  });
}
