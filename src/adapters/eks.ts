import {
  type Addon,
  CreateAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  paginateDescribeAddonVersions,
  paginateDescribeClusterVersions,
  paginateListAddons,
  paginateListNodegroups,
  UpdateAddonCommand,
  UpdateClusterVersionCommand,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { messageOf, UserError } from '#src/domain/errors.ts';
import type { Eks, EksAddon, EksSight, StartedUpdate } from '#src/ports/eks.ts';
import { type AdapterLogger, awsCaller } from './aws-call.ts';
import type { AwsClients } from './aws-clients.ts';
import { isCausedBy } from './aws-errors.ts';
import { concurrently } from './concurrently.ts';
import { accessPolicies, grantClusterAccess } from './eks-access-entries.ts';
import { type EksCalls, IN_FLIGHT, pages } from './eks-calls.ts';
import { present, toEksCluster, toManagedNodeGroup, toOfferedAddonVersions, toOfferedVersions } from './eks-mapping.ts';
import { describeUpdate, started, updatesInProgress } from './eks-updates.ts';

type Deps = { clients: Pick<AwsClients, 'eks' | 'region'>; cluster: string; logger: AdapterLogger };

export function createEks(deps: Deps): Eks {
  const { clients, cluster: logName, logger } = deps;
  const call = awsCaller({ service: 'eks', cluster: logName, logger });
  const inside: EksCalls = { client: clients.eks, call };
  return {
    ...createEksSight(deps),
    grantClusterAccess: (request) => grantClusterAccess(inside, request),
    updateClusterVersion: ({ cluster, version, token }) =>
      started(() =>
        call('UpdateClusterVersion', () =>
          clients.eks.send(new UpdateClusterVersionCommand({ name: cluster, version, clientRequestToken: token })),
        ),
      ),
    updateNodegroupVersion: ({ cluster, nodeGroup, version, token }) =>
      started(() =>
        call('UpdateNodegroupVersion', () =>
          clients.eks.send(
            new UpdateNodegroupVersionCommand({
              clusterName: cluster,
              nodegroupName: nodeGroup,
              version,
              clientRequestToken: token,
            }),
          ),
        ),
      ),
    createNodeAccessEntry: (request) => createNodeAccessEntry(inside, request),
    updateAddon: (request) => updateAddon(inside, request),
  };
}

/** Without the calls that change something. */
export function createEksSight({ clients, cluster: logName, logger }: Deps): EksSight {
  const call = awsCaller({ service: 'eks', cluster: logName, logger });
  const inside: EksCalls = { client: clients.eks, call };
  const finished = new Set<string>();
  return {
    describeCluster: async (name) => {
      const { cluster } = await call('DescribeCluster', () => clients.eks.send(new DescribeClusterCommand({ name })));
      return toEksCluster(present(cluster, 'cluster'), clients.region);
    },
    offeredVersions: () => offeredVersions(inside),
    describeUpdate: (request) => describeUpdate(inside, request),
    updatesInProgress: (cluster) => updatesInProgress(inside, cluster, finished),
    managedNodeGroups: (cluster) => managedNodeGroups(inside, cluster),
    accessEntry: (clusterName, principalArn) =>
      nullIfMissing(async () => {
        const { accessEntry } = await call('DescribeAccessEntry', () =>
          clients.eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn })),
        );
        return { type: accessEntry?.type ?? 'STANDARD', kubernetesGroups: accessEntry?.kubernetesGroups ?? [] };
      }),
    listAddons: (clusterName) =>
      call('ListAddons', () =>
        pages(paginateListAddons({ client: clients.eks }, { clusterName }), ({ addons }) => addons),
      ),
    describeAddon: async (cluster, addon) => {
      const found = await describeAddon(inside, cluster, addon);
      return found === null ? null : toEksAddon(found, addon);
    },
    offeredAddonVersions: async (addonName, kubernetesVersion) => {
      const addons = await call('DescribeAddonVersions', () =>
        pages(
          paginateDescribeAddonVersions({ client: clients.eks }, { addonName, kubernetesVersion }),
          (page) => page.addons,
        ),
      );
      return toOfferedAddonVersions(
        addons.filter((info) => info.addonName === addonName),
        kubernetesVersion,
      );
    },
    accessPolicies: (cluster, principalArn) => accessPolicies(inside, cluster, principalArn),
  };
}

