import { vi } from 'vitest';
import { createAwsClients } from '#src/adapters/aws-clients.ts';
import { type ClusterClouds, createCloudOf } from '#src/adapters/cloud.ts';
import { connectKubernetes } from '#src/adapters/kubernetes-client.ts';
import { createTokenSource } from '#src/adapters/kubernetes-token.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import { clockFromNow } from '#test/simulators/clock.ts';
import { defaultCredentials, type WorldSeed } from '#test/simulators/cloud/options.ts';
import { type CloudSimulator, startCloudSimulator } from '#test/simulators/cloud/start-cloud-simulator.ts';
import { ACCOUNT, type CloudWorld, fleetCluster } from './cloud-world.ts';

/** Simulated milliseconds in a real one: ten minutes of a control plane take 0.3 s. */
const SPEED = 2000;

export const CLUSTER_ROLE = `arn:aws:iam::${ACCOUNT}:role/upgrades-coast`;

const COAST: WorldSeed = {
  account: ACCOUNT,
  activity: 3,
  addons: 'self-managed',
  config: {
    metadata: { name: 'coast', region: 'us-west-2', version: '1.22' },
    nodeGroups: [
      {
        name: 'core-a',
        amiFamily: 'AmazonLinux2',
        instanceType: 'm5.large',
        minSize: 1,
        maxSize: 6,
        desiredCapacity: 1,
      },
      { name: 'nb-small', amiFamily: 'AmazonLinux2', instanceType: 'm5.large', minSize: 0, maxSize: 500 },
      { name: 'dask-worker', amiFamily: 'AmazonLinux2', instanceType: 'm5.large', minSize: 0, maxSize: 500 },
    ],
  },
};

const HARBOR: WorldSeed = {
  account: ACCOUNT,
  addons: 'eks',
  config: {
    metadata: { name: 'harbor', region: 'us-west-2', version: '1.33' },
    managedNodeGroups: [
      {
        name: 'workers',
        amiFamily: 'AmazonLinux2023',
        instanceType: 'm5.large',
        minSize: 1,
        maxSize: 4,
        desiredCapacity: 2,
      },
    ],
  },
};

export type SimulatedWorld = CloudWorld & { simulator: CloudSimulator; credentialsOf: ClusterClouds['credentialsOf'] };

/** The real adapters against the simulated cloud. The bot's credentials are in the environment, where the SDK finds them. */
export async function simulatedCloud({ speed = SPEED }: { speed?: number } = {}): Promise<SimulatedWorld> {
  const simulator = await startCloudSimulator({
    clock: clockFromNow(speed),
    worlds: [COAST, HARBOR],
    principals: [
      { ...defaultCredentials, arn: `arn:aws:iam::${ACCOUNT}:user/eks-upgrade-bot`, rights: 'self-mapping' },
    ],
    assumableRoles: [CLUSTER_ROLE],
    policiesAlsoFor: ['nowhere'],
  });
  for (const [name, value] of Object.entries(simulator.environment)) vi.stubEnv(name, value);
  const cloudOf = createCloudOf({
    version: '0.1.0',
    endpointUrl: simulator.awsUrl,
    logger: { debug: () => {}, info: () => {}, warn: () => {} },
  });
  // The SDK reads the environment at its first call, and `unstubEnvs` takes it away with the test that asks first.
  await cloudOf.credentialsOf(fleetCluster('coast'))();
  await cloudOf.credentialsOf(fleetCluster('harbor'))();
  return {
    simulator,
    cloudOf,
    credentialsOf: cloudOf.credentialsOf,
    coast: fleetCluster('coast'),
    harbor: fleetCluster('harbor'),
    break: (cluster, name) => simulator.setFault({ cluster, name }),
    replaceAwsNode: () => replaceAwsNode(cloudOf(fleetCluster('coast')), simulator.awsUrl),
    nodeEffects: (cluster) =>
      simulator
        .effects()
        .flatMap((effect) =>
          effect.cluster === cluster && effect.effect.startsWith('node-')
            ? [`${effect.effect} ${String(effect['taint'])}`]
            : [],
        ),
    close: async () => {
      cloudOf.close();
      await simulator.stop();
    },
  };
}

/** A write that the port does not have, made by hand over the same wire. */
async function replaceAwsNode({ eks }: Cloud, endpointUrl: string): Promise<void> {
  const clients = createAwsClients({ region: 'us-west-2', roleArn: null }, { version: '0.1.0', endpointUrl });
  const { token } = createTokenSource({ clients, cluster: 'coast' });
  const { endpoint, certificateAuthority } = await eks.describeCluster('coast');
  const apis = await connectKubernetes({ endpoint, certificateAuthority, token, userAgent: 'eksctl' });
  const name = { name: 'aws-node', namespace: 'kube-system' };
  const body = await apis.apps.readNamespacedDaemonSet(name);
  const container = body.spec?.template.spec?.containers[0];
  if (container === undefined) throw new Error('aws-node has no container');
  container.image = '602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.99.0';
  await apis.apps.replaceNamespacedDaemonSet({ ...name, body });
  apis.close();
  clients.close();
}
