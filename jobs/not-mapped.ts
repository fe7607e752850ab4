import { entryPrincipalArn, principalArn } from '#src/domain/bot-principal.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { ObservedCluster } from '#src/domain/observation.ts';
import type { Failure } from '#src/domain/run.ts';
import type { CloudSight } from '#src/ports/cloud.ts';

type Mode = ObservedCluster['authenticationMode'];

/** What the bot has to be in a cluster for what it is to do there: the group, and the rules that give it its rights. */
export const UPGRADER = { group: 'eks-upgrade-bot', rules: 'docs/rbac.yaml' };
export const OBSERVER = { group: 'eks-upgrade-observer', rules: 'docs/rbac-observe.yaml' };
type Part = typeof UPGRADER;

/**
 * 401 when no control-plane update explains it: the principal is not mapped in the cluster. Only somebody with rights can
 * map it. Throws when AWS does not say who the bot is: then that explains the 401.
 */
export async function notMappedIn(cloud: CloudSight, cluster: FleetCluster, part: Part = UPGRADER): Promise<Failure> {
  const [{ arn }, mode] = await Promise.all([
    cloud.identity.callerIdentity(),
    cloud.eks.describeCluster(cluster.name).then(
      ({ authenticationMode }) => authenticationMode,
      () => null,
    ),
  ]);
  return notMapped(cluster, { callerArn: arn, mode, part });
}

/** `mode` null: EKS did not say. The bot never changes it, so the command is the one for the mode as it is. */
export function notMapped(
  cluster: FleetCluster,
  { callerArn, mode, part = UPGRADER }: { callerArn: string; mode: Mode | null; part?: Part },
): Failure {
  const way = mode === null ? UNKNOWN_MODE : mode === 'CONFIG_MAP' ? BY_CONFIG_MAP : BY_ENTRY;
  const arn = principalArn(callerArn);
  return {
    code: 'NotMapped',
    message: `Kubernetes does not know the bot in cluster ${cluster.name} (401 for ${arn})`,
    remedy: `${way.who}, then press Check again${whyNotItself(cluster, mode)}`,
    detail: [`kubectl apply -f ${part.rules}  # in ${cluster.name}`, way.commands({ cluster, callerArn, part })].join(
      '\n',
    ),
  };
}

type Way = { who: string; commands: (who: { cluster: FleetCluster; callerArn: string; part: Part }) => string };

const BY_CONFIG_MAP: Way = {
  who: 'Have somebody with rights in the cluster run the commands that stand with the cause',
  commands: ({ cluster: { name, region }, callerArn, part: { group } }) =>
    [
      `eksctl create iamidentitymapping --cluster ${name} --region ${region} \\`,
      `  --arn ${principalArn(callerArn)} --username ${group} --group ${group} --no-duplicate-arns`,
    ].join('\n'),
};

/** https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html */
const BY_ENTRY: Way = {
  who: 'Have somebody with rights in the cluster, who may also create access entries, run the commands that stand with the cause',
  commands: ({ cluster: { name, region, roleArn }, callerArn, part: { group } }) =>
    [
      `aws eks create-access-entry --cluster-name ${name} --region ${region} \\`,
      `  --principal-arn ${entryPrincipalArn(callerArn, roleArn)} --kubernetes-groups ${group}`,
    ].join('\n'),
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
