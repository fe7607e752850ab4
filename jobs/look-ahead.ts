import { UserError } from '#src/domain/errors.ts';
import type { ForeignPolicies, GroupFindings, Unexplained } from '#src/domain/group-findings.ts';
import type { ObservedConfig, ObservedNode, ObservedNodeGroup } from '#src/domain/observation.ts';
import type { CloudSight } from '#src/ports/cloud.ts';
import type { NodeGroupStack, StackRole } from '#src/ports/node-group-stacks.ts';
import type { RolePolicies } from '#src/ports/node-roles.ts';

type Seen = { stacks: NodeGroupStack[]; nodeGroups: ObservedNodeGroup[]; nodes: ObservedNode[] };

/** Looks for what makes a deletion or a creation go wrong half-way: in time, people can put it right without a hurry. */
export async function lookAhead(
  cloud: CloudSight,
  { cluster, config, seen }: { cluster: string; config: Pick<ObservedConfig, 'nodeGroups'>; seen: Seen },
): Promise<GroupFindings> {
  const configured = new Set(config.nodeGroups.map(({ name }) => name));
  const ours = seen.stacks.filter(({ group, kind }) => kind === 'self-managed' && configured.has(group));
  const [roles, scaling] = await Promise.all([lookAtRoles(cloud, ours), lookAtScaling(cloud, { cluster, seen })]);
  return { ...roles, ...scaling, unexplained: [...unexplainedNodes(seen), ...scaling.unexplained] };
}

type Roles = Pick<GroupFindings, 'foreignPolicies' | 'unseenRoles'>;

/** One after the other: IAM throttles the whole account, and a plan is not made so often that seconds matter. */
async function lookAtRoles(cloud: CloudSight, stacks: NodeGroupStack[]): Promise<Roles> {
  const foreignPolicies: ForeignPolicies[] = [];
  for (const { group, ownRole } of stacks) {
    const role = ownRole?.name ?? null;
    if (ownRole === null || role === null) continue;
    try {
      const { attached, inline } = foreignOn(ownRole, await cloud.nodeRoles.policies(role));
      if (attached.length + inline.length > 0) foreignPolicies.push({ group, role, attached, inline });
    } catch (error) {
      // A right that is missing for one role is taken to be missing for all: each refusal is in the account's CloudTrail.
      if (!(error instanceof UserError && error.code === 'AwsAccessDenied')) throw error;
      return { foreignPolicies, unseenRoles: { groups: stacks.map((stack) => stack.group), why: error.message } };
    }
  }
  return { foreignPolicies, unseenRoles: null };
}

type Scaling = Pick<GroupFindings, 'liveSizes' | 'unseenScaling' | 'unexplained'>;

async function lookAtScaling(cloud: CloudSight, { cluster, seen }: { cluster: string; seen: Seen }): Promise<Scaling> {
  const groupOf = new Map(seen.stacks.map(({ stackName, group }) => [stackName, group]));
  try {
    const found = (await cloud.autoScaling.ofCluster(cluster)).filter(({ managed }) => !managed);
    return {
      liveSizes: found.flatMap(({ stackName, sizes: { min, max } }) => {
        const group = groupOf.get(stackName ?? '');
        return group === undefined ? [] : [{ group, min, max }];
      }),
      unseenScaling: null,
      unexplained: found
        .filter(({ stackName }) => !groupOf.has(stackName ?? ''))
        .map(({ name }) => ({ kind: 'scaling-group', group: null, what: [name] })),
    };
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'AwsAccessDenied')) throw error;
    return { liveSizes: [], unseenScaling: error.message, unexplained: [] };
  }
}

/** What the stack's template does not say; of what only CloudFormation can resolve nothing is known to be foreign. */
export function foreignOn(own: Omit<StackRole, 'name'>, seen: RolePolicies | null): RolePolicies {
  return {
    attached: own.attached === null ? [] : (seen?.attached.filter(({ arn }) => !own.attached?.includes(arn)) ?? []),
    inline: own.inline === null ? [] : (seen?.inline.filter((name) => !own.inline?.includes(name)) ?? []),
  };
}

function unexplainedNodes({ stacks, nodeGroups, nodes }: Seen): Unexplained[] {
  const explained = new Set([...stacks.map(({ group }) => group), ...nodeGroups.map(({ name }) => name)]);
  const left = nodes.filter(({ group }) => group === null || !explained.has(group));
  const groups = [...new Set(left.map(({ group }) => group))];
  return groups.map((group) => ({
    kind: 'nodes',
    group,
    what: left.filter((node) => node.group === group).map(({ name }) => name),
  }));
}
