import { clusterAdminPolicy, entryPrincipalArn, principalArn } from '#src/domain/bot-principal.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { ObservedCluster } from '#src/domain/observation.ts';
import type { Failure } from '#src/domain/run.ts';
import type { CloudSight } from '#src/ports/cloud.ts';

type Mode = ObservedCluster['authenticationMode'];

/**
 * 401 when no control-plane update explains it: the principal is not mapped in the cluster. Only somebody with rights can
 * map it. Throws when AWS does not say who the bot is: then that explains the 401.
 */
export async function notMappedIn(cloud: CloudSight, cluster: FleetCluster): Promise<Failure> {
  const [{ arn }, mode] = await Promise.all([
    cloud.identity.callerIdentity(),
    cloud.eks.describeCluster(cluster.name).then(
      ({ authenticationMode }) => authenticationMode,
      () => null,
    ),
  ]);
  return notMapped(cluster, { callerArn: arn, mode });
}

/** `mode` null: EKS did not say. The bot never changes it, so the command is the one for the mode as it is. */
export function notMapped(
  cluster: FleetCluster,
  { callerArn, mode }: { callerArn: string; mode: Mode | null },
): Failure {
  const way = mode === null ? UNKNOWN_MODE : mode === 'CONFIG_MAP' ? BY_CONFIG_MAP : BY_ENTRY;
  const arn = principalArn(callerArn);
  return {
    code: 'NotMapped',
    message: `Kubernetes does not know the bot in cluster ${cluster.name} (401 for ${arn})`,
    remedy: `${way.who}, then press Check again${whyNotItself(cluster, mode)}`,
    detail: way.commands({ cluster, callerArn }),
  };
}

type Way = { who: string; commands: (who: { cluster: FleetCluster; callerArn: string }) => string };

const BY_CONFIG_MAP: Way = {
  who: 'Have somebody with rights in the cluster run the command below (with docs/rbac.yaml applied, --group eks-upgrade-bot is enough)',
  commands: ({ cluster: { name, region }, callerArn }) =>
    [
      `eksctl create iamidentitymapping --cluster ${name} --region ${region} \\`,
      `  --arn ${principalArn(callerArn)} --username eks-upgrade-bot --group system:masters --no-duplicate-arns`,
    ].join('\n'),
};

/** https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html */
const BY_ENTRY: Way = {
  who: 'Have somebody who may create access entries run the commands below',
  commands: ({ cluster: { name, region, roleArn }, callerArn }) => {
    const arn = entryPrincipalArn(callerArn, roleArn);
    const of = `--cluster-name ${name} --region ${region} --principal-arn ${arn}`;
    return [
      `aws eks create-access-entry ${of}`,
      `aws eks associate-access-policy ${of} \\`,
      `  --policy-arn ${clusterAdminPolicy(arn)} --access-scope type=cluster`,
    ].join('\n');
  },
};

const UNKNOWN_MODE: Way = {
  who: 'Have somebody with rights in the cluster run what fits its authentication mode (EKS does not tell the bot which one that is, so here are both)',
  commands: (who) =>
    ['# CONFIG_MAP', BY_CONFIG_MAP.commands(who), '# API, API_AND_CONFIG_MAP', BY_ENTRY.commands(who)].join('\n'),
};

/** Whoever wrote `access` into the fleet file expects that the bot maps itself. */
function whyNotItself({ access }: FleetCluster, mode: Mode | null): string {
  if (access === null) return '';
  if (access.kind === 'bootstrap-role' && mode === 'API')
    return '. access.bootstrapRole of the fleet file is of no use here: the cluster does not read aws-auth (authentication mode API), and the bot never changes that; access.createEntry would do';
  if (access.kind === 'access-entry' && mode === 'CONFIG_MAP')
    return '. access.createEntry of the fleet file is of no use here: the cluster has no access entries (authentication mode CONFIG_MAP), and the bot never changes that; access.bootstrapRole would do';
  return '. The bot maps itself, as the fleet file allows, only where the approved plan says so: to have that, abort and ask again';
}
