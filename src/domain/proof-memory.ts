import type { ProofState } from './empty-group-proof.ts';
import type { StepId } from './plan.ts';
import type { Run } from './run.ts';

/**
 * What a proof remembers of each group between two looks, as a step's memory holds it: by the group's name, as JSON that
 * this module alone writes.
 */
export function proofStatesIn(memory: Record<string, string>): Map<string, ProofState> {
  return new Map(Object.entries(memory).map(([group, state]) => [group, JSON.parse(state) as ProofState]));
}

/** null: nothing is remembered of it any more. */
export function withProofState(
  memory: Record<string, string>,
  group: string,
  state: ProofState | null,
): Record<string, string> {
  const { [group]: _, ...others } = memory;
  return state === null ? others : { ...others, [group]: JSON.stringify(state) };
}

/** Steps with groups whose size the bot has raised, or is about to, and has not seen back. */
export function stepsWithRaisedGroups({
  plan,
  steps,
}: Pick<Run, 'plan' | 'steps'>): { stepId: StepId; groups: string[] }[] {
  return (plan?.steps ?? []).flatMap((step) => {
    const progress = steps[step.id];
    if (step.phase !== 'node-groups' || step.action !== 'prove' || progress?.kind !== 'started') return [];
    const groups = [...proofStatesIn(progress.memory)].filter(([, state]) => state.kind !== 'settled');
    return groups.length === 0 ? [] : [{ stepId: step.id, groups: groups.map(([group]) => group) }];
  });
}
