import {
  type Addon,
  CreateAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  type EKSClient,
  paginateDescribeAddonVersions,
  paginateDescribeClusterVersions,
  paginateListAddons,
  paginateListNodegroups,
  paginateListUpdates,
  type Update,
  UpdateAddonCommand,
  UpdateClusterVersionCommand,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { messageOf, TransientError, UserError } from '#src/domain/errors.ts';
import type { Eks, EksAddon, EksSight, EksUpdate, StartedUpdate, UpdateRef } from '#src/ports/eks.ts';
import { type AdapterLogger, type AwsCaller, awsCaller } from './aws-call.ts';
import type { AwsClients } from './aws-clients.ts';
import { isCausedBy } from './aws-errors.ts';
import { concurrently } from './concurrently.ts';
import { accessPolicies, grantClusterAccess } from './eks-access-entries.ts';
import {
  present,
  toEksCluster,
  toEksUpdate,
  toManagedNodeGroup,
  toOfferedAddonVersions,
  toOfferedVersions,
} from './eks-mapping.ts';

/** Describe calls in flight at once: enough to be quick, too few for EKS to throttle. */
const IN_FLIGHT = 4;

type Deps = { clients: Pick<AwsClients, 'eks' | 'region'>; cluster: string; logger: AdapterLogger };
type Inside = { client: EKSClient; call: AwsCaller };

export function createEks(deps: Deps): Eks {
  const { clients, cluster: logName, logger } = deps;
  const call = awsCaller({ service: 'eks', cluster: logName, logger });
  const inside: Inside = { client: clients.eks, call };
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
  const inside: Inside = { client: clients.eks, call };
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
async function offeredVersions({ client, call }: Inside) {
  const versions = await call('DescribeClusterVersions', () =>
    pages(paginateDescribeClusterVersions({ client }, {}), ({ clusterVersions }) => clusterVersions),
  );
  return toOfferedVersions(versions);
}

async function describeUpdate(
  { client, call }: Inside,
  { cluster, updateId, nodeGroup, addon }: UpdateRef,
): Promise<EksUpdate> {
  const { update } = await call('DescribeUpdate', () =>
    client.send(new DescribeUpdateCommand({ name: cluster, updateId, nodegroupName: nodeGroup, addonName: addon })),
  ).catch((error: unknown) => {
    throw notShownYet(error, updateId) ?? error;
  });
  return toEksUpdate(present(update, 'update'));
}

/** EKS never forgets an update: one that it does not know is one that its reads do not show yet. */
function notShownYet(error: unknown, updateId: string): TransientError | null {
  if (!isCausedBy(error, 'ResourceNotFoundException') || !/No update found/i.test(messageOf(error))) return null;
  return new TransientError('AwsUpdateNotShown', `eks:DescribeUpdate: EKS does not show update ${updateId} yet`, {
    cause: error,
  });
}

/**
 * ListUpdates gives ids only, in no promised order, and never forgets. An update that ended stays ended, so `finished`
 * keeps its id and only new ids are described; and EKS runs one cluster update at a time, so the search ends with the
 * first batch that has one.
 */
async function updatesInProgress(inside: Inside, cluster: string, finished: Set<string>): Promise<EksUpdate[]> {
  const { client, call } = inside;
  const ids = await call('ListUpdates', () =>
    pages(paginateListUpdates({ client }, { name: cluster }), ({ updateIds }) => updateIds),
  );
  const unknown = ids.filter((id) => !finished.has(id));
  for (let start = 0; start < unknown.length; start += IN_FLIGHT) {
    const batch = unknown.slice(start, start + IN_FLIGHT);
    const updates = await Promise.all(batch.map((updateId) => describeUpdate(inside, { cluster, updateId })));
    for (const { id, status } of updates) if (status !== 'InProgress') finished.add(id);
    const running = updates.filter(({ status }) => status === 'InProgress');
    if (running.length > 0) return running.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  }
  return [];
}

async function managedNodeGroups({ client, call }: Inside, clusterName: string) {
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
  { client, call }: Inside,
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

function describeAddon({ client, call }: Inside, clusterName: string, addonName: string): Promise<Addon | null> {
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
  inside: Inside,
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

async function started(start: () => Promise<{ update?: Update | undefined }>): Promise<StartedUpdate> {
  try {
    const { update } = await start();
    return { kind: 'started', updateId: present(update?.id, 'update.id') };
  } catch (error) {
    if (isCausedBy(error, 'ResourceInUseException'))
      return { kind: 'in-flight', message: messageOf((error as Error).cause) };
    throw error;
  }
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

/** All pages of a list, as one call in the log. */
async function pages<Page, Item>(
  paginator: AsyncIterable<Page>,
  itemsOf: (page: Page) => Item[] | undefined,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginator) items.push(...(itemsOf(page) ?? []));
  return items;
}
