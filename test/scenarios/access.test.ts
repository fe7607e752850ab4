import { expect, test } from 'vitest';
import type { CallCount } from '#test/simulators/cloud/effects.ts';
import { ACCOUNT } from '#test/simulators/demo/fleet.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { ADMIN, type ScenarioWorld, sharedWorld } from '../support/scenario-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const role = (path: string): string => `arn:aws:iam::${ACCOUNT}:role/${path}`;
/** The bot runs in a container as this role, and from there takes on the clusters' role, which has a path. */
const CONTAINER = role('pods/eks-upgrade-bot');
const UPGRADES = role('teams/platform/upgrades');
const UPGRADES_IN_AWS_AUTH = role('upgrades');
const BOOTSTRAP = role('cluster-creator');

const asUpgrades = { roleArn: UPGRADES };

/**
 * Who the bot is in AWS and in Kubernetes. Its credentials are sessions all the way, and each ends after an hour of
 * simulated time, which nothing announces. A control plane takes so long that a run takes three hours.
 */
const opened = sharedWorld({
  durations: { controlPlaneUpdate: 177 * MINUTE },
  containerRole: CONTAINER,
  assumableRoles: [UPGRADES, BOOTSTRAP],
  roleRights: { [UPGRADES]: 'self-mapping', [BOOTSTRAP]: 'admin' },
  clusters: [
    selfManaged('isle', { version: '1.23', fleet: asUpgrades, seed: { addons: 'eks', mapped: [UPGRADES] } }),
    managed('bay', { version: '1.33', fleet: asUpgrades }),
    managed('cove', {
      version: '1.33',
      seed: { mapped: [BOOTSTRAP], activity: 2 },
      fleet: { ...asUpgrades, access: { bootstrapRole: BOOTSTRAP } },
    }),
    managed('reef', {
      version: '1.33',
      seed: { authenticationMode: 'API', mapped: [ADMIN.arn] },
      fleet: { ...asUpgrades, access: { createEntry: true } },
    }),
    managed('delta', { version: '1.33', fleet: asUpgrades, seed: { mapped: [ADMIN.arn] } }),
    managed('fjord', {
      version: '1.33',
      fleet: { ...asUpgrades, access: { bootstrapRole: BOOTSTRAP } },
      seed: { authenticationMode: 'API', mapped: [BOOTSTRAP] },
    }),
  ],
});

test.concurrent('sessions of an hour and a run of three: a role that is taken on from another, both renewed as they end, and eksctl goes on with new ones in the middle of a command', async () => {
  const world = await approved('isle 1.24');
  await world.eventually(() => world.changes('isle').includes('create core-b'));
  // In the middle of eksctl's command, whatever the hour.
  world.cloud.endSessions();
  const { startedAt } = await world.run('isle');
  const created = await world.eventually(async () => {
    const step = (await world.run('isle')).steps['node-groups-1.24-create-core'];
    return step?.kind === 'done' && step.at;
  });
  expect(created - (startedAt ?? 0)).toBeGreaterThan(3 * HOUR);
  const changes = world.changes('isle');
  for (const change of ['control plane 1.23 → 1.24', 'create core-b'])
    expect(changes.filter((one) => one === change)).toHaveLength(1);
  expect(refusals(world, 'eksctl')).toBeGreaterThan(0);
  expect(refusals(world, 'bot')).toBeGreaterThan(2);
  const principals = new Set(world.effects('isle').map(({ principal }) => principal));
  expect([...principals]).toEqual([`arn:aws:sts::${ACCOUNT}:assumed-role/upgrades/eks-upgrade-bot`]);
  // A renewal is one call for the role, and one more where the container's own session had ended as well.
  expect(count(world, ({ operation }) => operation === 'AssumeRole')).toBeLessThan(40);
});

