import { budgetsInTheWay } from '#src/domain/core-drain.ts';
import type { BlockedPod, Hindrance } from '#src/domain/gate.ts';
import type { PodBudget, PodOnNode } from '#src/domain/pod-on-node.ts';
import { mayAsk } from '#src/domain/run-progress.ts';
import { listNames } from '#src/domain/step-title.ts';
import type { Eviction } from '#src/ports/node-drain.ts';
import { idsOf } from '../ids-of.ts';
import type { PhaseResult } from '../phase.ts';
import type { NodeGroupsContext } from './node-groups-context.ts';

type Context = NodeGroupsContext<'delete'>;

/** How long pods have to leave before people are asked (run time). */
const DRAIN_LIMIT_MS = 10 * 60_000;

/** As often as kubectl drain asks again when a budget is in the way. */
const HELD_POLL_MS = 5000;
const LEAVING_POLL_MS = 2000;

/** `held`: what its eviction was answered, when that was not taken. */
type Staying = { pod: PodOnNode; held: Extract<Eviction['kind'], 'held' | 'several-budgets'> | null };

/**
 * Asks every pod that has not been told yet to leave, and waits until all are gone; null: they are. A pod that a named
 * person has forced is deleted instead, and not waited for once it is ending.
 */
export async function emptyNodes(context: Context, leaving: PodOnNode[]): Promise<PhaseResult | null> {
  const forced = forcedPods(context);
  const staying: Staying[] = [];
  for (const pod of leaving) {
    const isForced = forced.has(pod.uid);
    if (pod.isEnding) {
      if (!isForced) staying.push({ pod, held: null });
      continue;
    }
    const answer = await tellToLeave(context, pod, isForced);
    if (answer !== 'gone') staying.push({ pod, held: answer === 'ending' ? null : answer });
  }
  if (staying.length === 0) return null;
  const held = staying.filter((one) => one.held !== null);
  const isHopeless = held.length === staying.length && held.every((one) => one.held === 'several-budgets');
  const isOver = context.now - drainingSince(context) > DRAIN_LIMIT_MS;
  if ((isOver || isHopeless) && mayAsk(context.run, context.step.id)) return ask(context, staying);
  if (held.length === 0) return { kind: 'wait', for: leavingText(context.step.groups), pollMs: LEAVING_POLL_MS };
  const names = listNames(held.map(({ pod }) => nameOf(pod)));
  return { kind: 'wait', for: `the disruption budget of ${names} to let it go`, pollMs: HELD_POLL_MS };
}

async function tellToLeave(
  { deps, cloud, run, step, confirmClaim }: Context,
  pod: PodOnNode,
  isForced: boolean,
): Promise<'ending' | 'gone' | 'held' | 'several-budgets'> {
  await confirmClaim();
  const about = { ...idsOf(run, step), pod: nameOf(pod), node: pod.node };
  if (isForced) {
    deps.log.info(about, 'deleting a pod that a person has forced to go');
    await cloud.drain.deletePod(pod);
    return 'ending';
  }
  deps.log.debug(about, 'evicting a pod from an old core node');
  const { kind } = await cloud.drain.evict(pod);
  return kind === 'accepted' ? 'ending' : kind;
}

/** Pods for which an approver has taken it on that they go, whatever holds them. */
function forcedPods({ run, step }: Context): Set<string> {
  const pods = run.gates.flatMap((gate) =>
    gate.kind === 'drain' && gate.stepId === step.id && gate.resolution.kind === 'passed' ? gate.blocked : [],
  );
  return new Set(pods.map(({ uid }) => uid));
}

/** Since when they have had time to leave: whoever decides that the run goes on gives them as much again. */
export function drainingSince({ run, step, progress }: Context): number {
  const asked = run.gates.flatMap(({ stepId, resolution }) =>
    stepId === step.id && 'at' in resolution ? [resolution.at] : [],
  );
  const stops = run.stops.flatMap(({ resolution }) => ('at' in resolution ? [resolution.at] : []));
  return Math.max(Number(progress.memory.drainSince ?? 0), ...asked, ...stops);
}

async function ask({ cloud, step }: Context, staying: Staying[]): Promise<PhaseResult> {
  const namespaces = [...new Set(staying.flatMap(({ pod, held }) => (held === null ? [] : [pod.namespace])))];
  const budgets = namespaces.length === 0 ? [] : await cloud.drain.budgetsIn(namespaces);
  const blocked = staying.map(
    ({ pod, held }): BlockedPod => ({
      namespace: pod.namespace,
      name: pod.name,
      uid: pod.uid,
      by: hindranceOf(pod, held, budgets),
    }),
  );
  return { kind: 'gate', question: { kind: 'drain', group: step.groups.join(', '), blocked } };
}

function hindranceOf(pod: PodOnNode, held: Staying['held'], budgets: PodBudget[]): Hindrance {
  if (held === null) return { kind: 'slow-end', graceSeconds: pod.graceSeconds };
  const names = budgetsInTheWay(pod, budgets).map(({ name }) => name);
  return { kind: held === 'held' ? 'budget' : 'several-budgets', names };
}

function nameOf({ namespace, name }: PodOnNode): string {
  return `${namespace}/${name}`;
}

export function leavingText(groups: string[]): string {
  return `what runs on ${listNames(groups)} to move to the new core nodes`;
}
