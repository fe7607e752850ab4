import { expect, test } from 'vitest';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, sharedWorld } from '../support/scenario-world.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const LATE = 'delay:control-plane-1.34';

/**
 * AWS misbehaves. Updates that fail, stacks that roll back or cannot be deleted: failures.test.ts. Three hours take 5 s
 * here: nothing in this world has to be over before a deadline of the run.
 */
const opened = sharedWorld({
  speed: 2000,
  durations: {},
  clusters: [
    ...['reef', 'cove', 'delta', 'bay'].map((name) => managed(name, { version: '1.33' })),
    selfManaged('isle', { version: '1.23', seed: { addons: 'eks', activity: 2 } }),
  ],
  faults: [
    { cluster: 'cove', name: 'resource-in-use' },
    { cluster: 'delta', name: 'update-takes-hours' },
    { cluster: 'bay', name: 'no-capacity', times: 1 },
    { cluster: 'isle', name: 'no-capacity', times: 1 },
    { cluster: 'isle', name: 'nodes-never-ready', times: 1 },
  ],
});

/** The SDK pauses in real time before it tries again, and a run has half an hour of patience: this clock is slow. */
const slow = sharedWorld({
  speed: 200,
  durations: {
    controlPlaneUpdate: 2 * MINUTE,
    addonUpdate: 5 * SECOND,
    managedUpdateBase: MINUTE,
    managedUpdatePerNode: 0,
  },
  clusters: [managed('harbor', { version: '1.33' })],
  faults: [
    { cluster: 'harbor', name: 'throttling', times: 4 },
    { cluster: 'harbor', name: 'answer-lost', times: 3 },
    { cluster: 'harbor', name: 'stale-reads' },
  ],
});

test.concurrent('throttling, 5xx, lost connections and answers, and reads of the past: the run waits, asks for each thing once, and succeeds', async () => {
  const world = await approved('harbor 1.34', slow());
  await begins(world, 'harbor');
  world.cloud.setFault({ cluster: 'harbor', name: 'server-errors' });
  await waitedFor(world, 'harbor', /^an answer: eks:\w+: AWS cannot answer now/);
  world.cloud.setFault({ cluster: 'harbor', name: 'server-errors' }, false);
  world.cloud.setFault({ cluster: 'harbor', name: 'connection-reset', times: 5 });
  await world.comesTo('succeeded', 'harbor');
  expect(world.changes('harbor')).toEqual([
    'control plane 1.33 → 1.34',
    'add-on kube-proxy',
    'update core to 1.34',
    'update nb-small to 1.34',
  ]);
  expect(keys(world, 'harbor')).toEqual(['start', 'finish']);
});

