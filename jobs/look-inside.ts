import { entryPrincipalArn, principalArn } from '#src/domain/bot-principal.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { ObservedCluster } from '#src/domain/observation.ts';
import type { IntendedMapping } from '#src/domain/self-mapping.ts';
import type { CloudSight } from '#src/ports/cloud.ts';
import type { KubernetesSight } from '#src/ports/kubernetes.ts';

/** Through whom planning looks into the cluster, and whom the run would map first; null: nobody. */
type Sight = { kubernetes: KubernetesSight; mapping: IntendedMapping | null };

/**
 * Planning changes nothing, also where the fleet file lets the bot map itself: a cluster that does not know the bot is
 * looked at as the bootstrap role; where there is none, as far as AWS shows it. See docs/adr/0006.
 */
export async function lookInside(
  cloud: CloudSight,
  { cluster, mode }: { cluster: FleetCluster; mode: ObservedCluster['authenticationMode'] },
): Promise<Sight> {
  const itself: Sight = { kubernetes: cloud.kubernetes, mapping: null };
  if (cluster.access === null) return itself;
  const review = await cloud.kubernetes.reviewAccess([{ verb: 'list', group: '', resource: 'nodes' }]);
  const mapping = review.kind === 'unauthorized' ? await intendedMapping(cloud, { cluster, mode }) : null;
  if (mapping === null) return itself;
  if (await isMapped(cloud, cluster, mapping))
    throw new TransientError(
      'MappedButUnauthorized',
      `${mapping.arn} is mapped in cluster ${cluster.name}, but Kubernetes answers 401 (usual for some minutes after a change of either)`,
    );
  return { kubernetes: cloud.bootstrap ?? fromOutside(cloud.kubernetes), mapping };
}

/** Whom the bot would map and how; null: the fleet file does not let it, or the way is none in this authentication mode. */
export async function intendedMapping(
  { identity }: CloudSight,
  { cluster, mode }: { cluster: FleetCluster; mode: ObservedCluster['authenticationMode'] },
): Promise<IntendedMapping | null> {
  const { access: how, roleArn } = cluster;
  if (how === null || mode === (how.kind === 'bootstrap-role' ? 'API' : 'CONFIG_MAP')) return null;
  const { arn } = await identity.callerIdentity();
  return { how, arn: how.kind === 'bootstrap-role' ? principalArn(arn) : entryPrincipalArn(arn, roleArn) };
}

/** Whether the mapping stands there, as aws-auth or EKS shows it now. */
export async function isMapped(
  cloud: CloudSight,
  cluster: FleetCluster,
  { arn, how }: IntendedMapping,
): Promise<boolean> {
  if (how.kind === 'access-entry') return ((await cloud.eks.accessPolicies(cluster.name, arn)) ?? []).length > 0;
  try {
    return (await bootstrapOf(cloud, cluster).mappedGroups(arn)) !== null;
  } catch (error) {
    if (!(error instanceof TransientError) || error.code !== 'KubernetesUnauthorized') throw error;
    throw new UserError(
      'BootstrapRoleUnauthorized',
      `Kubernetes knows neither the bot nor access.bootstrapRole ${how.roleArn} in cluster ${cluster.name}: name a role that has the rights there, or have somebody map the bot (docs/iam.md)`,
      { cause: error },
    );
  }
}

export function bootstrapOf<K>({ bootstrap }: { bootstrap: K | null }, { name }: FleetCluster): K {
  if (bootstrap === null) throw new Error(`cluster ${name} has no bootstrap role`);
  return bootstrap;
}

/** Nothing is known of nodes and pods; what planning cannot do without stays a 401. */
function fromOutside(kubernetes: KubernetesSight): KubernetesSight {
  return { ...kubernetes, nodes: async () => [], userPods: async () => [] };
}
