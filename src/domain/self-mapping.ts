import type { PlanNote } from './plan.ts';

/** How the fleet file lets the bot map itself in a cluster where Kubernetes does not know it. */
export type SelfMapping =
  /** In aws-auth, written as `roleArn`, which has the rights in the cluster. */
  | { kind: 'bootstrap-role'; roleArn: string; groups: string[] }
  /** By an access entry with AmazonEKSClusterAdminPolicy, made with the bot's own rights in AWS. */
  | { kind: 'access-entry' };

/** What would be mapped: whoever the bot is in this cluster, and how. */
export type IntendedMapping = { arn: string; how: SelfMapping };

const MAPS_ITSELF = 'maps-itself';
const NOT_SEEN = 'kubernetes-not-seen';

/** Stands in the hash with the principal, the way and the groups: approved is exactly this mapping. */
export function mappingId({ arn, how }: IntendedMapping): string {
  const way = how.kind === 'access-entry' ? [how.kind] : [how.kind, how.roleArn, ...how.groups.toSorted()];
  return [MAPS_ITSELF, ...way, arn].join(' ');
}

/** Whether running this plan begins with the bot letting itself into Kubernetes. */
export function mapsItself({ warnings }: { warnings: readonly PlanNote[] }): boolean {
  return warnings.some(({ id }) => id.startsWith(`${MAPS_ITSELF} `));
}

/** Whether the plan was made without a look into the cluster. */
export function isNotSeen({ warnings }: { warnings: readonly PlanNote[] }): boolean {
  return warnings.some(({ id }) => id === NOT_SEEN);
}

/** What the approver reads, and approves. */
export function mappingWarnings(mapping: IntendedMapping | undefined): PlanNote[] {
  if (mapping === undefined) return [];
  const { arn, how } = mapping;
  const id = mappingId(mapping);
  const stays = 'This is no part of the upgrade and stays afterwards. Users notice nothing.';
  if (how.kind === 'bootstrap-role') {
    const text = `Kubernetes does not know the bot in this cluster. Before anything else is changed the bot maps itself, as the fleet file allows: ${arn} with the ${how.groups.length === 1 ? 'group' : 'groups'} ${how.groups.join(', ')} in aws-auth, written as ${how.roleArn}. The plan was made with what that role sees. ${stays}`;
    return [{ id, text }];
  }
  return [
    {
      id,
      text: `Kubernetes does not know the bot in this cluster. Before anything else is changed the bot lets itself in, as the fleet file allows: an access entry for ${arn} with the policy AmazonEKSClusterAdminPolicy, which is every right in the cluster. ${stays}`,
    },
    {
      id: NOT_SEEN,
      text: 'Until then the bot cannot look into the cluster: this plan is made of what AWS says, and who uses the cluster is not known. As soon as it can look, it plans again; should that be another plan, the upgrade stops before anything else is changed.',
    },
  ];
}
