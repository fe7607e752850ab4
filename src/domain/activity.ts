import type { Activity, ObservedNode } from './observation.ts';
import type { Plan, Step } from './plan.ts';

/** A pod that means the cluster is in use. `node`: the one it is bound to, null while it waits for one. */
export type UserPod = { namespace: string; node: string | null };

type Placed = { pod: UserPod; group: string | null };

/** What is in use, of the whole cluster: what a plan shows. */
export function countActivity(pods: readonly UserPod[], nodes: readonly ObservedNode[]): Activity {
  return counted(placed(pods, nodes));
}

/**
 * What the deletion or replacement of these groups would end. Only what runs on their nodes: a server on another group
 * loses nothing. Counted with it is what could land there by the time it happens: a pod that waits for a node, and one
 * on a node that was not seen yet when nodes were listed.
 */
export function countActivityOn(
  groups: readonly string[],
  { pods, nodes }: { pods: readonly UserPod[]; nodes: readonly ObservedNode[] },
): Activity {
  return counted(placed(pods, nodes).filter(({ group }) => group === UNPLACED || groups.includes(group ?? '')));
}

/** How many servers on these groups somebody took on with this count; 0 for a count of a bot that did not look at nodes. */
export function acceptedOn(groups: readonly string[], activity: Activity | undefined): number {
  const { byGroup = {}, unplaced = 0 } = activity ?? {};
  return groups.reduce((sum, group) => sum + (byGroup[group] ?? 0), unplaced);
}

/** No group's name has a space. */
const UNPLACED = ' unplaced';

/** `group` null: a node of no node group. */
function placed(pods: readonly UserPod[], nodes: readonly ObservedNode[]): Placed[] {
  const groups = new Map(nodes.map(({ name, group }) => [name, group]));
  return pods.map((pod) => {
    const group = pod.node === null ? undefined : groups.get(pod.node);
    return { pod, group: group === undefined ? UNPLACED : group };
  });
}

function counted(pods: readonly Placed[]): Activity {
  return {
    total: pods.length,
    byNamespace: tally(pods.map(({ pod }) => pod.namespace)),
    byGroup: tally(pods.flatMap(({ group }) => (group === null || group === UNPLACED ? [] : [group]))),
    unplaced: pods.filter(({ group }) => group === UNPLACED).length,
  };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

type NodeGroupsStep = Extract<Step, { phase: 'node-groups' }>;

/** Whose nodes a step takes away. The two deletions of one rotation begin together, so people are asked about both at once. */
export function groupsAtStake(step: NodeGroupsStep, plan: Pick<Plan, 'steps'>): string[] {
  if (step.action !== 'delete') return step.groups;
  return groupsOf(plan, (other) => other.action === 'delete' && other.version === step.version);
}

/** All groups whose nodes a plan takes away at some point. */
export function groupsReplaced(plan: Pick<Plan, 'steps'>): string[] {
  return groupsOf(plan, ({ action }) => action !== 'create');
}

function groupsOf({ steps }: Pick<Plan, 'steps'>, isMeant: (step: NodeGroupsStep) => boolean): string[] {
  return [...new Set(steps.flatMap((step) => (step.phase === 'node-groups' && isMeant(step) ? step.groups : [])))];
}
