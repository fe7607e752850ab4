import type { ObservedCluster, ObservedNodeGroup } from '#src/domain/observation.ts';
import type { CloudSight } from '#src/ports/cloud.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';

/** A role of nodes that nothing lets in, and what would: aws-auth or an access entry. */
export type KeptOut = {
  role: string;
  group: string;
  by: 'aws-auth' | 'access-entry';
  isWindows: boolean;
  /** The type of an access entry of the role that is not for nodes, and wins over all else. */
  otherEntry: string | null;
};

/** Ready nodes show by themselves that they are let in, and EKS sees to managed groups. */
export function withoutReadyNode(groups: readonly ObservedNodeGroup[]): string[] {
  return groups
    .filter(({ kind, nodes }) => kind === 'self-managed' && !nodes.some(({ ready }) => ready))
    .map(({ name }) => name);
}

/** `seen`: a look of a moment ago that need not be made again. */
type Look = {
  cluster: string;
  groups: readonly string[];
  seen?: { stacks: readonly NodeGroupStack[]; mode: Mode };
};

/**
 * A group exists only when its nodes may join: its role is in aws-auth with the groups of nodes, or an access entry of
 * the type of nodes is there. Which of them counts, the authentication mode says; the bot never changes that mode. An
 * entry wins over aws-auth. https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html
 */
export async function rolesKeptOut(cloud: CloudSight, { cluster, groups, seen }: Look): Promise<KeptOut[]> {
  if (groups.length === 0) return [];
  const stacks = (seen?.stacks ?? (await cloud.stacks.list(cluster))).filter(({ group }) => groups.includes(group));
  const byRole = new Map(
    stacks.flatMap((stack) => (stack.nodeRole === null ? [] : [[stack.nodeRole, stack] as const])),
  );
  if (byRole.size === 0) return [];
  const mode = seen?.mode ?? (await cloud.eks.describeCluster(cluster)).authenticationMode;
  const entries = await typesOfEntries(cloud, { cluster, mode, roles: [...byRole.keys()] });
  const withoutEntry = [...byRole].filter(([role]) => !LETS_NODES_IN.test(entries.get(role) ?? ''));
  if (withoutEntry.length === 0) return [];
  const mapped = mode === 'API' ? [] : await rolesInAwsAuth(cloud);
  return withoutEntry
    .filter(([role]) => entries.has(role) || !mapped.includes(role))
    .map(([role, stack]) => ({ ...lackOf(stack, mode), role, otherEntry: entries.get(role) ?? null }));
}

function lackOf(
  { group, bringsAccessEntry, ami }: NodeGroupStack,
  mode: Mode,
): Pick<KeptOut, 'group' | 'by' | 'isWindows'> {
  const byEntry = mode === 'API' || (mode === 'API_AND_CONFIG_MAP' && bringsAccessEntry);
  const isWindows = ami.kind === 'known' && ami.name.startsWith('Windows');
  return { group, by: byEntry ? 'access-entry' : 'aws-auth', isWindows };
}

type Mode = ObservedCluster['authenticationMode'];

/** EC2_LINUX, EC2_WINDOWS, and EC2 of Auto Mode: entries of people (STANDARD) and of Fargate let no node in. */
const LETS_NODES_IN = /^EC2/;

async function typesOfEntries(
  { eks }: CloudSight,
  { cluster, mode, roles }: { cluster: string; mode: Mode; roles: string[] },
): Promise<Map<string, string>> {
  if (mode === 'CONFIG_MAP') return new Map();
  const entries = await Promise.all(roles.map(async (role) => [role, await eks.accessEntry(cluster, role)] as const));
  return new Map(entries.flatMap(([role, entry]) => (entry === null ? [] : [[role, entry.type] as const])));
}

async function rolesInAwsAuth({ kubernetes }: CloudSight): Promise<string[]> {
  const mapped = (await kubernetes.mappedRoles()) ?? [];
  return mapped.filter(({ letsNodesIn }) => letsNodesIn).map(({ arn }) => arn);
}
