import { currentSight, type SeenGroup } from './cluster-sight.ts';
import type { Plan, Step } from './plan.ts';
import type { Run } from './run.ts';
import { commandOfStep } from './run-progress.ts';

type PlannedRun = Run & { plan: Plan };

/**
 * What is known about the cluster: from the steps that were seen done, and from a look at it when the run stopped or was
 * aborted, because others change clusters too. A step that is not done has an unknown effect once its command was asked
 * for (that row is written before the spawn), and is told as unknown; before, it has none.
 */
type GroupsAway = {
  /** Deleted, and not created again. */
  gone: string[];
  /** A deletion or creation began and was not seen to end. */
  uncertain: string[];
};

type Away = Map<string, 'gone' | 'uncertain'>;

export function groupsAway(run: PlannedRun): GroupsAway {
  const away = asSeen(run, awayBySteps(run));
  const groupsThatAre = (state: string) => [...away].filter(([, value]) => value === state).map(([group]) => group);
  return { gone: groupsThatAre('gone'), uncertain: groupsThatAre('uncertain') };
}

function awayBySteps(run: PlannedRun): Away {
  const core = coreNames(run.plan);
  const away: Away = new Map();
  for (const step of run.plan.steps) {
    const progress = run.steps[step.id];
    if (step.phase !== 'node-groups' || progress === undefined) continue;
    const isDone = progress.kind === 'done';
    if (!isDone && !commandWasAskedFor(run, step)) continue;
    for (const group of step.groups) {
      if (step.action === 'delete' && !core.has(group)) away.set(group, isDone ? 'gone' : 'uncertain');
      if (step.action === 'create' && step.role === 'others') {
        if (isDone) away.delete(group);
        else away.set(group, 'uncertain');
      }
    }
  }
  return away;
}

/** What a step leaves open stays open: its eksctl may be at work still. All else is as it was seen. */
function asSeen(run: PlannedRun, bySteps: Away): Away {
  const seen = seenGroups(run);
  if (seen === null) return bySteps;
  const core = coreNames(run.plan);
  const hasCore = seen.some(({ name, isWhole }) => core.has(name) && isWhole);
  const away: Away = new Map(bySteps);
  for (const { name } of run.before?.nodeGroups ?? []) {
    const group = seen.find((one) => one.name === name);
    if (bySteps.get(name) === 'uncertain' || (core.has(name) && hasCore)) continue;
    if (group === undefined) away.set(name, 'gone');
    else if (group.isWhole) away.delete(name);
    else away.set(name, 'uncertain');
  }
  return away;
}

export function seenGroups(run: Run): SeenGroup[] | null {
  const sight = currentSight(run);
  return sight?.kind === 'seen' ? sight.groups : null;
}

export function commandWasAskedFor(run: Run, step: Step): boolean {
  return commandOfStep(run, step.id) !== null;
}

/** A core group's replacement exists before it is deleted, so its deletion leaves nothing away. */
export function coreNames(plan: Plan): Set<string> {
  const created = plan.steps.flatMap((step) =>
    step.phase === 'node-groups' && step.action === 'create' && step.role === 'core'
      ? [...step.groups, ...step.renames.flatMap(({ from, to }) => [from, to])]
      : [],
  );
  return new Set(created);
}
