import { describe, expect, test } from 'vitest';
import { ownImage } from '#test/simulators/cloud/versions.ts';
import { type ScenarioCluster, selfManaged } from '../support/scenario-clusters.ts';
import { sharedWorld } from '../support/scenario-world.ts';

/** Needs eksctl for nothing but its node groups. */
const cluster = (name: string): ScenarioCluster => selfManaged(name, { version: '1.23', seed: { addons: 'eks' } });

/** With one more, whose nodes start from an AMI of the team's own. */
function withOwnImage({ source, ...rest }: ScenarioCluster): ScenarioCluster {
  const own = `nodeGroup { name: 'nb-own', ami: '${ownImage('us-west-2').imageId}' },`;
  return { ...rest, source: source.replace('  ],\n}', `    ${own}\n  ],\n}`) };
}

const EIGHT = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) => `nb-${letter}`);

/** Eight groups for people, as many as eksctl creates at the same time; each is proven by a node. */
function eightGroups(name: string): ScenarioCluster {
  const group = (of: string): string => `
  - { name: ${of}, amiFamily: AmazonLinux2, instanceType: m5.large, minSize: 0, maxSize: 10, desiredCapacity: 0 }`;
  const source = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: ${name}, region: us-west-2, version: "1.23" }
nodeGroups:
  - { name: core-a, amiFamily: AmazonLinux2, instanceType: m5.large, minSize: 1, maxSize: 3, desiredCapacity: 1 }${EIGHT.map(group).join('')}
