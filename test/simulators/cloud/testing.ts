import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { Agent, fetch } from 'undici';
import { clockFromNow } from '../clock.ts';
import type { JsonObject } from './json.ts';
import type { CloudOptions, ClusterConfig, PrincipalSeed, WorldSeed } from './options.ts';
import { defaultCredentials } from './options.ts';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { startCloudSimulator } from './start-cloud-simulator.ts';

/** What the simulator's own tests share: a small world, the real clients, and a wait for conditions. */
export const ACCOUNT = '111122223333';

/** What the simulator does is tested by somebody who may do everything; what the bot may, in test/adapters/iam-policy.test.ts. */
export const admin: PrincipalSeed = {
  ...defaultCredentials,
  arn: `arn:aws:iam::${ACCOUNT}:user/eks-upgrade-bot`,
  rights: 'admin',
};

export const coast: ClusterConfig = {
  metadata: { name: 'coast', region: 'us-west-2', version: '1.22' },
  nodeGroups: [
    { name: 'core-a', instanceType: 'm5.xlarge', minSize: 1, maxSize: 6, desiredCapacity: 1 },
    { name: 'nb-m5-large', instanceType: 'm5.large', minSize: 0, maxSize: 500, desiredCapacity: 0 },
    {
      name: 'dask-m5-large',
      instancesDistribution: { instanceTypes: ['m5.large'] },
      minSize: 0,
      maxSize: 500,
      desiredCapacity: 0,
    },
  ],
};

export const modern: ClusterConfig = {
  metadata: { name: 'modern', region: 'us-west-2', version: '1.34' },
  addons: [
    { name: 'coredns' },
    { name: 'kube-proxy' },
    { name: 'vpc-cni', configurationValues: 'enableNetworkPolicy: "false"\n' },
  ],
  managedNodeGroups: [
    {
      name: 'core-a',
      amiFamily: 'AmazonLinux2023',
      instanceType: 'm5.large',
      minSize: 1,
      maxSize: 3,
      desiredCapacity: 2,
    },
  ],
};

export function startTestCloud(
  worlds: Partial<WorldSeed>[] = [{}],
  options: Partial<CloudOptions> = {},
): Promise<CloudSimulator> {
  return startCloudSimulator({
    clock: clockFromNow(6000),
    worlds: worlds.map((world) => ({ config: coast, account: ACCOUNT, ...world })),
    principals: [admin],
    ...options,
  });
}

/** For tests that look while something is under way: an hour is 0.6 s on the test's clock. */
export const HOUR = 60 * 60_000;

export type Clients = { eks: EKSClient; cloudformation: CloudFormationClient; ec2: EC2Client; sts: STSClient };

export function clientsOf(
  cloud: CloudSimulator,
  userAgent = 'eks-upgrade-bot/test',
  principal = cloud.principals[0],
): Clients {
  const config = {
    endpoint: cloud.awsUrl,
    region: 'us-west-2',
    credentials: credentialsOf(principal),
    customUserAgent: userAgent,
    maxAttempts: 1,
  };
  return {
    eks: new EKSClient(config),
    cloudformation: new CloudFormationClient(config),
    ec2: new EC2Client(config),
    sts: new STSClient(config),
  };
}

function credentialsOf(principal: PrincipalSeed | undefined): { accessKeyId: string; secretAccessKey: string } {
  return { accessKeyId: principal?.accessKeyId ?? '', secretAccessKey: principal?.secretAccessKey ?? '' };
}

class Sha256 {
  readonly #secret: Buffer | null;
  readonly #chunks: Buffer[] = [];

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? null : bytesOf(secret);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#chunks.push(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    const data = Buffer.concat(this.#chunks);
    const hash = this.#secret === null ? createHash('sha256') : createHmac('sha256', this.#secret);
    return Promise.resolve(hash.update(data).digest());
  }

  reset(): void {
    this.#chunks.length = 0;
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

/** An EKS bearer token, made as the AWS CLI makes it. */
async function tokenFor(cluster: string, principal: PrincipalSeed | undefined): Promise<string> {
  const signer = new SignatureV4({
    service: 'sts',
    region: 'us-west-2',
    credentials: credentialsOf(principal),
    sha256: Sha256,
  });
  const host = 'sts.us-west-2.amazonaws.com';
  const presigned = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    },
    { expiresIn: 60, unhoistableHeaders: new Set(['x-k8s-aws-id']) },
  );
  const query = new URLSearchParams(presigned.query as Record<string, string>).toString();
  return `k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString('base64url')}`;
}

export type KubeAnswer = { status: number; body: JsonObject };

export type Kube = (
  method: string,
  path: string,
  options?: { body?: unknown; contentType?: string },
) => Promise<KubeAnswer>;

/** Plain HTTPS with the CA that DescribeCluster hands out. */
export async function kubeOf(cloud: CloudSimulator, cluster = 'coast', tokenCluster = cluster): Promise<Kube> {
  const { cluster: described } = await clientsOf(cloud).eks.send(new DescribeClusterCommand({ name: cluster }));
  const ca = Buffer.from(described?.certificateAuthority?.data ?? '', 'base64').toString();
  const token = await tokenFor(tokenCluster, cloud.principals[0]);
  const dispatcher = new Agent({ connect: { ca } });
  return async (method, path, { body, contentType = 'application/json' } = {}) => {
    const response = await fetch(`${described?.endpoint}${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType, 'user-agent': 'eks-upgrade-bot/test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as JsonObject };
  };
}

/** Polls until the condition holds; fails after 20 real seconds. */
export async function until<Value>(
  what: string,
  look: () => Promise<Value> | Value,
  holds: (value: Value) => boolean,
): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}: ${JSON.stringify(value)}`);
    await sleep(5);
  }
}
