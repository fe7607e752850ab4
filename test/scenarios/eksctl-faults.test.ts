import { describe, expect, test } from 'vitest';
import { type ScenarioCluster, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario, sharedWorld } from '../support/scenario-world.ts';
import { until } from '../support/until.ts';

/** Needs eksctl for nothing but its node groups. */
const cluster = (name: string): ScenarioCluster => selfManaged(name, { version: '1.23', seed: { addons: 'eks' } });

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({
  clusters: ['killed', 'flooded', 'excluded'].map(cluster),
  eksctl: [
    { name: 'killed', cluster: 'killed', command: 'create nodegroup', times: 1 },
    { name: 'output-100-mb', cluster: 'flooded' },
    { name: 'will-be-excluded', cluster: 'excluded', times: 1 },
  ],
});

async function approved(of: ScenarioWorld, name: string): Promise<void> {
  await of.types('maya', `/eks-upgrade ${name} 1.24`);
  await of.comesTo('awaiting-approval', name);
  await of.presses('sam', 'Approve', name);
}

const deletions = (of: ScenarioWorld, name: string) => of.changes(name).filter((line) => line.startsWith('delete'));

describe.concurrent('eksctl faults', () => {
  test('an eksctl that is killed in the middle: what it began is seen to its end, and nothing is made twice', async () => {
    await approved(world(), 'killed');
    await world().eventually(async () => Object.values((await world().run('killed')).steps).filter(isDone).length >= 6);
    const outcomes = (await world().events('killed')).flatMap((event) =>
      event.kind === 'command-ended' ? [event.outcome.kind] : [],
    );
    expect(outcomes[0]).toBe('killed');
    expect(
      world()
        .changes('killed')
        .filter((line) => line === 'create core-b'),
    ).toHaveLength(1);
    const mappings = world()
      .effects('killed')
      .filter(({ effect, path }) => effect === 'object-changed' && String(path).endsWith('/aws-auth'));
    expect(mappings[0], 'eksctl maps a role after all stacks, and did not come to it').toMatchObject({ caller: 'bot' });
    expect(JSON.stringify((await world().run('killed')).steps['node-groups-1.24-create-core'])).toMatch(
      /core-b-NodeInstanceRole-\S+ .*in aws-auth: the bot did so/,
    );
    expect(
      world()
        .notices('killed')
        .map((notice) => notice.split(':')[0]),
      'nobody is called',
    ).toEqual(['start']);
  });

  test('an eksctl that prints 100 MB and fails: people see its last lines, and that is all that is kept', async () => {
    await approved(world(), 'flooded');
    await world().comesTo('stopped', 'flooded');
    expect(world().text('failure:1', 'flooded')).toMatch(/Eksctl ended with exit code 1, .*no stack of core-b/);
    expect(world().content('failure:1', 'flooded')).toContain(
      'Error: failed to create nodegroups for cluster \\"flooded\\"',
    );
    expect(JSON.stringify(await world().run('flooded')).length).toBeLessThan(40_000);
    expect(JSON.stringify(await world().events('flooded')).length).toBeLessThan(40_000);
    expect(deletions(world(), 'flooded')).toEqual([]);
  });

  test('an eksctl that leaves the group out and says that all went well: seen in AWS, nothing is deleted, Retry creates it, when nobody updates the control plane', async () => {
    await approved(world(), 'excluded');
    await world().comesTo('stopped', 'excluded');
    expect(world().text('failure:1', 'excluded')).toMatch(/Eksctl ended with exit code 0, .*no stack of core-b/);
    expect(world().content('failure:1', 'excluded')).toMatch(/existing nodegroup\(s\) .* will be excluded/);
    expect(deletions(world(), 'excluded')).toEqual([]);
    // Somebody in the console begins the next hop.
    world().cloud.setFault({ cluster: 'excluded', name: 'update-takes-hours' });
    world().cloud.setFault({ cluster: 'excluded', name: 'update-by-someone-else' });
    await world().presses('maya', 'Retry', 'excluded');
    await until(async () =>
      (await world().events('excluded')).some(
        (event) => event.kind === 'step-waiting' && /eksctl does nothing meanwhile/.test(event.for),
      ),
    );
    expect(world().changes('excluded')).not.toContain('create core-b');
    world().cloud.setFault({ cluster: 'excluded', name: 'update-takes-hours' }, false);
    await world().eventually(() => world().changes('excluded').includes('create core-b'));
  });
});

const isDone = ({ kind }: { kind: string }): boolean => kind === 'done';

scenario.concurrent(
  'an eksctl that hangs is ended at its time limit, one that is missing then is named; in both cases the cluster is looked at',
  async ({ startWorld }) => {
    const world = await startWorld({
      clusters: [cluster('reef')],
      eksctl: [{ name: 'hang', cluster: 'reef' }],
      env: { COMMAND_LIMIT_MS: '1000' },
    });
    await approved(world, 'reef');
    await world.comesTo('stopped');
    expect(world.text('failure:1')).toMatch(
      /Eksctl ran into its time limit, and CloudFormation has no stack of core-b/,
    );
    expect(deletions(world, 'reef')).toEqual([]);

    await world.changeEksctl(['missing']);
    await world.presses('maya', 'Retry', 'reef');
    await world.eventually(() => world.text('failure:2') !== '');
    expect(world.text('failure:2')).toMatch(/Eksctl could not be started \(cannot start .*eksctl: no such file/);
  },
);
