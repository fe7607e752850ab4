import { describe, expect, test } from 'vitest';
import { selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, sharedWorld } from '../support/scenario-world.ts';

const SECOND = 1000;

/** AWS is quick, so that the time goes into the swap; pods take their grace, and the volume of the hub is in zone b. */
const eksAddons = { addons: 'eks' } as const;
const twoNodes = { ...eksAddons, nodesPerGroup: { 'core-a': 2 }, volumeZone: 'b' };
const opened = sharedWorld({
  speed: 600,
  durations: {
    controlPlaneUpdate: 20 * SECOND,
    unauthorizedAfterUpdate: 5 * SECOND,
    rolloutBase: 5 * SECOND,
    addonUpdate: 5 * SECOND,
    stackCreate: 40 * SECOND,
    instanceLaunch: 10 * SECOND,
    nodeJoin: 10 * SECOND,
    stackDelete: 60 * SECOND,
    emptyStackDelete: 20 * SECOND,
  },
  clusters: [
    selfManaged('coast', { version: '1.23', seed: twoNodes }),
    selfManaged('delta', { version: '1.23', seed: eksAddons }),
    selfManaged('reef', { version: '1.23', seed: eksAddons }),
    selfManaged('isle', { version: '1.23', seed: eksAddons, fleet: { core: { drain: false } } }),
    selfManaged('cape', { version: '1.23', seed: twoNodes, maxSize: 1 }),
    // On two nodes there is room for all five pods, on one there is not.
    selfManaged('dune', {
      version: '1.23',
      seed: { ...eksAddons, nodesPerGroup: { 'core-a': 2 }, hubMemory: '5Gi' },
      maxSize: 1,
    }),
    selfManaged('fjord', { version: '1.23', seed: eksAddons }),
  ],
  faults: [{ cluster: 'fjord', name: 'workload-stays-away', pods: 'moved' }],
});

