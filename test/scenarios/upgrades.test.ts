import { expect } from 'vitest';
import { describeEffect } from '../support/describe-effect.ts';
import { inPlanOrder } from '../support/in-plan-order.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';

scenario.concurrent('a whole upgrade of self-managed groups, row by row of the runbook', async ({ startWorld }) => {
  const world = await startWorld({ clusters: [selfManaged('coast', { version: '1.22' })], durations: {} });
  const answer = await world.types('maya', '/eks-upgrade coast 1.24');
  expect(answer).toMatch(/^The upgrade of coast to 1\.24 is being planned\. Nothing is changed before/);
  await world.comesTo('awaiting-approval');
  expect(world.content('card')).toContain('create core-b at 1.24');
  expect(world.changes(), 'nothing before an approval').toEqual([]);
  await world.presses('sam', 'Approve');
  await world.comesTo('succeeded');

  expect(inPlanOrder(world.changes())).toEqual([
    'control plane 1.22 → 1.23',
    'change aws-node',
    'change coredns',
    'change kube-proxy',
    'control plane 1.23 → 1.24',
    'change coredns',
    'change kube-proxy',
    'create core-b',
    'delete core-a',
    'delete nb-small',
    'create nb-small',
  ]);
  expect(inPlanOrder(await world.eksctlCalls())).toEqual([
    'utils update-aws-node --approve',
    'utils update-coredns --approve',
    'utils update-kube-proxy --approve',
    'utils update-aws-node --approve',
    'utils update-coredns --approve',
    'utils update-kube-proxy --approve',
    'create nodegroup --include=core-b',
    'delete nodegroup --include=core-a --approve --update-auth-configmap=false --drain=false',
    'delete nodegroup --include=nb-small --approve --wait --drain=false',
    'create nodegroup --include=nb-small',
  ]);
  const images = world.cloud
    .calls()
    .find(({ caller, operation }) => caller === 'eksctl' && operation === 'GetParameter');
  expect(images?.count, 'eksctl looked for the images of both groups, then only for that of the planned one').toBe(3);
  for (const deletion of ['delete core-a', 'delete nb-small']) {
    expect(minutesBetween(world, 'create core-b', deletion), 'a new core takes 4.5 minutes').toBeGreaterThan(4.5);
  }
  expect(minutesBetween(world, 'delete nb-small', 'create nb-small'), 'a deletion takes 40 s').toBeGreaterThan(0.6);

  const { version, nodeGroups, addons } = world.cluster();
  expect(version).toBe('1.24');
  expect(nodeGroups).toEqual([
    { name: 'core-b', kind: 'self-managed', version: '1.24', nodes: 1, readyNodes: 1, stackStatus: 'CREATE_COMPLETE' },
    {
      name: 'nb-small',
      kind: 'self-managed',
      version: '1.24',
      nodes: 0,
      readyNodes: 0,
      stackStatus: 'CREATE_COMPLETE',
    },
  ]);
  expect(addons.find(({ name }) => name === 'kube-proxy')?.version).toBe('1.24');

  expect(world.notices()).toEqual([
    expect.stringMatching(
      /^start: Maintenance of coast begins: Kubernetes upgrade from 1\.22 to 1\.24\. Users will be disrupted, and uptime checks may alert\./,
    ),
    expect.stringMatching(
      /^finish: Maintenance of coast is finished: the upgrade from 1\.22 to 1\.24 succeeded after .+\. The changed config is in git\.$/,
    ),
  ]);
  expect(world.content('finish')).toContain('Control plane: 1.22 → 1.24');
  expect(world.content('finish')).toContain('Asked for by <@U0MAYA000>, approved by <@U0SAM0000>');
  expect(world.doubled()).toEqual([]);
  expect(world.buttons()).toEqual([]);
  expect(world.content('card')).toContain('Approved by <@U0SAM0000>');
  expect(await changedLines(world, 'eks-upgrade/coast-1.24')).toEqual([
    "-    version: '1.22',",
    "+    version: '1.24',",
    "-    nodeGroup { name: 'core-a', minSize: 1, maxSize: 10, desiredCapacity: 1 },",
    "+    nodeGroup { name: 'core-b', minSize: 1, maxSize: 10, desiredCapacity: 1 },",
  ]);
  expect(await world.types('sam', '/eks-upgrade status coast')).toMatch(
    /^• The upgrade of coast from 1\.22 to 1\.24 succeeded/,
  );
});

