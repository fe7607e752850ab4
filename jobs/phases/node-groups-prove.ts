import {
  nextMove,
  type ProofAct,
  type ProofSight,
  type ProofState,
  type ScalingGroup,
} from '#src/domain/empty-group-proof.ts';
import { proofStatesIn, withProofState } from '#src/domain/proof-memory.ts';
import { listNames } from '#src/domain/step-title.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import { idsOf } from '../ids-of.ts';
import { failed, type PhaseResult } from '../phase.ts';
import type { ProofContext } from './proof-context.ts';
import { takeBackIfStale } from './stale-raise.ts';

const POLL_MS = 10_000;
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
  const pollMs = moved ? AT_ONCE_MS : POLL_MS;
  return { kind: 'wait', for: whatFor(context, states), pollMs, memory, notes: progress.notes };
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
    if (move.kind === 'act') await act(context, sight, move.act);
    memory = withProofState(memory, sight.group, move.state);
    moved = true;
  }
  return { memory, moved };
}

async function act(context: ProofContext, sight: ProofSight, proofAct: ProofAct): Promise<void> {
  const { deps, cloud, run, step, confirmClaim } = context;
  const { group, scaling } = sight;
  if (proofAct.kind !== 'phase-out') await confirmClaim();
  switch (proofAct.kind) {
    case 'set-desired':
      deps.log.info(
        { ...idsOf(run, step), group, desired: proofAct.desired },
        'setting the size of a group that is proven by a node',
      );
      await cloud.autoScaling.setDesired({ group: scaling?.name ?? '', desired: proofAct.desired });
      return proofAct.desired > (scaling?.sizes.desired ?? 0) ? takeBackIfStale(context, sight) : undefined;
    case 'remove-instance':
      deps.log.info({ ...idsOf(run, step), group, ...proofAct }, 'taking away the node that a group was proven by');
      return cloud.autoScaling.removeInstance(proofAct.instanceId);
    case 'phase-out':
      deps.log.info(
        { ...idsOf(run, step), group, ...proofAct },
        'closing the node that a group was proven by, or opening it',
      );
      for (const node of proofAct.nodes) {
        await confirmClaim();
        await cloud.kubernetes.setPhaseOut(node, proofAct.on);
      }
      return;
    default:
      proofAct satisfies never;
      throw new Error(`unknown act ${JSON.stringify(proofAct)}`);
  }
}

async function seeProofs(
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
