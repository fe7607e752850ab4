import type { ProofSight, ProofState, ScalingGroup } from '#src/domain/empty-group-proof.ts';
import { proofStatesIn } from '#src/domain/proof-memory.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { ProofContext } from './proof-context.ts';

/** What AWS and Kubernetes say of those whose proof is not settled. */
export async function seeProofs(
  { cloud, cluster, step, progress, now }: ProofContext,
  groups: readonly string[],
): Promise<ProofSight[]> {
  const states = proofStatesIn(progress.memory);
  const open = groups.filter((group) => states.get(group)?.kind !== 'settled');
  if (open.length === 0) return [];
  const stacks = (await cloud.stacks.list(cluster.name)).filter(({ group }) => open.includes(group));
  const [scalingGroups, nodes] = await Promise.all([
    stacks.length === 0 ? [] : cloud.autoScaling.groupsOf(stacks.map(({ stackName }) => stackName)),
    cloud.kubernetes.nodes(),
  ]);
  return Promise.all(
    open.map(async (group) => {
      const stack = stacks.find((one) => one.group === group);
      const scaling = scalingGroups.find(({ stackName }) => stackName === stack?.stackName) ?? null;
      const own = nodes.filter((node) => node.group === group);
      const state = states.get(group) ?? null;
      const sight = { group, version: step.version, now, scaling, nodes: own };
      return { ...sight, ...(await closerLook(cloud, { state, scaling, nodes: own.map(({ name }) => name) })) };
    }),
  );
}

type Closer = { state: ProofState | null; scaling: ScalingGroup | null; nodes: string[] };

/** Asked for only where the next move depends on it. */
async function closerLook(
  { autoScaling, kubernetes }: Cloud,
  { state, scaling, nodes }: Closer,
): Promise<Pick<ProofSight, 'failedLaunches' | 'visitors'>> {
  const waits = state?.kind === 'raised' && scaling !== null && scaling.instances.length === 0;
  const goesBack = state?.kind === 'setting-back' && scaling !== null && scaling.sizes.desired > state.from;
  return {
    failedLaunches: waits ? await autoScaling.failedLaunches(scaling.name, state.since) : [],
    visitors: goesBack ? (await Promise.all(nodes.map(kubernetes.visitors))).flat() : [],
  };
}
