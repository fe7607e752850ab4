import { cutShort, nextMove, type ProofState } from '#src/domain/empty-group-proof.ts';
import { proofStatesIn, withProofState } from '#src/domain/proof-memory.ts';
import type { Run } from '#src/domain/run.ts';
import { idsOf } from '../ids-of.ts';
import { actOnProof } from './act-on-proof.ts';
import type { ProofContext } from './proof-context.ts';
import { seeProofs } from './see-proofs.ts';

/** Closing the node that has come, and taking it away; once more, should Kubernetes show it late. */
const LOOKS = 3;

/**
 * SetDesiredCapacity takes no token and no condition
 * (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html). A worker that was stopped between
 * its look at the claim and the call raises a size that another one may have proven and set back long ago, and nobody
 * would lower it again. So it looks at the claim once more, and takes its own raise back where no proof is at work: by the
 * rules of any proof, so what others have raised meanwhile stays, and so does a node with pods of others on it.
 */
export async function takeBackIfStale(context: ProofContext, group: string, raised: ProofState): Promise<void> {
  try {
    await context.confirmClaim();
  } catch (error) {
    const { deps, run, step } = context;
    if (!isAtWork(await deps.store.read(run.id), { stepId: step.id, group })) {
      deps.log.warn({ ...idsOf(run, step), group }, 'raised a size when the run was in other hands: taking it back');
      await takeBack(context, group, cutShort(raised, context.now));
    }
    throw error;
  }
}

async function takeBack(context: ProofContext, group: string, state: ProofState): Promise<void> {
  const progress = { ...context.progress, memory: withProofState({}, group, state) };
  const unclaimed = { ...context, progress, confirmClaim: async () => undefined };
  for (let look = 0; look < LOOKS; look += 1) {
    const [sight] = await seeProofs(unclaimed, [group]);
    const move = sight === undefined ? null : nextMove(state, sight, progress.at);
    if (sight === undefined || move?.kind !== 'act') return;
    await actOnProof(unclaimed, sight, move.act);
  }
}

/** Whoever has the run now raises this size as well, or sets it back. */
function isAtWork(run: Run | null, { stepId, group }: { stepId: string; group: string }): boolean {
  const progress = run?.steps[stepId];
  if (progress?.kind !== 'started') return false;
  const state = proofStatesIn(progress.memory).get(group);
  return state !== undefined && state.kind !== 'settled';
}