/** Without `includeAll`, which would add versions that no longer run; what is left is filtered again. */
async function offeredVersions({ client, call }: EksCalls) {
  const versions = await call('DescribeClusterVersions', () =>
    pages(paginateDescribeClusterVersions({ client }, {}), ({ clusterVersions }) => clusterVersions),
  );
  return toOfferedVersions(versions);
}

async function managedNodeGroups({ client, call }: EksCalls, clusterName: string) {
  const names = await call('ListNodegroups', () =>
    pages(paginateListNodegroups({ client }, { clusterName }), ({ nodegroups }) => nodegroups),
  );
  const groups = await concurrently(IN_FLIGHT, names, (nodegroupName) =>
    nullIfMissing(() =>
      call('DescribeNodegroup', () => client.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }))),
    ),
  );
  // A group that was deleted between the two calls is simply not there.
  return groups.flatMap((group) => (group === null ? [] : [toManagedNodeGroup(present(group.nodegroup, 'nodegroup'))]));
}

async function createNodeAccessEntry(
  { client, call }: EksCalls,
  { cluster: clusterName, roleArn: principalArn, type, token }: Parameters<Eks['createNodeAccessEntry']>[0],
): Promise<void> {
  try {
    await call('CreateAccessEntry', () =>
      client.send(new CreateAccessEntryCommand({ clusterName, principalArn, type, clientRequestToken: token })),
    );
  } catch (error) {
    if (!isCausedBy(error, 'ResourceInUseException')) throw error;
  }
}

function describeAddon({ client, call }: EksCalls, clusterName: string, addonName: string): Promise<Addon | null> {
  return nullIfMissing(async () => {
    const { addon } = await call('DescribeAddon', () =>
      client.send(new DescribeAddonCommand({ clusterName, addonName })),
    );
    return present(addon, 'addon');
  });
}

function toEksAddon(addon: Addon, name: string): EksAddon {
  return {
    name: addon.addonName ?? name,
    version: present(addon.addonVersion, 'addon.addonVersion'),
    status: present(addon.status, 'addon.status'),
    healthIssues: (addon.health?.issues ?? []).map(({ code, message }) => ({
      code: code ?? 'Unknown',
      message: message ?? '',
    })),
  };
}

/**
 * UpdateAddon takes away what it is not told: configuration values and the role are read and sent again. Pod identity
 * associations are left alone by not sending them (an empty list deletes them).
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateAddon.html
 */
async function updateAddon(
  inside: EksCalls,
  { cluster, addon, version, token, overwrite }: Parameters<Eks['updateAddon']>[0],
): Promise<StartedUpdate> {
  const now = await describeAddon(inside, cluster, addon);
  if (now === null) throw new UserError('AwsNotFound', `cluster ${cluster} has no EKS add-on ${addon} to update`);
  return started(() =>
    inside.call('UpdateAddon', () =>
      inside.client.send(
        new UpdateAddonCommand({
          clusterName: cluster,
          addonName: addon,
          addonVersion: version,
          resolveConflicts: overwrite === true ? 'OVERWRITE' : 'PRESERVE',
          configurationValues: now.configurationValues,
          serviceAccountRoleArn: now.serviceAccountRoleArn,
          clientRequestToken: token,
        }),
      ),
    ),
  );
}

/** Only the thing's own "not found": a denied call, or a missing cluster, must never look like a missing add-on or group. */
async function nullIfMissing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isCausedBy(error, 'ResourceNotFoundException') && !/No cluster found/.test(messageOf(error))) return null;
    throw error;
  }
}
