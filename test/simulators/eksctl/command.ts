import { DescribeClusterCommand, DescribeClusterVersionsCommand } from '@aws-sdk/client-eks';
import { messageOf } from '#src/domain/errors.ts';
import type { Clock } from '#src/ports/clock.ts';
import { type Aws, connectAws } from './aws.ts';
import { type ClusterConfig, loadConfig } from './config-file.ts';
import { EksctlError } from './eksctl-error.ts';
import { connectKubernetes, type Kubernetes } from './kubernetes.ts';
import type { Log } from './log.ts';

/** What every command gets. */
export type Invocation = {
  flags: ReadonlyMap<string, string>;
  log: Log;
  clock: Clock;
  print: (text: string) => void;
  /** AWS_ENDPOINT_URL; the SDK reads it for itself. */
  endpoint: string | undefined;
  /** Groups that it takes for existing ones, whatever AWS says (fault `will-be-excluded`). */
  believedExisting: readonly string[];
  /** Called when something outside was changed. */
  onChange: () => void;
};

/** A command on a cluster that exists. */
export type ClusterCommand = Invocation & {
  config: ClusterConfig;
  aws: Aws;
  cluster: {
    name: string;
    version: string;
    authenticationMode: string;
    supportedVersions: string[];
    subnets: string[];
  };
  kubernetes: Kubernetes;
};

/** Statuses in which nothing can be done (pkg/eks/eks.go, `CanOperate`), or nothing be updated (`CanUpdate`). */
const INOPERABLE = ['CREATING', 'DELETING', 'FAILED'];

/**
 * What all of them do first (pkg/ctl/cmdutils/cmd.go, `NewProviderForExistingClusterHelper`): the config, then STS,
 * DescribeCluster and DescribeClusterVersions.
 */
export async function openCluster(invocation: Invocation, needs: 'operable' | 'updatable'): Promise<ClusterCommand> {
  const config = await loadConfig(invocation.flags);
  const { name, region } = config.metadata;
  const aws = connectAws(region, invocation);
  await aws.callerArn();
  const found = await describeCluster(aws, name);
  const status = found.status ?? '';
  if (needs === 'updatable' && status !== 'ACTIVE')
    throw new EksctlError(`cannot update cluster "${name}" in "${region}" region due to status "${status}"`);
  if (INOPERABLE.includes(status)) {
    throw new EksctlError(
      `cannot perform Kubernetes API operations on cluster "${name}" in "${region}" region due to status "${status}"`,
    );
  }
  const certificateAuthority = Buffer.from(found.certificateAuthority?.data ?? '', 'base64').toString();
  return {
    ...invocation,
    config,
    aws,
    cluster: {
      name,
      version: found.version ?? '',
      authenticationMode: found.accessConfig?.authenticationMode ?? 'CONFIG_MAP',
      supportedVersions: await supportedVersions(aws),
      subnets: found.resourcesVpcConfig?.subnetIds ?? [],
    },
    kubernetes: connectKubernetes({
      endpoint: found.endpoint ?? '',
      certificateAuthority,
      token: () => aws.kubernetesToken(name),
      renew: aws.renew,
      onChange: invocation.onChange,
    }),
  };
}

async function describeCluster(aws: Aws, name: string) {
  try {
    const { cluster } = await aws.eks.send(new DescribeClusterCommand({ name }));
    if (cluster !== undefined) return cluster;
  } catch (error) {
    throw new EksctlError(
      `unable to describe cluster control plane: operation error EKS: DescribeCluster, ${messageOf(error)}`,
    );
  }
  throw new EksctlError(`unable to describe cluster control plane: no cluster "${name}"`);
}

async function supportedVersions(aws: Aws): Promise<string[]> {
  const versions: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await aws.eks.send(
      new DescribeClusterVersionsCommand({ ...(nextToken === undefined ? {} : { nextToken }) }),
    );
    versions.push(...(page.clusterVersions ?? []).map(({ clusterVersion }) => clusterVersion ?? ''));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Minor of the API server itself, `1.23`: commands for add-ons ask it, not EKS. */
export async function serverMinor(kubernetes: Kubernetes): Promise<string> {
  const { gitVersion } = await kubernetes.get<{ gitVersion: string }>('/version');
  return gitVersion.replace(/^v/, '').split('.').slice(0, 2).join('.');
}
