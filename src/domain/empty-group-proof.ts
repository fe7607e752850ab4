import type { ObservedNode } from './observation.ts';
import { type KubernetesVersion, minorVersionOf } from './version.ts';

/**
 * A group that wants no nodes is proven by one node: its desired size goes up until a node is Ready at the version, and
 * then back.
 *
 *   (nothing) → intended → raised → setting-back → settled
 *
 * `intended` is written down before the size is raised, so whoever comes after a kill knows what it was, and sets it back.
 * What somebody else does to the size meanwhile is never undone: the autoscaler may have raised it for people, or taken the
 * node away; a node on which pods of others run by then stays. In every state all is decided by a fresh look.
 */
export type ProofState =
  | { kind: 'intended'; from: number; since: number }
  | { kind: 'raised'; from: number; since: number }
  /** `since`: when the verdict was there. */
  | { kind: 'setting-back'; from: number; since: number; verdict: ProofVerdict }
  /** `left`: why its size was not set back. */
  | { kind: 'settled'; verdict: ProofVerdict; left: string | null };

/** `unproven`: nothing is known to be wrong with the group; `failed`: no node of it can work. */
export type ProofVerdict =
  | { kind: 'proven'; evidence: string }
  | { kind: 'unproven'; why: string }
  | { kind: 'failed'; why: string };

/** The Auto Scaling group behind a node group. */
export type ScalingGroup = {
  /** As AWS calls it, e.g. `eksctl-coast-nodegroup-nb-small-NodeGroup-1ABC`. */
  name: string;
  stackName: string;
  sizes: { min: number; max: number; desired: number };
  /** `state`: of its life in the group, e.g. Pending, InService, Terminating. */
  instances: { id: string; state: string }[];
};

/** `message` in AWS's words. `capacity`: AWS has, or grants, no such instance now; nothing is wrong with the group. */
export type FailedLaunch = { at: number; capacity: boolean; message: string };

export type ProofSight = {
  group: string;
  version: KubernetesVersion;
  now: number;
  /** null: AWS shows none. */
  scaling: ScalingGroup | null;
  /** Of the group. */
  nodes: ObservedNode[];
  failedLaunches: FailedLaunch[];
  /** Pods on its nodes that no DaemonSet put there. */
  visitors: string[];
};

export type ProofMove =
  | { kind: 'wait' }
  | { kind: 'note'; state: ProofState }
  | { kind: 'act'; act: ProofAct; state: ProofState };

export type ProofAct =
  | { kind: 'set-desired'; desired: number }
  | { kind: 'remove-instance'; instanceId: string }
  /** Puts the taint by which nodes get no new pods on these, or takes it off. */
  | { kind: 'phase-out'; nodes: string[]; on: boolean };

const MINUTE = 60_000;

/** A group that was just made may not be shown yet. */
const SHOWN_AFTER_MS = 2 * MINUTE;
/** Auto Scaling goes on trying, in other zones too. */
const CAPACITY_PATIENCE_MS = 2 * MINUTE;
const NODE_LIMIT_MS = 15 * MINUTE;
/** A node that is taken away is gone after a minute or two; for its object nobody waits longer. */
const GONE_LIMIT_MS = 5 * MINUTE;

/** `stepAt`: when the step began. */
export function nextMove(state: ProofState | null, sight: ProofSight, stepAt: number): ProofMove {
  if (state === null) return begin(sight, stepAt);
  switch (state.kind) {
    case 'intended':
      return raise(state, sight);
    case 'raised': {
      const verdict = verdictOf(state, sight);
      return verdict === null ? { kind: 'wait' } : { kind: 'note', state: settingBack(state, verdict, sight.now) };
    }
    case 'setting-back':
      return setBack(state, sight);
    case 'settled':
      return { kind: 'wait' };
    default:
      return state satisfies never;
  }
}

/** What the proof comes to when it is not to go on: the size goes back, whatever is known by then. */
export function cutShort(state: ProofState, now: number): ProofState {
  if (state.kind !== 'intended' && state.kind !== 'raised') return state;
  return settingBack(state, { kind: 'unproven', why: 'the run stopped before a node was Ready' }, now);
}

function settingBack({ from }: { from: number }, verdict: ProofVerdict, now: number): ProofState {
  return { kind: 'setting-back', from, since: now, verdict };
}

function settled(verdict: ProofVerdict, left: string | null = null): ProofMove {
  return { kind: 'note', state: { kind: 'settled', verdict, left } };
}

function begin(sight: ProofSight, stepAt: number): ProofMove {
  const { group, scaling, now } = sight;
  const byNode = provenBy(sight);
  if (byNode !== null) return settled(byNode);
  if (scaling === null) {
    if (now - stepAt < SHOWN_AFTER_MS) return { kind: 'wait' };
    return settled({ kind: 'failed', why: `AWS shows no Auto Scaling group of ${group}` });
  }
  const { max, desired } = scaling.sizes;
  if (max < 1) return settled({ kind: 'unproven', why: 'its maximum size is 0' });
  // Somebody wants nodes of it already: they prove it, and nothing is to be set back.
  return { kind: 'note', state: { kind: desired >= 1 ? 'raised' : 'intended', from: desired, since: now } };
}

