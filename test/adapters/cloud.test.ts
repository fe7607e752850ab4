import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCloudOf } from '#src/adapters/cloud.ts';
import { ACCOUNT, fleetCluster } from '#test/contract/cloud-world.ts';
import { CLUSTER_ROLE, type SimulatedWorld, simulatedCloud } from '#test/contract/simulated-cloud.ts';
import { shippedPolicy } from '#test/simulators/cloud/rights/shipped.ts';

let world: SimulatedWorld;
const silent = { debug: () => {}, info: () => {}, warn: () => {} };

beforeEach(async () => {
  world = await simulatedCloud();
});
afterEach(() => world.close());

function calls(operation: string): number {
  return world.simulator
    .calls()
    .filter((call) => call.operation === operation)
    .reduce((sum, { count }) => sum + count, 0);
}

describe('the clouds of the fleet', () => {
  test('are made once per cluster', () => {
    expect(world.cloudOf(fleetCluster('coast'))).toBe(world.cloudOf(fleetCluster('coast')));
    expect(world.cloudOf(fleetCluster('coast'))).not.toBe(world.cloudOf(fleetCluster('harbor')));
    expect(world.cloudOf(fleetCluster('coast'))).not.toBe(
      world.cloudOf(fleetCluster('coast', { region: 'eu-west-1' })),
    );
  });

  test('log each call with its operation and cluster, and no secret', async () => {
    const lines: object[] = [];
    const logger = { debug: (fields: object) => void lines.push(fields), info: () => {}, warn: () => {} };
    const cloudOf = createCloudOf({ version: '0.1.0', endpointUrl: world.simulator.awsUrl, logger: logger as never });
    const cloud = cloudOf(world.coast);
    await cloud.eks.describeCluster('coast');
    await cloud.kubernetes.nodes();
    await cloud.eks.describeCluster('nowhere').catch(() => {});
    cloudOf.close();
    expect(lines).toEqual([
      { aws: 'eks:DescribeCluster', cluster: 'coast', ms: expect.any(Number), outcome: 'ok' },
      { aws: 'eks:DescribeCluster', cluster: 'coast', ms: expect.any(Number), outcome: 'ok' },
      { kubernetes: 'list nodes', cluster: 'coast', ms: expect.any(Number), outcome: 'ok' },
      { aws: 'eks:DescribeCluster', cluster: 'coast', ms: expect.any(Number), outcome: 'ResourceNotFoundException' },
    ]);
  });

  test('say who calls, so that AWS can tell the bot from people', async () => {
    await world.cloudOf(world.coast).identity.callerIdentity();
    expect(world.simulator.calls().map(({ caller }) => caller)).toEqual(['bot']);
  });
});

