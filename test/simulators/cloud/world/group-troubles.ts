import { randomUUID } from 'node:crypto';
import type { GroupTemplate } from './template.ts';
import type { Cluster, ManagedGroup, Update, World } from './world.ts';

/** Why new nodes of a group do not come: faults `no-capacity` and `nodes-never-ready`, in the words of EKS and of Auto Scaling. */
export type GroupTrouble = 'no-capacity' | 'never-ready';

/** Whether a fault strikes a group that gets this many new nodes now; a group without nodes notices nothing. */
export function groupTrouble(
  world: World,
  cluster: Cluster,
  { nodes, group }: { nodes: number; group: string | null },
): GroupTrouble | null {
  if (nodes === 0) return null;
  if (world.faults.strikes(cluster.name, 'no-capacity', group)) return 'no-capacity';
  return world.faults.strikes(cluster.name, 'nodes-never-ready', group) ? 'never-ready' : null;
}

/** Words as seen in eksctl#4732 and ray#49097. */
export function noCapacity(instanceType: string, region: string): string {
  return (
    `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${region}a). ` +
    'Our system will be working on provisioning additional capacity. You can currently get ' +
    `${instanceType} capacity by not specifying an Availability Zone in your request or choosing ${region}b, ${region}c. Launching EC2 instance failed.`
  );
}

/** Why the stack of a new group fails, or null: a self-managed group whose nodes are never Ready is complete for CloudFormation. */
export function stackTrouble(trouble: GroupTrouble, group: GroupTemplate, region: string): string | null {
  if (group.kind === 'self-managed')
    return trouble === 'no-capacity'
      ? `Group did not stabilize. Last scaling activity: ${noCapacity(group.instanceType, region)}`
      : null;
  const issue =
    trouble === 'no-capacity'
      ? `{Code: AsgInstanceLaunchFailures,Message: ${launchFailure(group.instanceTypes[0], region)},ResourceIds: [${groupOf(group.name)}]}`
      : '{Code: NodeCreationFailure,Message: Instances failed to join the kubernetes cluster,ResourceIds: [i-0a1b2c3d4e5f60001]}';
  return `Nodegroup ${group.name} failed to stabilize: [${issue}]`;
}

function launchFailure(instanceType: string | undefined, region: string): string {
  return `Could not launch On-Demand Instances. InsufficientInstanceCapacity - ${noCapacity(instanceType ?? 'm5.large', region)}`;
}

function groupOf(name: string): string {
  return `eks-${name}-${randomUUID()}`;
}

/** EKS gives up when the first new nodes are not there after 15 minutes: managed-node-update-behavior.html, "Scale up phase". */
export const SCALE_UP_LIMIT = 15 * 60_000;

/** The errors of the failed update; without capacity the group's health says so, too. */
export function updateTrouble(
  cluster: Cluster,
  group: ManagedGroup,
  { trouble, endsAt }: { trouble: GroupTrouble; endsAt: number },
): Update['errors'] {
  if (trouble === 'no-capacity') {
    group.issues.push({
      from: endsAt,
      code: 'AsgInstanceLaunchFailures',
      message: launchFailure(group.instanceTypes[0], cluster.region),
      resourceIds: [groupOf(group.name)],
    });
  }
  return [
    {
      errorCode: 'NodeCreationFailure',
      errorMessage: `Couldn't proceed with upgrade process as new nodes are not joining node group ${group.name}`,
      resourceIds: [group.name],
    },
  ];
}
