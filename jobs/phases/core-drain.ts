import {
  isDrainUnderWay,
  mustLeave,
  type NewNode,
  outOfReach,
  ownerText,
  parseOwner,
  readyOwners,
  withoutRoom,
} from '#src/domain/core-drain.ts';
import type { PodOnNode, PodVolume } from '#src/domain/pod-on-node.ts';
import { listNames } from '#src/domain/step-title.ts';
import type { DrainNode } from '#src/ports/node-drain.ts';
import { idsOf } from '../ids-of.ts';
import { failed, type PhaseResult, waitedMs } from '../phase.ts';
import { phaseOut } from '../phase-out.ts';
import { drainingSince, emptyNodes, leavingText } from './core-eviction.ts';
import type { NodeGroupsContext } from './node-groups-context.ts';
import { replacementsOf } from './replacements.ts';

type Context = NodeGroupsContext<'delete'>;

/** How long the new nodes have for what must be there before anything moves, and what moved for becoming Ready (run time). */
const ROOM_LIMIT_MS = 10 * 60_000;
const READY_LIMIT_MS = 10 * 60_000;

const OBSTACLE_POLL_MS = 15_000;
const READY_POLL_MS = 3000;

/**
 * Moves what runs on the old core nodes to the new ones before the old group is deleted. null: nothing is left to move,
 * and what was Ready there is Ready again.
 *
 *   look whether it can move (a new node in the zone of each volume, room) → note what is Ready there → cordon and
 *   evict, again at each look, until the nodes are empty → see what was Ready there Ready again
 *
 * Each look begins from what Kubernetes shows; only what was Ready on nodes that are empty by now has to be remembered,
 * so it is written down before the first cordon. The cordons are lifted while people are asked and when the run stops
 * (release-nodes.ts), so each look sets what is missing of them.
 */
export async function drainCore(context: Context): Promise<PhaseResult | null> {
  const { cloud, step } = context;
  return step.role !== 'core' || step.drain === false ? null : drain(context, await cloud.drain.nodes());
}

/**
 * The same in the middle of a drain, for which only Kubernetes has to be asked, and often. null also when no new node is
 * Ready any more: then AWS is asked what became of them before the next pod is moved.
 */
export async function goOnDraining(context: Context): Promise<PhaseResult | null> {
  if (!isDrainUnderWay(context.progress)) return null;
  const nodes = await context.cloud.drain.nodes();
  return freshNodes(context, nodes).length === 0 ? null : drain(context, nodes);
}

async function drain(context: Context, nodes: DrainNode[]): Promise<PhaseResult | null> {
  const { cloud, step } = context;
  const old = nodes.filter(({ group }) => group !== null && step.groups.includes(group));
  const pods = old.length === 0 ? [] : await cloud.drain.podsOn(old.map(({ name }) => name));
  const leaving = pods.filter(mustLeave);
  if (!isDrainUnderWay(context.progress))
    return leaving.length === 0 && owedOwners(context).length === 0 ? null : begin(context, { nodes, leaving });
  await cordonAll(context, old);
  const staying = await emptyNodes(context, leaving);
  return staying ?? readyAgain(context);
}

function freshNodes(context: Context, nodes: DrainNode[]): DrainNode[] {
  const groups = replacementsOf(context);
  return nodes.filter(
    ({ group, ready, unschedulable }) => group !== null && groups.includes(group) && ready && !unschedulable,
  );
}

async function begin(
  context: Context,
  { nodes, leaving }: { nodes: DrainNode[]; leaving: PodOnNode[] },
): Promise<PhaseResult> {
  const { cloud, progress, now, step } = context;
  const obstacle = await obstacleTo(context, { nodes, leaving });
  if (obstacle !== null) return obstacle;
  // People are counted before the first pod is moved, and once more before the group is deleted.
  const inTheWay = await phaseOut(context, step.groups);
  if (inTheWay !== null) return inTheWay;
  const owners = [...new Set([...readyOwners(leaving).map(ownerText), ...owedOwners(context)])];
  const counted = await Promise.all(
    owners.map(async (text) => {
      const owner = parseOwner(text);
      const seen = owner === null ? null : await cloud.drain.readiness(owner);
      // One that a failed attempt left away was Ready before, or it would not be waited for.
      return seen === null ? [] : [`${Math.max(seen.ready, 1)} ${text}`];
    }),
  );
  return {
    kind: 'wait',
    for: leavingText(step.groups),
    pollMs: 0,
    memory: { ...progress.memory, wasReady: counted.flat().join('\n'), drainSince: String(now) },
  };
}

