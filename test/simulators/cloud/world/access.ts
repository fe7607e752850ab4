import { parse } from 'yaml';
import type { Json } from '../json.ts';
import { at, isObject, textAt } from '../json.ts';
import type { AccessEntry, AuthMapping, AwsAuth, Cluster, Principal } from './world.ts';

/**
 * Who is let in: the `aws-auth` ConfigMap, and access entries, by the cluster's authentication mode. An entry wins over a
 * mapping of the same principal. https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html
 */
export const ADMIN_POLICY = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

export type KubernetesIdentity = { username: string; groups: string[] };

export const NODE_GROUPS = ['system:bootstrappers', 'system:nodes'];

function mappings(text: string | undefined, arnField: 'rolearn' | 'userarn'): AuthMapping[] {
  const parsed: unknown = text === undefined ? [] : parse(text);
  return (Array.isArray(parsed) ? parsed : []).filter(isObject).map((entry) => ({
    arn: textAt(entry, arnField) ?? '',
    username: textAt(entry, 'username') ?? '',
    groups: Array.isArray(entry['groups']) ? entry['groups'].filter((group) => typeof group === 'string') : [],
  }));
}

/** What an `aws-auth` object says from `from` on. Unreadable YAML lets nobody in, as the authenticator does. */
function readAwsAuth(data: Json | undefined, from: number): AwsAuth {
  try {
    return {
      from,
      roles: mappings(textAt(data, 'mapRoles'), 'rolearn'),
      users: mappings(textAt(data, 'mapUsers'), 'userarn'),
    };
  } catch {
    return { from, roles: [], users: [] };
  }
}

export const AWS_AUTH_PATH = '/api/v1/namespaces/kube-system/configmaps/aws-auth';

/** Called after every write of `aws-auth`. */
export function rememberAwsAuth(cluster: Cluster, now: number): void {
  const object = cluster.objects.get(AWS_AUTH_PATH);
  cluster.authHistory.push(readAwsAuth(at(object, 'data'), now));
}

type Interval = { from: number; to: number };

/** When the role of nodes was mapped, oldest first; `to` is Infinity for now. */
export function roleMappedIntervals(cluster: Cluster, roleArn: string): Interval[] {
  const byConfigMap = cluster.authenticationMode === 'API' ? [] : configMapIntervals(cluster, roleArn);
  const byEntry = cluster.authenticationMode === 'CONFIG_MAP' ? [] : entryIntervals(cluster, roleArn);
  return [...byConfigMap, ...byEntry].toSorted((a, b) => a.from - b.from);
}

function configMapIntervals({ authHistory }: Cluster, roleArn: string): Interval[] {
  const intervals: Interval[] = [];
  for (const [index, { from, roles }] of authHistory.entries()) {
    const mapped = roles.some(
      ({ arn, groups }) => arn === roleArn && NODE_GROUPS.every((group) => groups.includes(group)),
    );
    if (!mapped) continue;
    const to = authHistory[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const last = intervals.at(-1);
    if (last?.to === from) last.to = to;
    else intervals.push({ from, to });
  }
  return intervals;
}

function entryIntervals({ accessEntries }: Cluster, roleArn: string): Interval[] {
  return accessEntries
    .filter(({ principalArn, type }) => principalArn === roleArn && type.startsWith('EC2'))
    .map(({ createdAt, deletedAt }) => ({ from: createdAt, to: deletedAt ?? Number.POSITIVE_INFINITY }));
}

export function accessEntriesAt({ accessEntries }: Cluster, now: number): AccessEntry[] {
  return accessEntries.filter(
    ({ createdAt, deletedAt }) => createdAt <= now && (deletedAt === null || now < deletedAt),
  );
}

/** `arn:aws:sts::1:assumed-role/name/session` stands for `arn:aws:iam::1:role/name`. */
export function roleOfSession(arn: string): string {
  const match = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\/.+$/.exec(arn);
  return match === null ? arn : `arn:aws:iam::${match[1]}:role/${match[2]}`;
}

/** aws-auth knows no paths: https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html */
export function withoutPath(arn: string): string {
  return arn.replace(/:role\/.*\//, ':role/');
}

/** The Kubernetes user an AWS principal is, or null: it is not mapped. An entry knows a role by its whole ARN, with its path. */
export function identityOf(
  cluster: Cluster,
  { arn, roleArn }: Pick<Principal, 'arn' | 'roleArn'>,
  now: number,
): KubernetesIdentity | null {
  const principal = roleOfSession(arn);
  const entry = accessEntriesAt(cluster, now).find(({ principalArn }) => principalArn === (roleArn ?? principal));
  if (entry !== undefined && cluster.authenticationMode !== 'CONFIG_MAP') {
    const admin = entry.policies.includes(ADMIN_POLICY);
    return { username: entry.username, groups: [...entry.kubernetesGroups, ...(admin ? ['system:masters'] : [])] };
  }
  if (cluster.authenticationMode === 'API') return null;
  const auth = cluster.authHistory.at(-1);
  const mapping = [...(auth?.roles ?? []), ...(auth?.users ?? [])].find((candidate) => candidate.arn === principal);
  return mapping === undefined ? null : { username: mapping.username, groups: mapping.groups };
}
