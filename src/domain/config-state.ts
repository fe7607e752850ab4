import { currentSight } from './cluster-sight.ts';
import type { Plan, Rename, Step, StepId } from './plan.ts';
import type { Run } from './run.ts';
import type { KubernetesVersion } from './version.ts';

/** What the config in git has to say of the cluster: all else in it is people's. `renames` are from the plan's commit. */
export type ConfigState = { version: KubernetesVersion; renames: Rename[] };

/**
 * What of a run stands in git, on the run's own branch. `sequence` counts the states, so that a worker that was stopped
 * for a while does not put an older one on top of a newer one.
 */
export type ConfigInGit = {
  branch: string;
  /** Of the branch, where the remote's host is known. */
  link: string | null;
  /** null: nothing yet. `commit` null: the config said so already. */
  pushed: { sequence: number; commit: string | null; state: ConfigState; stepIds: StepId[] } | null;
  /** Of the latest attempt; null when it went well. `attempt`: absent in what versions before this one wrote. */
  failure: { why: string; at: number; tries: number; attempt?: FailedPush } | null;
};

/** `begunAt`: run time. `mayPass`: nothing is known to be wrong but that git did not answer. */
export type FailedPush = {
  begunAt: number;
  code: string;
  detail: string | null;
  mayPass: boolean;
  stepIds: StepId[];
};

export type PendingState = { sequence: number; state: ConfigState; stepIds: StepId[] };

/**
 * The next state of the cluster that is not in git yet, or null. One after the other, in the order in which they came: each
 * hop, each swap of a core group, at a stop what was seen then, whoever changed it, and in the end what the step that
 * commits the config says. That one does not wait for those before it once a push has failed.
 */
export function pendingState(run: Run): PendingState | null {
  if (run.plan === null || run.startedAt === null) return null;
  const pushed = run.configInGit?.pushed ?? null;
  const stepIds = pushed?.stepIds ?? [];
  const sequence = (pushed?.sequence ?? 0) + 1;
  const missing = stateChanges(run.plan, run.steps).filter(({ stepId }) => !stepIds.includes(stepId));
  const isShort = isPushAwaited(run) && run.configInGit?.failure != null;
  const next = isShort ? missing : missing.slice(0, 1);
  const last = next.at(-1);
  if (last !== undefined)
    return { sequence, state: last.state, stepIds: [...stepIds, ...next.map(({ stepId }) => stepId)] };
  const known = pushed?.state ?? { version: run.plan.from, renames: [] };
  const seen = stateSeen(run, run.plan, known);
  return seen === null || isSameState(seen, known) ? null : { sequence, state: seen, stepIds };
}

/** The last step waits until the end is seen on the remote. */
export function isPushAwaited({ plan, steps }: Pick<Run, 'plan' | 'steps'>): boolean {
  return plan?.steps.some(({ phase, id }) => phase === 'commit-config' && steps[id]?.kind === 'started') ?? false;
}

export function isSameState(one: ConfigState, other: ConfigState): boolean {
  return one.version === other.version && renameKeys(one).join() === renameKeys(other).join();
}

function renameKeys({ renames }: ConfigState): string[] {
  return renames.map(({ from, to }) => `${from}=${to}`).sort();
}

/** What each step that is done made of the cluster, as far as the config speaks of it; and what the last one asks for. */
function stateChanges(plan: Plan, steps: Run['steps']): { stepId: StepId; state: ConfigState }[] {
  const core = coreNames(plan);
  const changes: { stepId: StepId; state: ConfigState }[] = [];
  let state: ConfigState = { version: plan.from, renames: [] };
  let created: Rename[] = [];
  for (const step of plan.steps) {
    if (step.phase === 'node-groups' && step.action === 'create' && step.role === 'core') created = step.renames;
    const next = stateAfter(step, { state, created, core });
    if (next === null || steps[step.id]?.kind !== (step.phase === 'commit-config' ? 'started' : 'done')) continue;
    state = next;
    changes.push({ stepId: step.id, state });
  }
  return changes;
}

type Before = { state: ConfigState; created: Rename[]; core: ReadonlySet<string> };

/** A core group has its new name when the old one is gone: until then both are there, and the old one is the config's. */
function stateAfter(step: Step, { state, created, core }: Before): ConfigState | null {
  if (step.phase === 'control-plane') return { ...state, version: step.to };
  if (step.phase === 'commit-config') return { version: step.version, renames: step.renames };
  const swaps = step.phase === 'node-groups' && step.action === 'delete' && step.groups.some((name) => core.has(name));
  return swaps ? { ...state, renames: created } : null;
}

/** Every name that a core group of the plan has at some time. */
function coreNames({ steps }: Plan): Set<string> {
  return new Set(
    steps.flatMap((step) =>
      step.phase === 'node-groups' && step.action === 'create' && step.role === 'core'
        ? [...step.groups, ...step.renames.flatMap(({ from, to }) => [from, to])]
        : [],
    ),
  );
}

/** At a stop or an abort: as the cluster was seen then. A name is certain when it alone is there as a whole. */
function stateSeen(run: Run, plan: Plan, known: ConfigState): ConfigState | null {
  const sight = ['stopped', 'aborted'].includes(run.state.kind) ? currentSight(run) : null;
  if (sight?.kind !== 'seen') return null;
  const whole = new Set(sight.groups.filter(({ isWhole }) => isWhole).map(({ name }) => name));
  const renames = plan.steps.flatMap((step) => ('renames' in step ? step.renames : []));
  const configured = [...new Set(renames.map(({ from }) => from))];
  const live = configured.map((from): Rename => {
    const names = [...new Set([from, ...renames.filter((rename) => rename.from === from).map(({ to }) => to)])];
    const there = names.filter((name) => whole.has(name));
    const before = known.renames.find((rename) => rename.from === from)?.to ?? from;
    return { from, to: there.length === 1 ? (there[0] ?? before) : before };
  });
  return { version: sight.version, renames: live.filter(({ from, to }) => from !== to) };
}