scenario.concurrent(
  '1.21 to 1.24 takes two rotations of the nodes, or one where they may run ahead of the control plane',
  async ({ startWorld }) => {
    const eksAddons = { version: '1.21', seed: { addons: 'eks' } } as const;
    const world = await startWorld({
      clusters: [selfManaged('coast', eksAddons), selfManaged('delta', { ...eksAddons, skew: 'runbook' })],
    });
    for (const name of ['coast', 'delta']) {
      await world.types('maya', `/eks-upgrade ${name} 1.24`);
      await world.comesTo('awaiting-approval', name);
    }
    expect(world.content('card', 'delta')).toContain('which is not supported by Kubernetes');
    expect(world.content('card', 'coast')).not.toContain('not supported by Kubernetes');
    for (const name of ['coast', 'delta']) await world.presses('sam', 'Approve', name);
    for (const name of ['coast', 'delta']) await world.comesTo('succeeded', name);

    // From 1.11 to 1.18 one minor at a time, which is all that EKS takes.
    const further = (from: number) => (from === 22 ? Array.from({ length: 6 }, () => 'add-on vpc-cni') : []);
    const hops = (from: number) => [
      `control plane 1.${from} → 1.${from + 1}`,
      'add-on vpc-cni',
      'add-on coredns',
      ...further(from),
      'add-on kube-proxy',
    ];
    const rotation = (from: string, to: string) => [
      `create ${to}`,
      `delete ${from}`,
      'delete nb-small',
      'create nb-small',
    ];
    expect(inPlanOrder(world.changes('coast'))).toEqual([
      ...hops(21),
      ...hops(22),
      ...rotation('core-a', 'core-b'),
      ...hops(23),
      ...rotation('core-b', 'core-a'),
    ]);
    expect(inPlanOrder(world.changes('delta'))).toEqual([
      ...hops(21),
      ...hops(22),
      ...rotation('core-a', 'core-b'),
      ...hops(23),
    ]);
    const cni = world
      .effects('coast')
      .flatMap(({ effect, addon, to }) =>
        effect === 'addon-update-started' && addon === 'vpc-cni' ? [Number(String(to).split('.')[1])] : [],
      );
    expect(cni, 'a minor at a time').toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19]);
    for (const [name, core] of [
      ['coast', 'core-a'],
      ['delta', 'core-b'],
    ] as const) {
      const { version, nodeGroups } = world.cluster(name);
      expect([version, ...nodeGroups.map((group) => `${group.name} ${group.version}`)]).toEqual([
        '1.24',
        `${core} 1.24`,
        'nb-small 1.24',
      ]);
    }
    expect(await changedLines(world, 'eks-upgrade/coast-1.24'), 'the core group has its old name again').toEqual([
      "-    version: '1.21',",
      "+    version: '1.24',",
    ]);
    expect(world.doubled()).toEqual([]);
  },
);

scenario.concurrent('managed groups and EKS add-ons, described in YAML, need no eksctl', async ({ startWorld }) => {
  const world = await startWorld({ clusters: [managed('harbor', { version: '1.33' })], durations: {} });
  await world.types('maya', '/eks-upgrade harbor 1.34');
  await world.comesTo('awaiting-approval');
  await world.presses('sam', 'Approve');
  await world.comesTo('succeeded');

  expect(world.changes()).toEqual([
    'control plane 1.33 → 1.34',
    'add-on kube-proxy',
    'update core to 1.34',
    'update nb-small to 1.34',
  ]);
  expect(minutesBetween(world, 'control plane 1.33 → 1.34', 'update core to 1.34')).toBeGreaterThan(10);
  const { version, nodeGroups } = world.cluster();
  expect([version, ...nodeGroups.map((group) => `${group.name} ${group.version}`)]).toEqual([
    '1.34',
    'core 1.34',
    'nb-small 1.34',
  ]);
  expect(await world.eksctlCalls()).toEqual([]);
  expect(await changedLines(world, 'eks-upgrade/harbor-1.34')).toEqual(['-  version: "1.33"', '+  version: "1.34"']);
  expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
});

scenario.concurrent(
  'aws-node that fails on runAsNonRoot is patched, and the image of kube-proxy does not matter below 1.23',
  async ({ startWorld }) => {
    const cluster = managed('coast', { version: '1.21', amiFamily: 'AmazonLinux2', seed: { addons: 'self-managed' } });
    const world = await startWorld({
      clusters: [cluster],
      faults: [
        { cluster: 'coast', name: 'aws-node-run-as-non-root' },
        { cluster: 'coast', name: 'kube-proxy-image-pull-fails' },
      ],
    });
    await world.types('maya', '/eks-upgrade coast 1.22');
    await world.comesTo('awaiting-approval');
    expect(world.content('card')).toContain('The image of kube-proxy may fail to be pulled below Kubernetes 1.23');
    await world.presses('sam', 'Approve');
    await world.eventually(() => world.text('step:add-ons-1.22').includes('is done'));
    expect(world.content('step:add-ons-1.22')).toContain('its securityContext was patched');
    expect(world.content('step:add-ons-1.22')).toContain('kube-proxy cannot pull its image');
    expect(world.changes().slice(0, 5)).toEqual([
      'control plane 1.21 → 1.22',
      'change aws-node',
      'change aws-node',
      'change coredns',
      'change kube-proxy',
    ]);
    await world.comesTo('succeeded');
  },
);

/** Simulated minutes from the beginning of one change to that of another. */
function minutesBetween(world: ScenarioWorld, first: string, second: string): number {
  const lines = world.effects().map((effect) => ({ at: Date.parse(effect.at), line: describeEffect(effect) }));
  const at = (line: string): number => lines.find((each) => each.line === line)?.at ?? Number.NaN;
  return (at(second) - at(first)) / 60_000;
}

async function changedLines(world: ScenarioWorld, branch: string): Promise<string[]> {
  const diff = await world.remote.diffOf(branch);
  return diff.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
}