/** Of evictions that could not come to their end the pods would only be away: so it is looked before. */
async function obstacleTo(
  context: Context,
  { nodes, leaving }: { nodes: DrainNode[]; leaving: PodOnNode[] },
): Promise<PhaseResult | null> {
  const { cloud } = context;
  const groups = replacementsOf(context);
  const fresh = freshNodes(context, nodes);
  const volumes = await cloud.drain.volumesOf(leaving);
  const [first] = outOfReach(volumes, fresh);
  if (first !== undefined) return noNodeInZone(context, { groups, volume: first });
  const staying = fresh.length === 0 ? [] : await cloud.drain.podsOn(fresh.map(({ name }) => name));
  const crowded = withoutRoom({ moving: leaving, volumes, nodes: fresh satisfies NewNode[], staying });
  return crowded.length === 0 ? null : noRoom(context, { groups, pods: crowded });
}

function noNodeInZone(context: Context, { groups, volume }: { groups: string[]; volume: PodVolume }): PhaseResult {
  const where = listNames(volume.zones);
  const what = `a Ready node of ${listNames(groups)} in ${where}, where the volume of ${volume.claim} is`;
  return waitFor(context, {
    what,
    code: 'NoCoreNodeInZone',
    message: `${listNames(groups)} has had no Ready node in ${where} for 10 minutes, and the volume of ${volume.claim}, which is used on ${listNames(context.step.groups)}, can be reached only there`,
    remedy: `Raise the desired size of ${listNames(groups)} until it has a node in ${where} (or have its config name that zone), then press Retry`,
  });
}

function noRoom(context: Context, { groups, pods }: { groups: string[]; pods: PodOnNode[] }): PhaseResult {
  const names = listNames(pods.map(({ namespace, name }) => `${namespace}/${name}`));
  return waitFor(context, {
    what: `room on the Ready nodes of ${listNames(groups)} for ${names}`,
    code: 'NoRoomOnCoreNodes',
    message: `the Ready nodes of ${listNames(groups)} have no room for what has to move there from ${listNames(context.step.groups)}: ${names}`,
    remedy: `Raise the desired size of ${listNames(groups)}, then press Retry`,
  });
}

function waitFor(
  context: Context,
  { what, code, message, remedy }: { what: string; code: string; message: string; remedy: string },
): PhaseResult {
  if (waitedMs(context, what) <= ROOM_LIMIT_MS) return { kind: 'wait', for: what, pollMs: OBSTACLE_POLL_MS };
  return failed(code, message, {
    remedy: `${remedy}. Nothing was moved or deleted by this attempt. If its pods may be away for up to 10 minutes: abort, set core: { drain: false } for the cluster in the fleet file, and ask again`,
  });
}

/** Nodes that join meanwhile are cordoned too; one that somebody else has cordoned stays theirs. */
async function cordonAll({ deps, cloud, run, step, confirmClaim }: Context, old: DrainNode[]): Promise<void> {
  for (const { name: node } of old.filter(({ unschedulable }) => !unschedulable)) {
    await confirmClaim();
    deps.log.info({ ...idsOf(run, step), node }, 'cordoning an old core node');
    await cloud.drain.cordon({ node, runId: run.id });
  }
}

/** As many pods of each workload as before, or as it wants by now. */
async function readyAgain(context: Context): Promise<PhaseResult | null> {
  const { cloud, progress, now, step } = context;
  const lines = (progress.memory.wasReady ?? '').split('\n').filter(Boolean);
  const away = await Promise.all(
    lines.map(async (line) => {
      const [, count = '1', text = ''] = /^(\d+) (.+)$/.exec(line) ?? [];
      const owner = parseOwner(text);
      const seen = owner === null ? null : await cloud.drain.readiness(owner);
      return seen === null || seen.ready >= Math.min(Number(count), seen.wanted) ? [] : [text];
    }),
  );
  const missing = away.flat();
  if (missing.length === 0) return null;
  const emptiedAt = Number(progress.memory.emptiedAt ?? now);
  if (now - Math.max(emptiedAt, drainingSince(context)) <= READY_LIMIT_MS) {
    return {
      kind: 'wait',
      for: `${listNames(missing)} to be Ready on the new core nodes`,
      pollMs: READY_POLL_MS,
      memory: { ...progress.memory, emptiedAt: String(emptiedAt) },
    };
  }
  return failed(
    NOT_BACK,
    `${listNames(missing)} ran on ${listNames(step.groups)} and is not Ready again 10 minutes after it had left`,
    {
      remedy:
        'See why its pods do not start (the old core nodes take pods again), then press Retry: nothing was deleted by this attempt',
      detail: missing.join('\n'),
    },
  );
}

const NOT_BACK = 'CoreNotBack';

/** What earlier attempts of this step had to leave away: it does not stand on the old nodes any more, and is seen Ready all the same. */
function owedOwners({ run, step }: Context): string[] {
  return run.stops.flatMap(({ cause }) =>
    cause.kind === 'step-failed' && cause.stepId === step.id && cause.failure.code === NOT_BACK
      ? (cause.failure.detail ?? '').split('\n').filter(Boolean)
      : [],
  );
}