describe('the swap of the core group', () => {
  test.concurrent('moves what runs there to as many new nodes, in the zones of the volumes, before the old ones go', async () => {
    const world = await approved('coast');
    await world.comesTo('succeeded', 'coast');
    const effects = world
      .effects('coast')
      .map(({ effect, stack }) => (typeof stack === 'string' ? `${effect} ${stack}` : effect));
    const deletion = effects.indexOf('stack-delete-started eksctl-coast-nodegroup-core-a');
    const moved = world.effects('coast').filter(({ effect }) => effect === 'pod-evicted');
    expect(moved.map(({ pod }) => String(pod).replace(/-[0-9a-f]{8}-[0-9a-f]{5}$/, '')).sort()).toEqual([
      'cluster-autoscaler',
      'coredns',
      'coredns',
      'hub',
      'prometheus-0',
      'proxy',
    ]);
    expect(effects.slice(0, deletion).filter((effect) => effect.startsWith('pod-evicted'))).toHaveLength(6);
    expect(effects.filter((effect) => effect === 'node-cordoned')).toHaveLength(2);
    expect(world.effects('coast').some(({ effect }) => effect === 'pod-deleted')).toBe(false);
    const core = world.cluster('coast').nodeGroups.find(({ name }) => name === 'core-b');
    expect(core, 'as many nodes as the old group had, not as the config says').toMatchObject({ readyNodes: 2 });
    expect((await world.run('coast')).gates).toEqual([]);
  });

  test.concurrent('that a budget holds up for 10 minutes asks, with no node cordoned; Wait longer waits as long again, Force ends the pod with a name and a reason', async () => {
    const world = await approved('delta', 'budget-blocks');
    await world.comesTo('waiting', 'delta');
    expect(cordons(world, 'delta'), 'the nodes take pods while people are asked').toBe(0);
    const [gate] = (await world.run('delta')).gates;
    expect(gate).toMatchObject({ kind: 'drain', blocked: [{ by: { kind: 'budget', names: ['hub'] } }] });
    expect(world.text('gate:1', 'delta')).toMatch(
      /^delta: the pod `prod\/hub-\S+` does not leave the old core node group `core-a`\. .+ held by the PodDisruptionBudget `hub`/,
    );
    expect(world.buttons('delta')).toEqual(['Wait longer', 'Force', 'Stop']);
    expect(world.changes('delta')).not.toContain('delete core-a');

    await world.presses('maya', 'Wait longer', 'delta');
    await world.eventually(() => world.text('gate:2', 'delta') !== '');
    const gates = (await world.run('delta')).gates;
    expect((gates[1]?.since ?? 0) - (gates[0]?.since ?? 0)).toBeGreaterThan(10 * 60 * SECOND);

    await world.presses('sam', 'Force', 'delta');
    expect(await world.answers('sam', 'nobody is at work tonight')).toBeNull();
    await world.comesTo('succeeded', 'delta');
    const ended = world.effects('delta').filter(({ effect }) => effect === 'pod-deleted');
    expect(ended).toMatchObject([{ pod: expect.stringMatching(/^hub-/), caller: 'bot' }]);
    expect(world.text('gate:2', 'delta')).toMatch(
      /forced to go, as decided by <@U0SAM0000>.+nobody is at work tonight/,
    );
  });

  test.concurrent('stops on request at once, with the old nodes as they were, and goes on by itself when the budget lets the pod go', async () => {
    const world = await approved('reef', 'two-budgets');
    await world.comesTo('waiting', 'reef');
    expect(world.text('gate:1', 'reef')).toMatch(
      /has more than one PodDisruptionBudget \(`hub-by-the-chart`, `hub-by-hand`\)/,
    );
    await world.presses('maya', 'Stop', 'reef');
    await world.comesTo('stopped', 'reef');
    expect(cordons(world, 'reef')).toBe(0);
    expect(world.changes('reef')).not.toContain('delete core-a');
    await world.presses('maya', 'Continue', 'reef');
    await world.comesTo('waiting', 'reef');
    world.cloud.setFault({ cluster: 'reef', name: 'two-budgets' }, false);
    await world.comesTo('succeeded', 'reef');
  });

  test.concurrent('is done as the runbook has it where the fleet file says so, and the start notice says what that means', async () => {
    const world = await approved('isle');
    await world.eventually(() => world.changes('isle').includes('delete core-a'));
    expect(world.effects('isle').filter(({ effect }) => /^pod-|^node-cordoned/.test(effect))).toEqual([]);
    expect(world.content('start', 'isle')).toContain('may be away for up to 10 minutes');
  });

  test.concurrent('waits for a new node in the zone of a volume, then stops with the way out and has moved nothing', async () => {
    const world = await approved('cape');
    await world.comesTo('stopped', 'cape');
    expect(world.text('failure:1', 'cape')).toMatch(
      /Core-b has had no Ready node in us-west-2b for 10 minutes.+ volume of prod\/hub-db-dir.+ What to do: Raise the desired size of core-b/,
    );
    expect(world.effects('cape').filter(({ effect }) => /^pod-|^node-cordoned/.test(effect))).toEqual([]);
    expect(world.changes('cape')).not.toContain('delete core-a');
  });

  test.concurrent('waits for room for what has to move, then stops with the way out and has moved nothing', async () => {
    const world = await approved('dune');
    await world.comesTo('stopped', 'dune');
    expect(world.text('failure:1', 'dune')).toMatch(
      /Ready nodes of core-b have no room for what has to move there from core-a: .*prod\//i,
    );
    expect(world.effects('dune').filter(({ effect }) => /^pod-|^node-cordoned/.test(effect))).toEqual([]);
    expect(world.changes('dune')).not.toContain('delete core-a');
  });

  test.concurrent('keeps the old group when what ran there is not Ready on the new nodes after 10 minutes: its nodes take pods again, and Retry waits for it', async () => {
    const world = await approved('fjord');
    await world.comesTo('stopped', 'fjord');
    expect(world.text('failure:1', 'fjord')).toMatch(/prod\/hub.+ What to do: See why its pods do not start/);
    expect(cordons(world, 'fjord')).toBe(0);
    expect(world.changes('fjord')).not.toContain('delete core-a');
    world.cloud.setFault({ cluster: 'fjord', name: 'workload-stays-away' }, false);
    await world.presses('maya', 'Retry', 'fjord');
    await world.eventually(() => world.changes('fjord').includes('delete core-a'));
  });
});

/** Nodes that are cordoned by now. */
function cordons(world: ScenarioWorld, cluster: string): number {
  const of = (effect: string): number => world.effects(cluster).filter((one) => one.effect === effect).length;
  expect(of('node-cordoned'), 'it was cordoned').toBeGreaterThan(0);
  return of('node-cordoned') - of('node-uncordoned');
}

async function approved(cluster: string, fault?: 'budget-blocks' | 'two-budgets'): Promise<ScenarioWorld> {
  const world = opened();
  if (fault !== undefined) world.cloud.setFault({ cluster, name: fault });
  await world.types('maya', `/eks-upgrade ${cluster} 1.24`);
  await world.comesTo('awaiting-approval', cluster);
  await world.presses('sam', 'Approve', cluster);
  return world;
}
