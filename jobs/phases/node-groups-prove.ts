import { nextMove, type ProofState } from '#src/domain/empty-group-proof.ts';
import { proofStatesIn, withProofState } from '#src/domain/proof-memory.ts';
import { listNames } from '#src/domain/step-title.ts';
import { failed, type PhaseResult } from '../phase.ts';
import { actOnProof } from './act-on-proof.ts';
import type { ProofContext } from './proof-context.ts';
import { seeProofs } from './see-proofs.ts';
import { takeBackIfStale } from './stale-raise.ts';

const FREQUENT_MS = 5000;
const SELDOM_MS = 20_000;
/** An instance is no node within a minute. */
const NO_NODE_BEFORE_MS = 60_000;
/** Something was only written down, or asked for, and the next look goes on. */
const AT_ONCE_MS = 1000;

/** Shows that groups which want no nodes can have one; all of the step at the same time (empty-group-proof.ts). */
export async function proveGroups(context: ProofContext): Promise<PhaseResult> {
  const { step, progress } = context;
  const { memory, moved } = await moveProofs(context, step.groups);
  const states = proofStatesIn(memory);
  const settled = step.groups.flatMap((group) => {
    const state = states.get(group);
    return state?.kind === 'settled' ? [{ group, ...state }] : [];
  });
  if (settled.length === step.groups.length) return outcomeOf(context, settled);
  const pollMs = moved ? AT_ONCE_MS : nextLookMs([...states.values()], context.now);
  return { kind: 'wait', for: whatFor(context, states), pollMs, memory, notes: progress.notes };
}

/** Seldom while no node can be there, often when it comes or goes, and ever more seldom when it does not (AWS throttles). */
function nextLookMs(states: readonly ProofState[], now: number): number {
  const looks = states.flatMap((state) => {
    if (state.kind !== 'raised' && state.kind !== 'setting-back') return [];
    const elapsed = now - state.since;
    if (state.kind === 'raised' && elapsed < NO_NODE_BEFORE_MS) return [SELDOM_MS];
    return [Math.min(Math.max(elapsed / 12, FREQUENT_MS), SELDOM_MS)];
  });
  return Math.min(SELDOM_MS, ...(looks.length === 0 ? [FREQUENT_MS] : looks));
}

/** One look and at most one act for each of these groups; `memory` is what is known afterwards. */
export async function moveProofs(
  context: ProofContext,
  groups: readonly string[],
): Promise<{ memory: Record<string, string>; moved: boolean }> {
  const { progress } = context;
  let { memory } = progress;
  let moved = false;
  for (const sight of await seeProofs(context, groups)) {
    const move = nextMove(proofStatesIn(memory).get(sight.group) ?? null, sight, progress.at);
    if (move.kind === 'wait') continue;
    if (move.kind === 'act') {
      await actOnProof(context, sight, move.act);
      if (move.state.kind === 'raised') await takeBackIfStale(context, sight.group, move.state);
    }
    memory = withProofState(memory, sight.group, move.state);
    moved = true;
  }
  return { memory, moved };
}

type Settled = { group: string } & Extract<ProofState, { kind: 'settled' }>;

function outcomeOf({ step, progress }: ProofContext, settled: Settled[]): PhaseResult {
  const broken = settled.flatMap(({ verdict }) => (verdict.kind === 'failed' ? [verdict.why] : []));
  const stays = settled.flatMap(({ group, left }) =>
    left === null ? [] : [`The size of ${group} was not set back: ${left}`],
  );
  if (broken.length > 0) {
    const sizes = stays.length === 0 ? 'Their size is what it was before' : stays.join('; ');
    return failed('GroupNotUsable', `no node of ${step.version} works in a new node group: ${broken.join('; ')}`, {
      remedy: `${sizes}. Look at the instance (its console output, user data, subnet and role) and put that right, then press Retry`,
    });
  }
  return {
    kind: 'done',
    evidence: settled.flatMap(({ verdict }) => (verdict.kind === 'proven' ? [verdict.evidence] : [])),
    notes: [...progress.notes, ...unprovenNotes(settled), ...stays],
  };
}

function unprovenNotes(settled: Settled[]): string[] {
  const unproven = settled.flatMap(({ group, verdict }) =>
    verdict.kind === 'unproven' ? [{ group, why: verdict.why }] : [],
  );
  if (unproven.length === 0) return [];
  return [
    ...unproven.map(({ group, why }) => `${group} was not proven by a node: ${why}`),
    `Nothing is known to be wrong with ${listNames(unproven.map(({ group }) => group))}: start a server there to see`,
  ];
}

function whatFor({ step }: ProofContext, states: ReadonlyMap<string, ProofState>): string {
  const isGoingBack = (group: string): boolean => states.get(group)?.kind === 'setting-back';
  const open = step.groups.filter((group) => states.get(group)?.kind !== 'settled');
  const coming = open.filter((group) => !isGoingBack(group));
  return coming.length > 0
    ? `a node of ${listNames(coming)} to be Ready at ${step.version}`
    : `${listNames(open)} to be without the node again`;
}
