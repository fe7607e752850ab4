import { expect } from 'vitest';
import { inPlanOrder } from '../support/in-plan-order.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { ADMIN, type ScenarioWorld, scenario } from '../support/scenario-world.ts';

scenario.concurrent(
  'a control plane that EKS cannot update stops the run in words; Retry asks again',
  async ({ startWorld }) => {
    const world = await startWorld({
      clusters: [managed('harbor', { version: '1.33' })],
      faults: [{ cluster: 'harbor', name: 'update-fails', times: 1 }],
    });
    await approved(world, 'harbor 1.34');
    await world.comesTo('stopped');
    expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'failure']);
    expect(world.text('failure:1')).toMatch(
      /^The upgrade of harbor from 1\.33 to 1\.34 stopped: the step "control plane 1\.33 → 1\.34" failed\./,
    );
    expect(world.content('failure:1')).toContain('IpNotAvailable');
    expect(world.buttons()).toEqual(['Retry', 'Abort']);
    expect(world.cluster().version).toBe('1.33');
    await world.presses('robin', 'Retry');
    await world.isTold('robin', /Only approvers of the fleet file and the person who asked/);

    await world.presses('maya', 'Retry');
    await world.comesTo('succeeded');
    expect(world.changes()).toEqual([
      'control plane 1.33 → 1.34',
      'control plane 1.33 → 1.34',
      'add-on kube-proxy',
      'update core to 1.34',
      'update nb-small to 1.34',
    ]);
    expect(world.text('failure:1')).toContain('Retry was pressed by <@U0MAYA000>');
    expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'failure', 'finish']);
    expect(world.doubled()).toEqual([]);
  },
);

scenario.concurrent(
  'a stack that rolls back, and one that cannot be deleted, stop the run with their reasons and what to do; with that, Retry goes on',
  async ({ startWorld }) => {
    const world = await startWorld({
      clusters: [selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } })],
      faults: [{ cluster: 'coast', name: 'stack-rolls-back', times: 1 }],
    });
    await approved(world, 'coast 1.24');
    await world.comesTo('stopped');
    const before = world.changes();
    expect(before).toContain('create core-b');
    expect(
      before.filter((line) => line.startsWith('delete')),
      'nothing is deleted without a new core',
    ).toEqual([]);
    expect(world.text('failure:1')).toMatch(/CloudFormation could not create node group core-b.*\(ROLLBACK_COMPLETE\)/);
    expect(world.cluster().nodeGroups.map(({ name, stackStatus }) => `${name} ${stackStatus}`)).toEqual(
      expect.arrayContaining(['core-a CREATE_COMPLETE', 'nb-small CREATE_COMPLETE']),
    );

    await world.presses('sam', 'Retry');
    await world.eventually(() => world.changes().slice(before.length).includes('create core-b'));
    world.cloud.setFault({ cluster: 'coast', name: 'delete-fails', times: 1 });
    await world.comesTo('stopped');
    expect(world.text('failure:2')).toMatch(
      /CloudFormation could not delete node group nb-small \(DELETE_FAILED\): .*must detach all policies first.* delete eksctl-coast-nodegroup-nb-small in CloudFormation by hand.* When it is gone, press Retry/,
    );
    world.cloud.setFault({ cluster: 'coast', name: 'stack-deleted-by-hand', nodeGroup: 'nb-small' });
    await world.presses('sam', 'Retry');
    await world.comesTo('succeeded');
    // The other groups are exchanged beside the deletion of the old core: in which order is chance.
    expect(world.changes().slice(before.length).toSorted()).toEqual([
      'create core-b',
      'create nb-small',
      'delete core-a',
      'delete core-b',
      'delete nb-small',
      'delete nb-small',
    ]);
    expect(world.cluster().nodeGroups.map(({ name }) => name)).toEqual(['core-b', 'nb-small']);
  },
);

scenario.concurrent(
  'a config that does not evaluate is shown as it is, with file and line; Retry takes the corrected one',
  async ({ startWorld }) => {
    const coast = selfManaged('coast', { version: '1.24' });
    const world = await startWorld({ clusters: [coast] });
    await world.remote.commit(coast.file, `${coast.source}}  // one brace too many\n`);
    await world.types('maya', '/eks-upgrade coast 1.25');
    await world.comesTo('stopped');
    expect(world.content('failure:1')).toMatch(/coast\.jsonnet:16/);
    expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['failure']);
    await world.remote.commit(coast.file, coast.source);
    await world.presses('maya', 'Retry');
    await world.comesTo('awaiting-approval');
    expect(world.changes()).toEqual([]);
  },
);

scenario.concurrent(
  'a bot that no cluster knows says which command maps it; with that, Check again goes on',
  async ({ startWorld }) => {
    const world = await startWorld({
      clusters: [
        managed('harbor', { version: '1.33', seed: { mapped: [ADMIN.arn], authenticationMode: 'CONFIG_MAP' } }),
      ],
    });
    await world.types('maya', '/eks-upgrade harbor 1.34');
    const { stops } = await world.comesTo('stopped');
    expect(world.text('failure:1')).toContain(
      'Kubernetes does not know the bot in cluster harbor (401 for arn:aws:iam::111122223333:user/eks-upgrade-bot)',
    );
    expect(world.buttons()).toEqual(['Check again', 'Abort']);

    const cause = stops[0]?.cause;
    const advice = cause !== undefined && 'failure' in cause ? (cause.failure.detail ?? '') : '';
    const [rules = '', ...mapping] = advice.split('\n');
    expect(rules).toContain('kubectl apply -f docs/rbac.yaml');
    await world.adminRuns(mapping.join(' ').replace('\\', ''));
    await world.presses('maya', 'Check again');
    await world.comesTo('awaiting-approval');
  },
);

scenario.concurrent(
  'an eksctl that does nothing and says that all went well is not believed',
  async ({ startWorld }) => {
    const world = await startWorld({
      clusters: [selfManaged('coast', { version: '1.23' })],
      eksctl: ['exit-0-nothing'],
    });
    await approved(world, 'coast 1.24');
    await world.comesTo('stopped');
    expect(world.changes()).toEqual(['control plane 1.23 → 1.24']);
    expect(
      world.notices().map((notice) => notice.split(':')[0]),
      'no finish notice',
    ).toEqual(['start', 'failure']);
  },
);

scenario.concurrent('an eksctl that did its work and then fails makes no difference', async ({ startWorld }) => {
  const world = await startWorld({
    clusters: [selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } })],
    eksctl: ['eksctl-exits-1'],
  });
  await approved(world, 'coast 1.24');
  await world.comesTo('succeeded');
  expect(inPlanOrder(world.changes()).slice(-4)).toEqual([
    'create core-b',
    'delete core-a',
    'delete nb-small',
    'create nb-small',
  ]);
  expect(await world.eksctlCalls(), 'each command once').toHaveLength(4);
  expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
});

async function approved(world: ScenarioWorld, request: string): Promise<void> {
  await world.types('maya', `/eks-upgrade ${request}`);
  await world.comesTo('awaiting-approval');
  await world.presses('sam', 'Approve');
}