test.concurrent('expired credentials are waited for; never renewed they stop the run, which says so and goes on with good ones', async () => {
  const world = await approved('reef 1.34');
  await begins(world, 'reef');
  world.cloud.setFault({ cluster: 'reef', name: 'expired-credentials' });
  await waitedFor(world, 'reef', /^an answer: eks:\w+: the bot's AWS credentials are expired/);
  await world.comesTo('stopped', 'reef');
  expect(world.text('failure:1', 'reef')).toMatch(
    /Cause: Eks:DescribeUpdate: the bot's AWS credentials are expired.* What to do: Give the bot credentials that are good .+, then press Check again\./,
  );
  world.cloud.setFault({ cluster: 'reef', name: 'expired-credentials' }, false);
  await world.presses('maya', 'Check again', 'reef');
  await world.eventually(() => world.changes('reef').includes('add-on kube-proxy'));
  expect(world.changes('reef')[1], 'the update of before, and no second one').toBe('add-on kube-proxy');
});

test.concurrent('a cluster that EKS is busy with for an hour stops the run in the words of EKS; Retry takes up the update that somebody else has begun meanwhile', async () => {
  const world = await approved('cove 1.34');
  await world.eventually(() =>
    /Waiting for EKS to take the update to 1\.34 \(it says: .+ in progress\)/.test(world.text('card', 'cove')),
  );
  await world.comesTo('stopped', 'cove');
  expect(world.text('failure:1', 'cove')).toContain('EKS has refused the update to 1.34 for an hour');
  expect(world.changes('cove')).toEqual([]);
  world.cloud.setFault({ cluster: 'cove', name: 'resource-in-use' }, false);
  world.cloud.setFault({ cluster: 'cove', name: 'update-takes-hours' });
  world.cloud.setFault({ cluster: 'cove', name: 'update-by-someone-else' });
  await world.presses('maya', 'Retry', 'cove');
  const updates = await world.eventually(() => {
    const started = world.effects('cove').filter(({ effect }) => effect === 'control-plane-update-started');
    const words = `adopted update ${String(started[0]?.['updateId'])}, which was in flight already`;
    return world.content('step:control-plane-1.34', 'cove').includes(words) && started;
  });
  expect(updates, 'none of the bot').toMatchObject([{ caller: 'other', to: '1.34' }]);
});

test.concurrent('an update that takes three hours is told once: what is late, what it means for users, what to do, and in the end that it is over', async () => {
  const world = await approved('delta 1.34');
  await world.eventually(() => world.text(LATE, 'delta') !== '');
  expect(world.text(LATE, 'delta')).toMatch(
    /^The upgrade of delta from 1\.33 to 1\.34 takes longer than planned\. Step \d of \d, control plane 1\.33 → 1\.34, is under way since .+ about 10 min is usual\. Waiting for EKS to update the control plane to 1\.34 .+ Running servers keep running\./,
  );
  expect(world.content(LATE, 'delta')).toContain('ask AWS support');
  await world.eventually(() => world.content('card', 'delta').includes('longer than usual'));
  expect((await world.run('delta')).state.kind).toBe('running');
  expect(world.buttons('delta')).toEqual(['Stop after this step']);
  await world.eventually(() => world.text(LATE, 'delta').includes('was late'));
  expect(world.text(LATE, 'delta')).toMatch(
    /^The upgrade of delta from 1\.33 to 1\.34 was late: step \d of \d, control plane 1\.33 → 1\.34, is done after 3 h.*; about 10 min is usual\.$/,
  );
  expect(world.content(LATE, 'delta'), 'nothing to do any more').not.toContain('ask AWS support');
  expect(world.doubled()).toEqual([]);
});

test.concurrent('no capacity for the new nodes of a managed group stops the run with the reason of EC2; Retry goes on when there is some', async () => {
  const world = await approved('bay 1.34');
  await world.comesTo('stopped', 'bay');
  expect(world.text('failure:1', 'bay')).toMatch(/EKS could not update node group core to 1\.34: NodeCreationFailure/);
  expect(world.content('failure:1', 'bay')).toContain('We currently do not have sufficient m7i.large capacity');
  const core = world.cluster('bay').nodeGroups.find(({ name }) => name === 'core');
  expect(core, 'the old node is there').toMatchObject({ version: '1.33', readyNodes: 1 });
  world.cloud.setFault({ cluster: 'bay', name: 'no-capacity' }, false);
  await world.presses('maya', 'Retry', 'bay');
  await world.eventually(
    async () => (await world.run('bay')).steps['node-groups-1.34-update-managed']?.kind === 'done',
  );
  expect(world.cluster('bay').nodeGroups).toMatchObject([{ version: '1.34', readyNodes: 1 }, { version: '1.34' }]);
});

test.concurrent('a new core group without capacity, that never gets Ready, or that somebody deletes by hand, keeps everything else from being deleted', async () => {
  const world = await approved('isle 1.24');
  await world.comesTo('stopped', 'isle');
  expect(world.text('failure:1', 'isle')).toMatch(
    /could not create node group core-b \(ROLLBACK_COMPLETE\): .*do not have sufficient m5\.large capacity in the Availability Zone/,
  );
  expect(world.changes('isle').filter(isDeletion)).toEqual([]);

  await world.presses('maya', 'Retry', 'isle');
  await waitedFor(world, 'isle', /^nodes to join and become Ready at 1\.24 \(core-b: 0 of 1\)/);
  await world.comesTo('stopped', 'isle');
  expect(world.text('failure:2', 'isle')).toMatch(/nodes are not Ready 30 minutes after .* \(core-b: 0 of 1\)/i);
  expect(world.changes('isle').filter(isDeletion), 'what had rolled back').toEqual(['delete core-b']);

  world.cloud.setFault({ cluster: 'isle', name: 'nodes-never-ready' }, false);
  await world.presses('maya', 'Retry', 'isle');
  world.cloud.setActivity('isle', 5);
  await world.comesTo('waiting', 'isle');
  world.cloud.setFault({ cluster: 'isle', name: 'stack-deleted-by-hand', nodeGroup: 'core-b' });
  world.cloud.setActivity('isle', 0);
  await world.comesTo('stopped', 'isle');
  expect(world.text('failure:3', 'isle')).toMatch(
    /core group core-b, which replaces what is to be deleted, is missing/i,
  );
  expect(world.changes('isle').filter(isDeletion), "somebody else's").toEqual(['delete core-b', 'delete core-b']);
  expect(world.cluster('isle').nodeGroups).toMatchObject([{ name: 'core-a', readyNodes: 1 }, { name: 'nb-small' }]);
});

async function approved(request: string, world = opened()): Promise<ScenarioWorld> {
  const [cluster = ''] = request.split(' ');
  await world.types('maya', `/eks-upgrade ${request}`);
  await world.comesTo('awaiting-approval', cluster);
  await world.presses('sam', 'Approve', cluster);
  return world;
}

function begins(world: ScenarioWorld, cluster: string): Promise<unknown> {
  return world.eventually(() => world.changes(cluster).includes('control plane 1.33 → 1.34'));
}

function waitedFor(world: ScenarioWorld, cluster: string, what: RegExp): Promise<unknown> {
  return world.eventually(async () =>
    (await world.events(cluster)).some((event) => event.kind === 'step-waiting' && what.test(event.for)),
  );
}

function keys(world: ScenarioWorld, cluster: string): (string | undefined)[] {
  return world.notices(cluster).map((notice) => /^[a-z]+(?::\d+)?/.exec(notice)?.[0]);
}

function isDeletion(change: string): boolean {
  return change.startsWith('delete');
}
