import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { DetachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { describe, expect, test } from 'vitest';
import { kubeOf } from '#test/simulators/cloud/testing.ts';
import { managed, type ScenarioCluster, selfManaged } from '../support/scenario-clusters.ts';
import { ADMIN, sharedWorld } from '../support/scenario-world.ts';
import { until } from '../support/until.ts';

/** As configs were before eksctl's default was another one. */
function withoutFamily(cluster: ScenarioCluster): ScenarioCluster {
  return { ...cluster, source: cluster.source.replace(/import '([^']+)'/, "(import '$1') { amiFamily:: null }") };
}

const LEFT_OVER = "    nodeGroup { name: 'nb-old' },\n";

function withLeftOver(cluster: ScenarioCluster): ScenarioCluster {
  return { ...cluster, source: cluster.source.replace('    nodeGroup { name: ', `${LEFT_OVER}    nodeGroup { name: `) };
}

const coral = withLeftOver(
  selfManaged('coral', { version: '1.23', seed: { addons: 'eks' }, fleet: { proveEmptyGroups: 'none' } }),
);
const SMALL = "nodeGroup { name: 'nb-small',";

/** What people made of it in git: a group is out, one is new and not created yet, and one may grow. */
const coralInGit = coral.source
  .replace(LEFT_OVER, '')
  .replace(SMALL, `nodeGroup { name: 'nb-new' },\n    ${SMALL} maxSize: 20,`);

const ownVpc = { public: false, private: true, publicCidrs: [] };
const someNetworks = { public: true, private: false, publicCidrs: ['203.0.113.0/24'] };

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({
  clusters: [
    withoutFamily(selfManaged('amber', { version: '1.23' })),
    { ...withoutFamily(selfManaged('birch', { version: '1.23' })), allowAmiFamilyChange: true },
    coral,
    selfManaged('heron', { version: '1.32' }),
    managed('delta', { version: '1.33', seed: { endpointAccess: ownVpc } }),
    managed('ember', { version: '1.33' }),
    managed('fjord', { version: '1.33' }),
    managed('grove', { version: '1.33', seed: { endpointAccess: someNetworks } }),
  ],
  faults: [
    { cluster: 'coral', name: 'group-by-hand' },
    { cluster: 'delta', name: 'api-server-silent' },
    { cluster: 'grove', name: 'api-server-silent' },
    { cluster: 'ember', name: 'wrong-certificate-authority' },
    { cluster: 'fjord', name: 'api-server-name-unknown' },
  ],
});

describe.concurrent('what would go wrong half-way is looked for before', () => {
  test('another operating system is refused with the line that keeps it; allowed, the approver sees old and new', async () => {
    await world().types('maya', '/eks-upgrade amber 1.24');
    await world().types('maya', '/eks-upgrade birch 1.24');
    await world().comesTo('refused', 'amber');
    const told = world().content('card', 'amber');
    expect(told).toContain('AmazonLinux2 → AmazonLinux2023: core-a, nb-small');
    expect(told).toContain("write amiFamily: 'AmazonLinux2', into both of these groups in amber.jsonnet");
    expect(told).toContain('set allowAmiFamilyChange: true for amber in the fleet file');
    await world().comesTo('awaiting-approval', 'birch');
    expect(world().content('card', 'birch')).toContain('AmazonLinux2 → AmazonLinux2023: core-a, nb-small');
    expect([...world().changes('amber'), ...world().changes('birch')]).toEqual([]);
  });

  test('Amazon Linux 2, which ends with 1.32, refuses 1.33 with what to write', async () => {
    await world().types('maya', '/eks-upgrade heron 1.33');
    await world().comesTo('refused', 'heron');
    const told = world().content('card', 'heron');
    expect(told).toContain('the config says amiFamily: AmazonLinux2 for core-a, nb-small');
    expect(told).toContain('Change it to AmazonLinux2023');
    expect(world().changes('heron')).toEqual([]);
  });

  test.each([
    ['delta', /private endpoint only/, 'aws eks update-cluster-config --region eu-central-1 --name delta'],
    ['ember', /certificate that is not of the cluster's authority/, 'without the proxy or load balancer'],
    ['fjord', /is not found \(DNS/, 'nslookup'],
    ['grove', /only 203\.0\.113\.0\/24 reach its public endpoint/, 'publicAccessCidrs=\\"203.0.113.0/24,'],
  ])('what keeps the bot from the API server of %s is named, with what to do', async (cluster, cause, help) => {
    await world().types('maya', `/eks-upgrade ${cluster} 1.34`);
    await world().comesTo('stopped', cluster);
    expect(world().text('failure:1', cluster)).toMatch(cause);
    expect(world().content('failure:1', cluster)).toContain(help);
    expect(world().buttons(cluster)).toEqual(['Retry', 'Abort']);
  });

  test('what keeps a stack in DELETE_FAILED, a policy put on its role and a network interface, is named with what takes it off; what the config does not have is named and left alone', async () => {
    await world().remote.commit('coral.jsonnet', coralInGit);
    await world().types('maya', '/eks-upgrade coral 1.26');
    await world().comesTo('refused', 'coral');
    expect(world().content('card', 'coral')).toContain('would stop working: nb-old at 1.23 is too old for 1.26');

    await world().types('maya', '/eks-upgrade coral 1.24');
    await world().comesTo('awaiting-approval', 'coral');
    const card = world().content('card', 'coral');
    expect(card).toContain('not in the config: nb-old at 1.23. This run does not touch them');
    expect(card).toContain('in the config that are not in AWS: nb-new. This run does not create them');
    expect(card).toContain('come back with those of the config: nb-small at most 10 → 20 nodes');
    expect(card).toMatch(
      /no stack of eksctl explains: nodes of no group \(ip-\S+\); the Auto Scaling group nodes-by-hand-/,
    );

    world().cloud.setFault({ cluster: 'coral', name: 'policy-attached-by-hand', nodeGroup: 'nb-small' });
    await world().presses('sam', 'Approve', 'coral');
    await world().eventually(() => /nb-small \(AmazonS3ReadOnlyAccess\)/.test(world().content('card', 'coral')));
    expect(world().changes('coral'), 'nothing before somebody has read it').toEqual([]);
    await world().comesTo('awaiting-approval', 'coral');
    await world().presses('sam', 'Approve', 'coral');

    await world().comesTo('stopped', 'coral');
    const policy = world().content('failure:1', 'coral');
    expect(policy).toContain('could not delete node group nb-small (DELETE_FAILED)');
    world().cloud.setFault({ cluster: 'coral', name: 'network-interface-left' });
    await asAdmin(policy);
    await until(async () => statusOfSmall() === 'DELETE_FAILED');
    await world().presses('maya', 'Retry', 'coral');
    await world().eventually(() => world().text('failure:2', 'coral') !== '');
    await world().comesTo('stopped', 'coral');
    const left = world().content('failure:2', 'coral');
    expect(left).toMatch(/network interfaces were left behind: eni-[0-9a-f]+/);
    expect(left).toMatch(/aws ec2 delete-network-interface --region us-west-2 --network-interface-id eni-[0-9a-f]+/);
    world().cloud.setFault({ cluster: 'coral', name: 'network-interface-left' }, false);
    await asAdmin(left);
    await until(async () => statusOfSmall() === undefined);
    await world().presses('sam', 'Retry', 'coral');
    await world().comesTo('succeeded', 'coral');

    const kube = await kubeOf(world().cloud, 'coral');
    const { body } = await kube('GET', '/api/v1/namespaces/kube-system/configmaps/aws-auth');
    const mapped = JSON.stringify(body).match(/role\/[\w-]+?(?=-NodeInstanceRole)/g);
    expect(mapped?.map((role) => role.replace(/^role\/(eksctl-coral-nodegroup-)?/, '')).toSorted()).toEqual([
      'core-b',
      'nb-old',
      'nb-small',
      'nodes-by-hand',
    ]);
    const effects = world().effects('coral');
    // The whole of aws-auth stands in a change of it.
    const touched = effects.filter(({ effect }) => effect !== 'object-changed').map((effect) => JSON.stringify(effect));
    expect(touched.filter((line) => /nb-old|nb-new|nodes-by-hand/.test(line))).toEqual([]);
    expect(world().cluster('coral').nodeGroups).toContainEqual(
      expect.objectContaining({ name: 'nb-old', version: '1.23', stackStatus: 'CREATE_COMPLETE' }),
    );
    expect(
      effects.map(({ effect }) => effect),
      'the fleet file wants no proof',
    ).not.toContain('desired-capacity-set');
  });
});

function statusOfSmall(): string | undefined {
  return world()
    .cluster('coral')
    .nodeGroups.find(({ name }) => name === 'nb-small')?.stackStatus;
}

/** Somebody with rights in AWS runs the commands of the notice. */
async function asAdmin(notice: string): Promise<void> {
  const client = { region: 'us-west-2', endpoint: world().cloud.awsUrl, credentials: ADMIN };
  const [, RoleName, PolicyArn] =
    /aws iam detach-role-policy --role-name (\S+) --policy-arn (arn:[\w:/]+)/.exec(notice) ?? [];
  if (RoleName !== undefined) await new IAMClient(client).send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  const [, StackName] = /aws cloudformation delete-stack --region us-west-2 --stack-name ([\w-]+)/.exec(notice) ?? [];
  await new CloudFormationClient(client).send(new DeleteStackCommand({ StackName }));
}