test.concurrent('after a hop 401 passes for ten minutes; when it stays, the run stops with the commands that map the bot', async () => {
  const world = await approved('bay 1.34');
  await world.eventually(async () => (await world.run('bay')).steps['control-plane-1.34']?.kind === 'done');
  world.cloud.setFault({ cluster: 'bay', name: 'no-access' });
  await world.comesTo('stopped', 'bay');
  const { steps, stops } = await world.run('bay');
  expect((stops[0]?.at ?? 0) - (steps['control-plane-1.34']?.at ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE);
  expect(world.content('failure:1', 'bay')).toContain(`aws eks create-access-entry --cluster-name bay --region`);
});

test.concurrent('a bot that is not mapped plans with what the bootstrap role sees, maps itself after the start notice, and says so; its own credentials are what counts', async () => {
  const world = opened();
  await world.types('maya', '/eks-upgrade cove 1.34');
  await world.comesTo('awaiting-approval', 'cove');
  expect(world.effects('cove'), 'planning changes nothing').toEqual([]);
  const card = world.content('card', 'cove');
  expect(card).toContain(
    `the bot maps itself, as the fleet file allows: ${UPGRADES_IN_AWS_AUTH} with the group eks-upgrade-bot in aws-auth, written as ${BOOTSTRAP}`,
  );
  expect(card, 'seen as the bootstrap role').toContain('2 pods of users');
  await world.presses('sam', 'Approve', 'cove');
  await world.eventually(() => world.changes('cove').includes('control plane 1.33 → 1.34'));
  const [mapping, next] = world.effects('cove');
  expect(mapping).toMatchObject({
    effect: 'object-changed',
    path: '/api/v1/namespaces/kube-system/configmaps/aws-auth',
    principal: `arn:aws:sts::${ACCOUNT}:assumed-role/cluster-creator/eks-upgrade-bot`,
  });
  expect(next).toMatchObject({ effect: 'control-plane-update-started' });
  const start = world.messages('cove').find(({ metadata }) => metadata?.event_payload['key'] === 'start');
  expect(Number(start?.ts) * 1000).toBeLessThan(Date.parse(mapping?.at ?? ''));
  expect(world.content('step:access', 'cove')).toMatch(
    /aws-auth maps .+:role\/upgrades to eks-upgrade-bot, written as/,
  );
});

test.concurrent('where the fleet file says so the bot makes itself an access entry, for the whole ARN of its role, and plans again as soon as it can look', async () => {
  const world = opened();
  await world.types('maya', '/eks-upgrade reef 1.34');
  await world.comesTo('awaiting-approval', 'reef');
  expect(world.effects('reef')).toEqual([]);
  expect(world.content('card', 'reef')).toContain(`an access entry for ${UPGRADES} with the policy`);
  expect(world.content('card', 'reef')).toContain('Not known: the bot cannot look yet');
  await world.presses('sam', 'Approve', 'reef');
  await world.eventually(() => world.changes('reef').includes('control plane 1.33 → 1.34'));
  expect(world.effects('reef').map(({ effect, principalArn }) => [effect, principalArn])).toEqual([
    ['access-entry-created', UPGRADES],
    ['access-policy-associated', UPGRADES],
    ['control-plane-update-started', undefined],
  ]);
});

test.concurrent('a bot that is not mapped and may not map itself stops planning with the commands of the authentication mode; one whose bootstrap role is of no use there says why', async () => {
  const world = opened();
  await Promise.all(['delta', 'fjord'].map((cluster) => world.types('maya', `/eks-upgrade ${cluster} 1.34`)));
  await Promise.all(['delta', 'fjord'].map((cluster) => world.comesTo('stopped', cluster)));
  const delta = world.content('failure:1', 'delta');
  expect(delta).toContain(`401 for ${UPGRADES_IN_AWS_AUTH}`);
  expect(delta).toContain('kubectl apply -f docs/rbac.yaml');
  expect(delta).toContain('aws eks create-access-entry --cluster-name delta --region eu-central-1');
  expect(delta).toContain(`--principal-arn ${UPGRADES} --kubernetes-groups eks-upgrade-bot`);
  expect(world.buttons('delta')).toEqual(['Check again', 'Abort']);
  expect(world.content('failure:1', 'fjord')).toContain('the cluster does not read aws-auth (authentication mode API)');
  expect([...world.effects('delta'), ...world.effects('fjord')]).toEqual([]);
});

async function approved(request: string): Promise<ScenarioWorld> {
  const world = opened();
  const [cluster = ''] = request.split(' ');
  await world.types('maya', `/eks-upgrade ${request}`);
  await world.comesTo('awaiting-approval', cluster);
  await world.presses('sam', 'Approve', cluster);
  return world;
}

function refusals(world: ScenarioWorld, by: CallCount['caller']): number {
  return count(world, ({ caller, operation }) => caller === by && operation === 'refused: the session has ended');
}

function count(world: ScenarioWorld, which: (call: CallCount) => boolean): number {
  return world.cloud
    .calls()
    .filter(which)
    .reduce((sum, call) => sum + call.count, 0);
}
