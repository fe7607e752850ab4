import { cutShort } from '#src/domain/empty-group-proof.ts';
import { messageOf, TransientError } from '#src/domain/errors.ts';
import type { Step } from '#src/domain/plan.ts';
import { proofStatesIn, stepsWithRaisedGroups, withProofState } from '#src/domain/proof-memory.ts';
import type { RunFact } from '#src/domain/run-events.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import type { Claim } from '#src/ports/run-store.ts';
import { contextOf } from './advance-step.ts';
import type { Decided } from './decided.ts';
import { idsOf } from './ids-of.ts';
import { moveProofs } from './phases/node-groups-prove.ts';
import type { ProofContext } from './phases/proof-context.ts';
import type { WorkerDeps } from './worker-deps.ts';

const LOOK_AGAIN_MS = 10_000;

/**
 * A run that stands still, whyever, leaves no size raised: groups that were being proven by a node get theirs back, and a
 * Retry proves them anew. null: there are none.
 */
export async function setBackAtRest(deps: WorkerDeps, claim: Claim): Promise<Decided | null> {
  const facts: RunFact[] = [];
  for (const { stepId, groups } of stepsWithRaisedGroups(claim.run)) {
    const step = claim.run.plan?.steps.find(({ id }) => id === stepId);
    if (step?.phase !== 'node-groups' || step.action !== 'prove') continue;
    facts.push(await setBack(deps, { claim, step, groups }));
  }
  return facts.length === 0 ? null : { facts, inMs: LOOK_AGAIN_MS };
}

type Proving = { claim: Claim; step: Extract<Step, { action: 'prove' }>; groups: string[] };

async function setBack(deps: WorkerDeps, { claim, step, groups }: Proving): Promise<RunFact> {
  const context: ProofContext = { ...contextOf(deps, { claim, step }), step };
  const { notes } = context.progress;
  const cut = groups.reduce((memory, group) => {
    const state = proofStatesIn(memory).get(group);
    return state === undefined ? memory : withProofState(memory, group, cutShort(state, context.now));
  }, context.progress.memory);
  const waiting = { kind: 'step-waiting', stepId: step.id, for: 'the run to go on', notes } as const;
  try {
    const { memory } = await moveProofs({ ...context, progress: { ...context.progress, memory: cut } }, groups);
    const left = [...proofStatesIn(memory)].flatMap(([group, state]) =>
      groups.includes(group) && state.kind === 'settled' && state.left !== null
        ? [`The size of ${group} was not set back: ${state.left}`]
        : [],
    );
    return { ...waiting, memory: withoutSettled(memory, groups), notes: [...notes, ...left] };
  } catch (error) {
    if (isStorageAway(error) || (error instanceof TransientError && error.code === 'ClaimLost')) throw error;
    deps.log.error({ ...idsOf(claim.run, step), groups, err: error }, 'cannot set the size of groups back');
    // AWS will not let the bot do it by being asked again; people are told, and may abort.
    const isOver = !(error instanceof TransientError);
    const note = `The size of ${groups.join(', ')} could not be set back, do it by hand: ${messageOf(error)}`;
    return isOver
      ? {
          ...waiting,
          memory: groups.reduce((memory, group) => withProofState(memory, group, null), cut),
          notes: [...notes, note],
        }
      : { ...waiting, memory: cut };
  }
}

function withoutSettled(memory: Record<string, string>, groups: readonly string[]): Record<string, string> {
  const states = proofStatesIn(memory);
  return groups.reduce(
    (left, group) => (states.get(group)?.kind === 'settled' ? withProofState(left, group, null) : left),
    memory,
  );
}
