import type { NodeGroupsContext } from './node-groups-context.ts';

/** The new core groups at the version of this deletion: what they replace may only go when they are there. */
export function replacementsOf({ plan, step }: Pick<NodeGroupsContext<'delete'>, 'plan' | 'step'>): string[] {
  return plan.steps.flatMap((other) =>
    other.phase === 'node-groups' &&
    other.action === 'create' &&
    other.role === 'core' &&
    other.version === step.version
      ? other.groups
      : [],
  );
}
