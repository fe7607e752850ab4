import type { ProofSight } from '#src/domain/empty-group-proof.ts';
import { proofStatesIn } from '#src/domain/proof-memory.ts';
import type { Run } from '#src/domain/run.ts';
import { idsOf } from '../ids-of.ts';
import type { ProofContext } from './proof-context.ts';

/**
 * SetDesiredCapacity takes no token and no condition
 * (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html). A worker that was stopped between
 * its look at the claim and the call raises a size that another one may have proven and set back long ago, and nobody
 * would lower it again. So it looks at the claim once more, and takes its own raise back where no proof is at work. A node
 * that is in service already is not of this raise: somebody wanted it, and may be on it.
 */
export async function takeBackIfStale(
  { deps, cloud, run, step, confirmClaim }: ProofContext,
  { group, scaling }: ProofSight,
): Promise<void> {
  try {
    await confirmClaim();
  } catch (error) {
    const fresh = await deps.store.read(run.id);
    if (scaling !== null && !isAtWork(fresh, { stepId: step.id, group })) {
      const { name, stackName, sizes } = scaling;
      const [now] = await cloud.autoScaling.groupsOf([stackName]);
      if (now?.sizes.desired === sizes.desired + 1 && !now.instances.some(({ state }) => state === 'InService')) {
        deps.log.warn({ ...idsOf(run, step), group }, 'raised a size when the run was in other hands: taking it back');
        await cloud.autoScaling.setDesired({ group: name, desired: sizes.desired });
      }
    }
    throw error;
  }
}

/** Whoever has the run now raises this size as well, or sets it back. */
function isAtWork(run: Run | null, { stepId, group }: { stepId: string; group: string }): boolean {
  const progress = run?.steps[stepId];
  if (progress?.kind !== 'started') return false;
  const state = proofStatesIn(progress.memory).get(group);
  return state !== undefined && state.kind !== 'settled';
}