describe('a cluster with a role', () => {
  const withRole = fleetCluster('coast', { roleArn: CLUSTER_ROLE });

  test('is reached as that role, in AWS and in Kubernetes', async () => {
    const { identity, kubernetes } = world.cloudOf(withRole);
    expect(await identity.callerIdentity()).toEqual({
      account: ACCOUNT,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/upgrades-coast/eks-upgrade-bot`,
    });
    expect(await kubernetes.reviewAccess([{ verb: 'list', group: '', resource: 'nodes' }])).toEqual({
      kind: 'allowed',
    });
  });

  test('has its role assumed once for all its clients', async () => {
    const { identity, eks, stacks, kubernetes } = world.cloudOf(withRole);
    await Promise.all([
      identity.callerIdentity(),
      eks.describeCluster('coast'),
      stacks.list('coast'),
      kubernetes.nodes(),
    ]);
    await eks.describeCluster('coast');
    expect(calls('AssumeRole')).toBe(1);
  });

  test('gives eksctl the credentials of the role, renewed when asked to', async () => {
    const credentialsOf = world.credentialsOf(withRole);
    const first = await credentialsOf();
    expect(first).toMatchObject({ sessionToken: expect.stringMatching(/./), expiration: expect.any(Date) });
    expect(await credentialsOf()).toMatchObject({ accessKeyId: first.accessKeyId });
    await credentialsOf({ forceRefresh: true });
    expect(calls('AssumeRole')).toBe(2);
  });

  test('whose session AWS calls expired assumes it again, and the call goes on, in Kubernetes too', async () => {
    const { eks, kubernetes } = world.cloudOf(withRole);
    await kubernetes.nodes();
    world.simulator.setFault({ cluster: 'coast', name: 'expired-credentials' });
    expect(await eks.describeCluster('coast')).toMatchObject({ version: '1.22' });
    expect(calls('AssumeRole')).toBe(2);
    expect(await kubernetes.nodes()).not.toEqual([]);
    expect(calls('AssumeRole')).toBe(2);
  });

  test('is reached on when all sessions have ended, those that it was assumed with too: each is renewed once', async () => {
    const container = new URLSearchParams({ role: `arn:aws:iam::${ACCOUNT}:role/container` });
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    vi.stubEnv(
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      `${world.simulator.controlUrl}/container-credentials?${container.toString()}`,
    );
    const cloudOf = createCloudOf({ version: '0', endpointUrl: world.simulator.awsUrl, logger: silent });
    const { eks, stacks, kubernetes } = cloudOf(withRole);
    await kubernetes.nodes();
    const handedOut = await cloudOf.credentialsOf(withRole)();
    world.simulator.endSessions();
    expect(await kubernetes.nodes(), 'a token of before is no stranger').not.toEqual([]);
    world.simulator.endSessions();
    await Promise.all([eks.describeCluster('coast'), eks.listAddons('coast'), stacks.list('coast')]);
    world.simulator.endSessions();
    const renewed = await cloudOf.credentialsOf(withRole)();
    expect(renewed.accessKeyId, 'what eksctl gets is good').not.toBe(handedOut.accessKeyId);
    await eks.describeCluster('coast');
    expect(calls('AssumeRole')).toBe(4);
    cloudOf.close();
  });

  test('that the bot may not assume says so, and where to allow it', async () => {
    const { eks } = world.cloudOf(fleetCluster('coast', { roleArn: `arn:aws:iam::${ACCOUNT}:role/not-for-us` }));
    await expect(eks.describeCluster('coast')).rejects.toMatchObject({
      name: 'UserError',
      code: 'AwsAccessDenied',
      message: expect.stringContaining('sts:AssumeRole'),
    });
  });
});

describe('docs/iam-policy-access-entry.json', () => {
  const file = 'iam-policy-access-entry.json';
  // What eksctl may do besides is not the bot's.
  const policies = (action: string) => [
    shippedPolicy('iam-policy.json', ['harbor']),
    { Version: '', Statement: shippedPolicy(file, ['harbor']).Statement.map((each) => ({ ...each, Action: action })) },
  ];
  const principalArn = `arn:aws:iam::${ACCOUNT}:role/bot`;
  const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

  test('has the rights to make an entry for the bot: without each of them the call fails with its name', async () => {
    const { eks } = world.cloudOf(world.harbor);
    world.simulator.changeRights({ policies: policies('eks:ListAssociatedAccessPolicies') });
    await expect(eks.grantClusterAccess({ cluster: 'harbor', principalArn, policyArn })).rejects.toThrow(
      'AWS denies eks:AssociateAccessPolicy to arn',
    );
    world.simulator.changeRights({ policies: policies('eks:AssociateAccessPolicy') });
    await expect(eks.accessPolicies('harbor', principalArn)).rejects.toThrow(
      'AWS denies eks:ListAssociatedAccessPolicies to arn',
    );
    await eks.grantClusterAccess({ cluster: 'harbor', principalArn, policyArn });
  });
});

describe('calls of AWS', () => {
  test('that are throttled once are made again by the SDK', async () => {
    world.simulator.setFault({ cluster: 'coast', name: 'throttling', times: 1 });
    expect(await world.cloudOf(world.coast).eks.describeCluster('coast')).toMatchObject({ version: '1.22' });
  });

  test('that stay throttled are given up after three attempts, as passing', async () => {
    world.simulator.setFault({ cluster: 'coast', name: 'throttling' });
    await expect(world.cloudOf(world.coast).eks.describeCluster('coast')).rejects.toMatchObject({
      name: 'TransientError',
      code: 'AwsThrottled',
    });
    expect(calls('DescribeCluster')).toBe(3);
  });

  test('with keys that have expired and cannot be renewed are passing, and say so', async () => {
    world.simulator.setFault({ cluster: 'coast', name: 'expired-credentials' });
    await expect(world.cloudOf(world.coast).eks.describeCluster('coast')).rejects.toMatchObject({
      name: 'TransientError',
      code: 'AwsCredentialsExpired',
    });
    expect(calls('DescribeCluster')).toBe(1);
  });

  test('with AWS away are passing', async () => {
    const cloudOf = createCloudOf({
      version: '0.1.0',
      endpointUrl: 'http://127.0.0.1:1',
      logger: { debug: () => {}, info: () => {}, warn: () => {} },
    });
    await expect(cloudOf(world.coast).eks.describeCluster('coast')).rejects.toMatchObject({
      name: 'TransientError',
      code: 'AwsUnreachable',
    });
    cloudOf.close();
  });

  test('for the groups of a cluster are few, and fewer the second time', async () => {
    const { stacks } = world.cloudOf(world.coast);
    await stacks.list('coast');
    expect({
      stacks: calls('DescribeStacks'),
      templates: calls('GetTemplate'),
      images: calls('DescribeImages'),
    }).toEqual({ stacks: 1, templates: 3, images: 1 });
    await stacks.list('coast');
    expect({
      stacks: calls('DescribeStacks'),
      templates: calls('GetTemplate'),
      images: calls('DescribeImages'),
    }).toEqual({ stacks: 2, templates: 3, images: 1 });
  });
});
