import { expect, test } from 'vitest';
import { managed, type ScenarioCluster, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, sharedWorld } from '../support/scenario-world.ts';

const SECOND = 1000;
const MINUTE = 60_000;

/**
 * API servers misbehave. A bot that no cluster knows: failures.test.ts. The clock is slow, because the minutes of 401 after
 * a hop must be seen on a busy machine, too; AWS is quick instead. The hop ends about when the run looks first, and what
 * comes next in harbor needs Kubernetes at once: were it an update by EKS, the run would push the config meanwhile, which
 * takes real seconds on a busy machine, and minutes of this clock.
 */
const opened = sharedWorld({
  speed: 200,
  durations: {
    controlPlaneUpdate: 3 * MINUTE,
    unauthorizedAfterUpdate: 7 * MINUTE,
    addonUpdate: 5 * SECOND,
    stackCreate: MINUTE,
    instanceLaunch: 20 * SECOND,
    managedUpdateBase: 10 * SECOND,
    managedUpdatePerNode: 10 * SECOND,
  },
  clusters: [
    kubeProxyUnmanaged(managed('harbor', { version: '1.33' })),
    managed('reef', { version: '1.33' }),
    selfManaged('isle', { version: '1.23', seed: { addons: 'eks' } }),
  ],
});

test.concurrent('a new CA and minutes of 401 after the hop, too many requests, and a while without connections: the run waits, and nobody has to help', async () => {
  const world = await approved('harbor 1.34');
  await world.eventually(() => world.changes('harbor').includes('control plane 1.33 → 1.34'));
  // Who still trusts only the CA of before, or knows only the connection of before, gets nowhere from here on.
  world.cloud.setFault({ cluster: 'harbor', name: 'new-certificate-authority' });
  world.cloud.setFault({ cluster: 'harbor', name: 'api-server-busy', times: 3 });
  await waitedFor(world, 'harbor', /^Kubernetes to accept the bot again/);
  await waitedFor(world, 'harbor', /^an answer: kubernetes of harbor: .+ HTTP 429: Too many requests/);
  await world.eventually(() => world.changes('harbor').includes('update core to 1.34'));
  world.cloud.setFault({ cluster: 'harbor', name: 'api-server-away' });
  await waitedFor(world, 'harbor', /^an answer: kubernetes of harbor: .+ connection lost/);
  world.cloud.setFault({ cluster: 'harbor', name: 'api-server-away' }, false);
  await world.comesTo('succeeded', 'harbor');
  expect(world.changes('harbor')).toEqual([
    'control plane 1.33 → 1.34',
    'change kube-proxy',
    'update core to 1.34',
    'update nb-small to 1.34',
  ]);
  expect(world.notices('harbor').map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
});

test.concurrent('an API server that stays away stops the run before anything is changed; Retry goes on when it is back', async () => {
  const world = await approved('reef 1.34', (opened) =>
    opened.cloud.setFault({ cluster: 'reef', name: 'api-server-away' }),
  );
  await world.comesTo('stopped', 'reef');
  expect(world.text('failure:1', 'reef')).toMatch(
    /The API server of reef cannot be reached: connection lost: .+ What to do: See whether the API server can be reached from where the bot runs/,
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

function kubeProxyUnmanaged(cluster: ScenarioCluster): ScenarioCluster {
  return { ...cluster, source: cluster.source.replace('  - name: kube-proxy\n', '') };
}

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

function waitedFor(world: ScenarioWorld, cluster: string, what: RegExp): Promise<unknown> {
  return world.eventually(async () =>
    (await world.events(cluster)).some((event) => event.kind === 'step-waiting' && what.test(event.for)),
  );
}
