import type { ConfigNodeGroup, ObservedNodeGroup } from '#src/domain/observation.ts';
import type { Plan } from '#src/domain/plan.ts';
import { failed, type PhaseRunner } from '../phase.ts';
import { seeNodeGroups } from '../see-cluster.ts';

/**
 * eksctl will re-create the groups from the config: here the config (at the plan's commit) is held against what
 * CloudFormation has now. A group that the plan deletes and the config does not have could never come back.
 */
export const templateDrift: PhaseRunner<'template-drift'> = async ({ deps, cluster, cloud, plan }) => {
  const checkout = await deps.repository.checkout(cluster.config, plan.config.commit);
  try {
    const config = deps.readConfig(await checkout.render());
    const live = await seeNodeGroups(cloud, cluster.name);
    const lost = groupsThatWouldNotComeBack(plan, config.nodeGroups);
    if (lost.length > 0) {
      return failed(
        'ConfigLacksGroup',
        `the config at ${short(plan.config.commit)} has no node group ${lost.join(', ')}, so eksctl could not create it`,
        {
          remedy: 'Put the group back into the config, or take it out of AWS by hand; then abort and ask again',
        },
      );
    }
    return {
      kind: 'done',
      evidence: [
        `the config evaluates at commit ${short(plan.config.commit)}`,
        `it has ${config.nodeGroups.length} node groups, AWS has ${live.length}`,
      ],
      notes: sizeDifferences(config.nodeGroups, live),
    };
  } finally {
    await checkout.dispose();
  }
};

function groupsThatWouldNotComeBack(plan: Plan, config: ConfigNodeGroup[]): string[] {
  const names = new Set(config.map((group) => group.name));
  const missing = plan.steps.flatMap((step) => {
    if (step.phase !== 'node-groups' || step.action !== 'create') return [];
    const inCopy = new Map(step.renames.map(({ from, to }) => [to, from]));
    return step.groups.filter((group) => !names.has(inCopy.get(group) ?? group));
  });
  return [...new Set(missing)];
}

/** eksctl gives a re-created group the sizes of the config; people change them in AWS and forget. */
function sizeDifferences(config: ConfigNodeGroup[], live: ObservedNodeGroup[]): string[] {
  return live.flatMap(({ name, sizes }) => {
    const wanted = config.find((group) => group.name === name);
    if (wanted === undefined || sizes === null) return [];
    const differs = [
      ...(wanted.minSize !== null && wanted.minSize !== sizes.min ? [`minimum ${sizes.min} → ${wanted.minSize}`] : []),
      ...(wanted.maxSize !== null && wanted.maxSize !== sizes.max ? [`maximum ${sizes.max} → ${wanted.maxSize}`] : []),
    ];
    return differs.length === 0 ? [] : [`${name} takes its sizes from the config: ${differs.join(', ')}`];
  });
}

function short(commit: string): string {
  return commit.slice(0, 10);
}
