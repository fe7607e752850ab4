import { acceptedOn, countActivityOn, groupsAtStake } from '#src/domain/activity.ts';
import type { Activity, ObservedNode } from '#src/domain/observation.ts';
import type { Plan, StepId } from '#src/domain/plan.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import { idsOf } from './ids-of.ts';
import type { PhaseContext, PhaseResult, StepOf } from './phase.ts';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * Who uses the nodes that are about to go. A count alone misses the server that starts a moment later, so the nodes first
 * get a taint that lets nothing new on (what runs stays), and then it is counted again:
 *
 *   counted: more than was accepted ─────────────────────────→ the run waits, nothing was touched
 *     │ not more
 *   tainted → counted again: more than was accepted → taint off → the run waits
 *     │ not more                                                    │ people leave, or somebody goes ahead
 *   deleted or replaced, and the taint with the nodes   ←── from the beginning
 *
 * All of it is one short action, and the run remembers nothing of it: a worker that dies in between leaves taints, and
 * whoever has the run next finds them on the nodes and decides again. What a step leaves behind that then fails or is not
 * gone on with is taken off when the run stops (`liftLeftovers`). See docs/adr/0012.
 */
type Context = Pick<PhaseContext<'node-groups'>, 'deps' | 'cloud' | 'run' | 'plan' | 'confirmClaim'> & {
  step: StepOf<'node-groups'>;
};

/**
 * Right before the nodes of `groups` are deleted or replaced. null: go on, nobody is in the way who was not accepted, and
 * nobody can get there. Otherwise what to do instead, with no taint left.
 */
export async function phaseOut(context: Context, groups: readonly string[]): Promise<PhaseResult | null> {
  const { deps, run, step } = context;
  const accepted = acceptedBy(context);
  const before = await look(context, groups);
  if (before.activity.total > accepted) return ask(context, before);
  const bare = before.nodes.filter(({ phasedOut }) => !phasedOut);
  if (bare.length > 0)
    deps.log.info({ ...idsOf(run, step), nodes: bare.map(({ name }) => name) }, 'tainting nodes that are about to go');
  for (const { name } of bare) await setPhaseOut(context, name, true);
  const after = bare.length === 0 ? before : await look(context, groups);
  if (after.activity.total > accepted) return ask(context, after);
  // The autoscaler may have added one meanwhile, which nobody has tainted: it is looked at from the beginning.
  return after.nodes.every(({ phasedOut }) => phasedOut)
    ? null
    : { kind: 'wait', for: 'a node that has just joined to be closed for new servers', pollMs: 1000 };
}

/** Takes the taint off nodes that are not going to be replaced now after all. */
export async function keep(context: Context, groups: readonly string[]): Promise<void> {
  const nodes = await context.cloud.kubernetes.nodes();
  await lift(
    context,
    nodes.filter(({ group }) => groups.includes(group ?? '')),
  );
}

/** Whether more use what this step takes away than were taken on: for a run that waits at its gate. */
export async function isAnybodyInTheWay(
  deps: WorkerDeps,
  { cloud, run, plan, step }: Omit<Context, 'confirmClaim' | 'deps'>,
): Promise<boolean> {
  const { activity } = await look({ deps, cloud, plan, step }, []);
  return activity.total > acceptedBy({ run, plan, step });
}

type Seen = { activity: Activity; nodes: ObservedNode[] };

/** Nodes before pods: a pod on a node that joined in between counts as one that could be anywhere. */
async function look(
  { deps, cloud, plan, step }: Pick<Context, 'deps' | 'cloud' | 'plan' | 'step'>,
  groups: readonly string[],
): Promise<Seen> {
  const nodes = await cloud.kubernetes.nodes();
  const pods = await cloud.kubernetes.userPods(deps.fleet.activitySelectors);
  return {
    activity: countActivityOn(groupsAtStake(step, plan), { nodes, pods }),
    nodes: nodes.filter(({ group }) => groups.includes(group ?? '')),
  };
}

async function ask(context: Context, { activity, nodes }: Seen): Promise<PhaseResult> {
  await lift(context, nodes);
  return { kind: 'gate', question: { kind: 'activity', activity, accepted: acceptedBy(context) } };
}

async function lift(context: Context, nodes: readonly ObservedNode[]): Promise<void> {
  for (const { name, phasedOut } of nodes) if (phasedOut) await setPhaseOut(context, name, false);
}

async function setPhaseOut({ cloud, confirmClaim }: Context, node: string, on: boolean): Promise<void> {
  await confirmClaim();
  await cloud.kubernetes.setPhaseOut(node, on);
}

/** What the approver saw on the plan, or more when somebody took more on at a gate. */
function acceptedBy({ run, plan, step }: Pick<Context, 'run' | 'plan' | 'step'>): number {
  const atGates = run.gates
    .filter(({ stepId, resolution }) => resolution.kind === 'passed' && isAskedWith(step, stepId, plan))
    .map((gate) => (gate.kind === 'activity' ? gate.activity.total : 0));
  return Math.max(acceptedOn(groupsAtStake(step, plan), run.approval?.accepted), ...atGates);
}

/** Of a rotation that deletes in two steps people are asked once. */
function isAskedWith(step: StepOf<'node-groups'>, stepId: StepId, plan: Plan): boolean {
  if (stepId === step.id) return true;
  const asked = plan.steps.find(({ id }) => id === stepId);
  return asked?.phase === 'node-groups' && isDeletionAt(asked, step.version) && isDeletionAt(step, step.version);
}

function isDeletionAt({ action, version }: StepOf<'node-groups'>, at: KubernetesVersion): boolean {
  return action === 'delete' && version === at;
}

/**
 * A run that stands still keeps no node closed. Looked for on the nodes themselves, because nothing remembers a taint of
 * a worker that died.
 */
export async function liftLeftovers(
  { kubernetes }: Cloud,
  { confirmClaim, groups }: { confirmClaim: () => Promise<void>; groups?: readonly string[] },
): Promise<string[]> {
  const left = (await kubernetes.nodes()).filter(
    ({ phasedOut, group }) => phasedOut && (groups === undefined || groups.includes(group ?? '')),
  );
  for (const { name } of left) {
    await confirmClaim();
    await kubernetes.setPhaseOut(name, false);
  }
  return left.map(({ name }) => name);
}
