import type { AddonInfo, Cluster, ClusterVersionInformation, Nodegroup, Update } from '@aws-sdk/client-eks';
import { InternalError, TransientError } from '#src/domain/errors.ts';
import type { OfferedAddonVersions, OfferedVersion } from '#src/domain/observation.ts';
import { type KubernetesVersion, minorOf, parseVersion } from '#src/domain/version.ts';
import type { EksCluster, EksUpdate, ManagedNodeGroup } from '#src/ports/eks.ts';

export function toEksCluster(cluster: Cluster, region: string): EksCluster {
  const name = present(cluster.name, 'cluster.name');
  const status = present(cluster.status, 'cluster.status');
  if (cluster.endpoint === undefined || cluster.certificateAuthority?.data === undefined) {
    throw new TransientError(
      'EksClusterNotReady',
      `cluster ${name} is ${status} and has no API server address yet, try again when it is ACTIVE`,
    );
  }
  return {
    name,
    arn: present(cluster.arn, 'cluster.arn'),
    region,
    status,
    version: versionOf(cluster.version, `cluster ${name}`),
    platformVersion: cluster.platformVersion ?? 'unknown',
    // Clusters from before access entries do not have the field: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
    authenticationMode: cluster.accessConfig?.authenticationMode ?? 'CONFIG_MAP',
    autoMode: cluster.computeConfig?.enabled ?? false,
    healthIssues: (cluster.health?.issues ?? []).map(({ code, message }) => `${code ?? 'Unknown'}: ${message ?? ''}`),
    endpoint: cluster.endpoint,
    certificateAuthority: Buffer.from(cluster.certificateAuthority.data, 'base64').toString('utf8'),
    access: {
      // What EKS says of a cluster by default: https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
      publicAccess: cluster.resourcesVpcConfig?.endpointPublicAccess ?? true,
      publicCidrs: cluster.resourcesVpcConfig?.publicAccessCidrs ?? [],
      privateAccess: cluster.resourcesVpcConfig?.endpointPrivateAccess ?? false,
      securityGroup: cluster.resourcesVpcConfig?.clusterSecurityGroupId ?? null,
    },
  };
}

const UPDATE_STATUSES: readonly string[] = [
  'InProgress',
  'Failed',
  'Cancelled',
  'Successful',
] satisfies EksUpdate['status'][];

export function toEksUpdate(update: Update): EksUpdate {
  const status = update.status ?? 'missing';
  if (!UPDATE_STATUSES.includes(status)) {
    throw new InternalError(
      'AwsAnswerUnreadable',
      `update ${update.id ?? '?'} has the status ${status}, which the bot does not know`,
    );
  }
  return {
    id: present(update.id, 'update.id'),
    type: update.type ?? 'unknown',
    status: status as EksUpdate['status'],
    version: versionAskedFor(update),
    createdAt: update.createdAt?.getTime() ?? null,
    errors: (update.errors ?? []).map(({ errorCode, errorMessage, resourceIds }) => ({
      code: errorCode ?? 'Unknown',
      message: errorMessage ?? '',
      resources: resourceIds ?? [],
    })),
  };
}

/** Control planes and node groups carry `Version`, add-ons `AddonVersion`, a node group's new AMI only `ReleaseVersion`. */
function versionAskedFor({ params = [] }: Update): string | null {
  for (const type of ['Version', 'AddonVersion', 'ReleaseVersion'] as const) {
    const value = params.find((param) => param.type === type)?.value;
    if (value !== undefined) return value;
  }
  return null;
}

export function toManagedNodeGroup(group: Nodegroup): ManagedNodeGroup {
  const name = present(group.nodegroupName, 'nodegroup.nodegroupName');
  const { minSize = 0, maxSize = 0, desiredSize = 0 } = group.scalingConfig ?? {};
  return {
    name,
    status: present(group.status, 'nodegroup.status'),
    version: versionOf(group.version, `node group ${name}`),
    releaseVersion: group.releaseVersion ?? null,
    sizes: { min: minSize, max: maxSize, desired: desiredSize },
    healthIssues: (group.health?.issues ?? []).map(({ code, message }) => ({
      code: code ?? 'Unknown',
      message: message ?? '',
    })),
  };
}

/** What EKS offers, oldest first: versions it lists as unsupported are not offered. */
export function toOfferedVersions(versions: ClusterVersionInformation[]): OfferedVersion[] {
  return versions
    .flatMap((entry) => {
      const version = parseVersion(entry.clusterVersion ?? '');
      const support = supportOf(entry);
      if (version === undefined || support === undefined) return [];
      return [
        {
          version,
          support,
          standardSupportEnds: isoDate(entry.endOfStandardSupportDate),
          extendedSupportEnds: isoDate(entry.endOfExtendedSupportDate),
        },
      ];
    })
    .sort((a, b) => minorOf(a.version) - minorOf(b.version));
}

/** `versionStatus` replaced `status` in February 2025; regions that still answer with the old one say it in lower case. */
function supportOf({ versionStatus, status }: ClusterVersionInformation): OfferedVersion['support'] | undefined {
  if (versionStatus === 'STANDARD_SUPPORT' || (versionStatus === undefined && status === 'standard-support'))
    return 'standard';
  if (versionStatus === 'EXTENDED_SUPPORT' || (versionStatus === undefined && status === 'extended-support'))
    return 'extended';
  return undefined;
}

/** The versions of one add-on that fit a Kubernetes version, newest first; null when there are none. */
export function toOfferedAddonVersions(addons: AddonInfo[], version: KubernetesVersion): OfferedAddonVersions | null {
  const fitting = addons
    .flatMap(({ addonVersions = [] }) => addonVersions)
    .flatMap(({ addonVersion, compatibilities = [] }) => {
      const compatibility = compatibilities.find(({ clusterVersion }) => clusterVersion === version);
      return addonVersion === undefined || compatibility === undefined
        ? []
        : [{ addonVersion, isDefault: compatibility.defaultVersion === true }];
    })
    .sort((a, b) => compareAddonVersions(b.addonVersion, a.addonVersion));
  const newest = fitting[0];
  if (newest === undefined) return null;
  const defaultVersion = (fitting.find(({ isDefault }) => isDefault) ?? newest).addonVersion;
  return { defaultVersion, versions: fitting.map(({ addonVersion }) => addonVersion) };
}

/** `v1.12.6-eksbuild.10` is newer than `v1.12.6-eksbuild.2`: compares the numbers from left to right. */
function compareAddonVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => (text.match(/\d+/g) ?? []).map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isoDate(date: Date | undefined): string | null {
  return date?.toISOString().slice(0, 10) ?? null;
}

function versionOf(text: string | undefined, what: string): KubernetesVersion {
  const version = parseVersion(text ?? '');
  if (version === undefined)
    throw new InternalError(
      'AwsAnswerUnreadable',
      `EKS says ${what} has the version ${text ?? '(none)'}, which is not 1.N`,
    );
  return version;
}

export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InternalError('AwsAnswerUnreadable', `EKS answered without ${what}`);
  return value;
}
