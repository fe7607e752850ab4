import type { ObservedNodeGroup } from './observation.ts';
import type { StepAction } from './plan.ts';

/**
 * Minutes a step usually takes, for people who wait; nothing times out by them. Seen durations: control plane ~10,
 * managed group of 2 nodes ~30 and of 55 nodes ~170, `eksctl create nodegroup` ~5, an empty group deleted in ~20 s.
 */
export function expectedMinutes(action: StepAction, groups: readonly ObservedNodeGroup[]): number {
  switch (action.phase) {
    case 'preflight':
    case 'template-drift':
    case 'access':
    case 'commit-config':
      return 1;
    case 'control-plane':
      return 10;
    case 'add-ons':
      return Math.max(1, 2 * action.addons.filter(({ kind }) => kind !== 'skip').length);
    case 'node-groups':
      return nodeGroupsMinutes(action, groups);
    case 'verify':
      return 2;
    default:
      return action satisfies never;
  }
}

/** eksctl works on this many node group stacks at once (`--nodegroup-parallelism`). */
const AT_ONCE = 8;

function nodeGroupsMinutes(
  action: Extract<StepAction, { phase: 'node-groups' }>,
  groups: readonly ObservedNodeGroup[],
): number {
  const batches = Math.ceil(action.groups.length / AT_ONCE);
  switch (action.action) {
    case 'create':
      return batches * 5;
    case 'delete':
      return action.groups.some((name) => nodesOf(name, groups) > 0) ? batches * 5 : batches;
    case 'prove':
      return 3;
    case 'update-managed':
      return Math.max(0, ...action.groups.map((name) => managedMinutes(nodesOf(name, groups))));
    default:
      return action satisfies never;
  }
}

/** A line through the two durations seen; the groups of a step are updated at the same time. */
function managedMinutes(nodes: number): number {
  return nodes === 0 ? 3 : Math.round(25 + 2.64 * nodes);
}

function nodesOf(name: string, groups: readonly ObservedNodeGroup[]): number {
  const group = groups.find((candidate) => candidate.name === name);
  return group === undefined ? 1 : Math.max(group.nodes.length, group.sizes?.desired ?? 0);
}