function raise(state: Extract<ProofState, { kind: 'intended' }>, { scaling, now }: ProofSight): ProofMove {
  if (scaling === null) return { kind: 'wait' };
  const raised: ProofState = { kind: 'raised', from: state.from, since: now };
  if (scaling.sizes.desired > state.from) return { kind: 'note', state: raised };
  return { kind: 'act', act: { kind: 'set-desired', desired: state.from + 1 }, state: raised };
}

function provenBy({ group, version, nodes }: ProofSight): ProofVerdict | null {
  const node = nodes.find(({ ready }) => ready);
  if (node === undefined) return null;
  const seen = minorVersionOf(node.kubeletVersion);
  return seen === version
    ? { kind: 'proven', evidence: `${group}: ${node.name} was Ready at ${version}` }
    : {
        kind: 'failed',
        why: `node ${node.name} of ${group} is at ${seen ?? node.kubeletVersion} instead of ${version}`,
      };
}

function verdictOf(state: Extract<ProofState, { kind: 'raised' }>, sight: ProofSight): ProofVerdict | null {
  const byNode = provenBy(sight);
  if (byNode !== null) return byNode;
  const { scaling, now } = sight;
  const waited = now - state.since;
  if (scaling === null)
    return waited < SHOWN_AFTER_MS ? null : { kind: 'failed', why: `the Auto Scaling group of ${sight.group} is gone` };
  if (scaling.sizes.desired < 1 && waited >= SHOWN_AFTER_MS)
    return { kind: 'unproven', why: 'somebody set its size back to 0 before a node was Ready' };
  if (alive(scaling).length > 0) return waited < NODE_LIMIT_MS ? null : { kind: 'failed', why: whyNotReady(sight) };
  return verdictWithoutInstance(sight, waited);
}

function verdictWithoutInstance({ group, failedLaunches }: ProofSight, waited: number): ProofVerdict | null {
  const [latest] = failedLaunches;
  if (latest?.capacity === true && waited >= CAPACITY_PATIENCE_MS)
    return { kind: 'unproven', why: `AWS has no capacity for it now: ${latest.message}` };
  if (waited < NODE_LIMIT_MS) return null;
  return latest === undefined
    ? { kind: 'unproven', why: 'AWS started no instance within 15 minutes, and does not say why' }
    : { kind: 'failed', why: `AWS cannot start an instance of ${group}: ${latest.message}` };
}

function whyNotReady({ group, nodes, scaling }: ProofSight): string {
  const [node] = nodes;
  const [instance] = scaling === null ? [] : alive(scaling);
  return node === undefined
    ? `instance ${instance?.id} of ${group} runs, but has not joined the cluster as a node within 15 minutes`
    : `node ${node.name} of ${group} joined, but is not Ready 15 minutes after it was asked for`;
}

function alive({ instances }: ScalingGroup): ScalingGroup['instances'] {
  return instances.filter(({ state }) => !/^(?:Terminat|Detach)/.test(state));
}

function setBack(state: Extract<ProofState, { kind: 'setting-back' }>, sight: ProofSight): ProofMove {
  const { from, verdict, since } = state;
  const { scaling, nodes, now } = sight;
  if (from >= 1 || scaling === null) return settled(verdict);
  const { desired } = scaling.sizes;
  if (desired <= from) {
    const isGone = scaling.instances.length === 0 && nodes.length === 0;
    return isGone || now - since > GONE_LIMIT_MS ? settled(verdict) : { kind: 'wait' };
  }
  const left = whyLeft(sight, from);
  if (left !== null) return leave(sight, { kind: 'settled', verdict, left });
  const open = nodes.filter(({ phasedOut }) => !phasedOut).map(({ name }) => name);
  // Nothing may land there between this look and the next, in which it is seen to be empty.
  if (open.length > 0) return { kind: 'act', act: { kind: 'phase-out', nodes: open, on: true }, state };
  const [instance] = alive(scaling);
  const act: ProofAct =
    instance === undefined
      ? { kind: 'set-desired', desired: from }
      : { kind: 'remove-instance', instanceId: instance.id };
  return { kind: 'act', act, state };
}

function whyLeft({ scaling, visitors }: ProofSight, from: number): string | null {
  const desired = scaling?.sizes.desired ?? from;
  if (desired > from + 1) return `its size was raised to ${desired} by somebody else meanwhile`;
  return visitors.length > 0 ? `pods of others run on it by now (${visitors.join(', ')})` : null;
}

function leave({ nodes }: ProofSight, state: ProofState): ProofMove {
  const closed = nodes.filter(({ phasedOut }) => phasedOut).map(({ name }) => name);
  return closed.length === 0
    ? { kind: 'note', state }
    : { kind: 'act', act: { kind: 'phase-out', nodes: closed, on: false }, state };
}
