import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { DetachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { describe, expect, test } from 'vitest';
import { kubeOf } from '#test/simulators/cloud/testing.ts';
import { managed, type ScenarioCluster, selfManaged } from '../support/scenario-clusters.ts';
import { ADMIN, sharedWorld } from '../support/scenario-world.ts';

/** As configs were before eksctl's default was another one. */
function withoutFamily(cluster: ScenarioCluster): ScenarioCluster {
  return { ...cluster, source: cluster.source.replace(/import '([^']+)'/, "(import '$1') { amiFamily:: null }") };
}

const LEFT_OVER = "    nodeGroup { name: 'nb-old' },\n";

function withLeftOver(cluster: ScenarioCluster): ScenarioCluster {
  return { ...cluster, source: cluster.source.replace('    nodeGroup { name: ', `${LEFT_OVER}    nodeGroup { name: `) };
}

const coral = withLeftOver(selfManaged('coral', { version: '1.23', seed: { addons: 'eks' } }));
const ownVpc = { public: false, private: true, publicCidrs: [] };

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({
  clusters: [
    withoutFamily(selfManaged('amber', { version: '1.23' })),
    { ...withoutFamily(selfManaged('birch', { version: '1.23' })), allowAmiFamilyChange: true },
    coral,
    managed('delta', { version: '1.33', seed: { endpointAccess: ownVpc } }),
    managed('ember', { version: '1.33' }),
    managed('fjord', { version: '1.33' }),
  ],
  faults: [
    { cluster: 'delta', name: 'api-server-silent' },
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

  test.each([
    ['delta', /private endpoint only/, 'aws eks update-cluster-config --region eu-central-1 --name delta'],
    ['ember', /certificate that is not of the cluster's authority/, 'without the proxy or load balancer'],
    ['fjord', /is not found \(DNS/, 'nslookup'],
  ])('what keeps the bot from the API server of %s is named, with what to do', async (cluster, cause, help) => {
    await world().types('maya', `/eks-upgrade ${cluster} 1.34`);
    await world().comesTo('stopped', cluster);
    expect(world().text('failure:1', cluster)).toMatch(cause);
    expect(world().content('failure:1', cluster)).toContain(help);
    expect(world().buttons(cluster)).toEqual(['Retry', 'Abort']);
  });

  test('a policy put on a role asks again, keeps the stack in DELETE_FAILED, and is named with what takes it off; what the config does not have is left alone', async () => {
    await world().remote.commit('coral.jsonnet', coral.source.replace(LEFT_OVER, ''));
    await world().types('maya', '/eks-upgrade coral 1.24');
    await world().comesTo('awaiting-approval', 'coral');
    expect(world().content('card', 'coral')).toContain(
      'not in the config: nb-old at 1.23. This run does not touch them',
    );

    world().cloud.setFault({ cluster: 'coral', name: 'policy-attached-by-hand', nodeGroup: 'nb-small' });
    await world().presses('sam', 'Approve', 'coral');
    await world().eventually(() => /nb-small \(AmazonS3ReadOnlyAccess\)/.test(world().content('card', 'coral')));
    expect(world().changes('coral'), 'nothing before somebody has read it').toEqual([]);
    await world().comesTo('awaiting-approval', 'coral');
    await world().presses('sam', 'Approve', 'coral');

    await world().comesTo('stopped', 'coral');
    const failure = world().content('failure:1', 'coral');
    expect(failure).toContain('could not delete node group nb-small (DELETE_FAILED)');
    const [, RoleName, PolicyArn] =
      /aws iam detach-role-policy --role-name (\S+) --policy-arn (arn:[\w:/]+)/.exec(failure) ?? [];
    const [, StackName] =
      /aws cloudformation delete-stack --region us-west-2 --stack-name ([\w-]+)/.exec(failure) ?? [];
    await asAdmin({ RoleName, PolicyArn, StackName });
    await world().eventually(
      () =>
        !world()
          .cluster('coral')
          .nodeGroups.some(({ name }) => name === 'nb-small'),
    );
    await world().presses('sam', 'Retry', 'coral');
    await world().comesTo('succeeded', 'coral');

    const kube = await kubeOf(world().cloud, 'coral');
    const { body } = await kube('GET', '/api/v1/namespaces/kube-system/configmaps/aws-auth');
    const mapped = JSON.stringify(body).match(/role\/eksctl-coral-nodegroup-[\w-]+?(?=-NodeInstanceRole)/g);
    expect(mapped?.map((role) => role.slice('role/eksctl-coral-nodegroup-'.length)).toSorted()).toEqual([
      'core-b',
      'nb-old',
      'nb-small',
    ]);
    expect(
      world()
        .changes('coral')
        .filter((change) => change.includes('nb-old')),
    ).toEqual([]);
    expect(world().cluster('coral').nodeGroups).toContainEqual(
      expect.objectContaining({ name: 'nb-old', version: '1.23', stackStatus: 'CREATE_COMPLETE' }),
    );
  });
});

/** Somebody with rights in AWS runs the commands of the notice. */
async function asAdmin({ RoleName, PolicyArn, StackName }: Record<string, string | undefined>): Promise<void> {
  const client = { region: 'us-west-2', endpoint: world().cloud.awsUrl, credentials: ADMIN };
  await new IAMClient(client).send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  await new CloudFormationClient(client).send(new DeleteStackCommand({ StackName }));
}