`;
  return {
    name,
    file: `${name}.yaml`,
    source,
    skew: 'supported',
    seed: { addons: 'eks' },
    fleet: { proveEmptyGroups: 'all' },
  };
}

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({
  clusters: [withOwnImage(cluster('proven')), ...['scarce', 'sick', 'visited'].map(cluster), eightGroups('partly')],
  faults: [
    { cluster: 'scarce', name: 'no-capacity', nodeGroup: 'nb-small' },
    { cluster: 'sick', name: 'nodes-never-ready', nodeGroup: 'nb-small' },
    { cluster: 'partly', name: 'stack-rolls-back', nodeGroup: 'nb-b', times: 1 },
  ],
});

async function approved(name: string): Promise<void> {
  await world().types('maya', `/eks-upgrade ${name} 1.24`);
  await world().comesTo('awaiting-approval', name);
  await world().presses('sam', 'Approve', name);
}

/** How the size of the group was changed, and by whom. */
function sizes(name: string): string[] {
  return world()
    .effects(name)
    .flatMap((effect) => {
      const [group, from, to, pods] = ['nodeGroup', 'from', 'to', 'userPods'].map((detail) => String(effect[detail]));
      if (effect.effect === 'desired-capacity-set') return [`${effect.caller}: ${group} ${from} → ${to}`];
      return effect.effect === 'instance-terminated' ? [`${effect.caller}: ${group} back, ending ${pods} servers`] : [];
    });
}

describe.concurrent('groups that want no nodes', () => {
  test('one is proven by a node, which is taken away again; the plan says so before, the step and its thread after, and that an AMI of the team could not be checked', async () => {
    await approved('proven');
    expect(world().content('card', 'proven')).toContain('Prove by a node each, for a few minutes: `nb-small`');
    expect(world().content('card', 'proven')).toMatch(/The version of node groups could not be checked: nb-own \(/);
    await world().comesTo('succeeded', 'proven');
    expect(world().content('step:node-groups-1.24-create-others', 'proven')).toMatch(
      /nb-own: no nodes wanted, version not checked \(/,
    );
    expect(sizes('proven')).toEqual(['bot: nb-small 0 → 1', 'bot: nb-small back, ending 0 servers']);
    expect(world().content('step:node-groups-1.24-prove', 'proven')).toMatch(/nb-small: ip-\S+ was Ready at 1\.24/);
    expect(
      world()
        .cluster('proven')
        .nodeGroups.find(({ name }) => name === 'nb-small'),
    ).toMatchObject({ nodes: 0 });
  });

  test('no capacity for such a node is no failure: the upgrade ends well, and its notice says what was not proven and why', async () => {
    await approved('scarce');
    await world().comesTo('succeeded', 'scarce');
    expect(sizes('scarce')).toEqual(['bot: nb-small 0 → 1', 'bot: nb-small 1 → 0']);
    expect(world().content('finish', 'scarce')).toMatch(
      /nb-small was not proven by a node: AWS has no capacity for it now: We currently do not have sufficient m5\.large capacity/,
    );
    expect(world().content('step:node-groups-1.24-prove', 'scarce')).toContain('nb-small was not proven by a node');
  });

  test('a node that runs and never becomes Ready is a failure with its reason, and the size is set back before; Retry proves the group', async () => {
    await approved('sick');
    await world().comesTo('stopped', 'sick');
    expect(sizes('sick')).toEqual(['bot: nb-small 0 → 1', 'bot: nb-small back, ending 0 servers']);
    expect(world().text('failure:1', 'sick')).toMatch(
      /no node of 1\.24 works in a new node group: node ip-\S+ of nb-small joined, but is not Ready 15 minutes after/i,
    );
    expect(
      world()
        .cluster('sick')
        .nodeGroups.find(({ name }) => name === 'nb-small'),
    ).toMatchObject({ nodes: 0 });

    world().cloud.setFault({ cluster: 'sick', name: 'nodes-never-ready' }, false);
    await world().presses('maya', 'Retry', 'sick');
    await world().comesTo('succeeded', 'sick');
    expect(sizes('sick').slice(2)).toEqual(['bot: nb-small 0 → 1', 'bot: nb-small back, ending 0 servers']);
  });

  test('a person whose server has landed on the node keeps it: its size stays, and the finish notice says so', async () => {
    await approved('visited');
    await world().eventually(() => sizes('visited').length === 1);
    world().cloud.setActivity('visited', 1);
    await world().comesTo('succeeded', 'visited');
    expect(sizes('visited')).toEqual(['bot: nb-small 0 → 1']);
    // Whether it landed on the node, or the autoscaler made it another, is chance.
    expect(world().cluster('visited')).toMatchObject({ activity: 1 });
    expect(world().content('finish', 'visited')).toMatch(
      /The size of nb-small was not set back: (pods of others run on it by now \(prod\/jupyter-user-1\)|its size was raised to 2 by somebody else)/,
    );
  });

  test('one of eight stacks fails: the others are kept and mapped, its reason is shown, Retry creates only that one; where the fleet file says so each is proven by a node', async () => {
    await approved('partly');
    await world().comesTo('stopped', 'partly');
    expect(world().text('failure:1', 'partly')).toMatch(
      /CloudFormation could not create node group nb-b \(ROLLBACK_COMPLETE\): .*vCPU limit/,
    );
    // The bot looks at the cluster after the stop, and then the notice says what is there.
    const notice = () => world().content('failure:1', 'partly');
    await world().eventually(() =>
      notice().includes('Servers that run on `nb-b` cannot start until this group is back'),
    );
    expect(notice()).toContain('creates what is missing of `nb-a`, `nb-b`');
    const { notes: letIn } = (await world().run('partly')).steps['node-groups-1.24-create-others'] ?? { notes: [] };
    expect(letIn.join(), 'people need not do without the others').toMatch(
      /nb-a-NodeInstanceRole-\S+ .*: the bot did so/,
    );
    const before = world().changes('partly');
    expect(before.slice(-8).toSorted()).toEqual(EIGHT.map((group) => `create ${group}`));

    await world().presses('maya', 'Retry', 'partly');
    await world().comesTo('succeeded', 'partly');
    expect(world().changes('partly').slice(before.length)).toEqual(['delete nb-b', 'create nb-b']);
    const groups = world().cluster('partly').nodeGroups;
    expect(groups.map(({ name, version, stackStatus }) => `${name} ${version} ${stackStatus}`)).toEqual(
      expect.arrayContaining(EIGHT.map((name) => `${name} 1.24 CREATE_COMPLETE`)),
    );
    const proofs = sizes('partly').toSorted();
    expect(proofs).toEqual(
      EIGHT.flatMap((group) => [`bot: ${group} 0 → 1`, `bot: ${group} back, ending 0 servers`]).toSorted(),
    );
  });
});
