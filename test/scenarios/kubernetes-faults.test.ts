import { expect, test } from 'vitest';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, sharedWorld } from '../support/scenario-world.ts';

/** API servers misbehave. A bot that no cluster knows: failures.test.ts. */
const opened = sharedWorld({
  clusters: [managed('reef', { version: '1.33' }), selfManaged('isle', { version: '1.23', seed: { addons: 'eks' } })],
});

test.concurrent('an API server that stays away stops the run before anything is changed; Retry goes on when it is back', async () => {
  const world = await approved('reef 1.34', (opened) =>
    opened.cloud.setFault({ cluster: 'reef', name: 'api-server-away' }),
  );
  await world.comesTo('stopped', 'reef');
  expect(world.text('failure:1', 'reef')).toMatch(
    /Kubernetes of reef: .+ What to do: See whether the API server can be reached from where the bot runs/,
  );
  expect(world.changes('reef')).toEqual([]);
  world.cloud.setFault({ cluster: 'reef', name: 'api-server-away' }, false);
  await world.presses('maya', 'Retry', 'reef');
  await world.comesTo('awaiting-approval', 'reef');
});

test.concurrent('a webhook that refuses the mapping of the new nodes stops the run in its words; Retry makes up for it', async () => {
  const world = await approved('isle 1.24');
  await world.eventually(() => world.changes('isle').includes('create core-b'));
  world.cloud.setFault({ cluster: 'isle', name: 'webhook-denies' });
  await world.comesTo('stopped', 'isle');
  expect(world.text('failure:1', 'isle')).toMatch(
    /configmaps "aws-auth" is forbidden: admission webhook "freeze\.policy\.example\.com" denied the request: .+; have whoever keeps that policy let the bot through/,
  );
  expect(world.changes('isle').filter((change) => change.startsWith('delete'))).toEqual([]);
  expect(world.cluster('isle').nodeGroups.map(({ name }) => name)).toContain('core-a');
  world.cloud.setFault({ cluster: 'isle', name: 'webhook-denies' }, false);
  await world.presses('maya', 'Retry', 'isle');
  await world.eventually(() => world.changes('isle').includes('delete core-a'));
  expect(world.changes('isle').filter((change) => change === 'create core-b')).toHaveLength(1);
});

async function approved(
  request: string,
  meanwhile: (world: ScenarioWorld) => void = () => undefined,
): Promise<ScenarioWorld> {
  const world = opened();
  const [cluster = ''] = request.split(' ');
  await world.types('maya', `/eks-upgrade ${request}`);
  await world.comesTo('awaiting-approval', cluster);
  meanwhile(world);
  await world.presses('sam', 'Approve', cluster);
  return world;
}
