import { describeStep } from '#src/domain/step-title.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { joined, names, outside } from './mrkdwn.ts';
import type { PlannedRun } from './message.ts';

/**
 * What is known about the cluster from the steps that were seen done. A step that began and was not seen done has an
 * unknown effect, and is told as unknown.
 */
export type GroupsAway = {
  /** Deleted, and not created again. */
  gone: string[];
  /** A deletion or creation began and was not seen to end. */
  uncertain: string[];
};

export function groupsAway(run: PlannedRun): GroupsAway {
  const core = coreNames(run.plan);
  const away = new Map<string, 'gone' | 'uncertain'>();
  for (const step of run.plan.steps) {
    const progress = run.steps[step.id];
    if (step.phase !== 'node-groups' || progress === undefined) continue;
    const isDone = progress.kind === 'done';
    for (const group of step.groups) {
      if (step.action === 'delete' && !core.has(group)) away.set(group, isDone ? 'gone' : 'uncertain');
      if (step.action === 'create' && step.role === 'others') {
        if (isDone) away.delete(group);
        else away.set(group, 'uncertain');
      }
    }
  }
  const groupsThatAre = (state: string) => [...away].filter(([, value]) => value === state).map(([group]) => group);
  return { gone: groupsThatAre('gone'), uncertain: groupsThatAre('uncertain') };
}

/** A core group's replacement exists before it is deleted, so its deletion leaves nothing away. */
export function coreNames(plan: Plan): Set<string> {
  const created = plan.steps.flatMap((step) =>
    step.phase === 'node-groups' && step.action === 'create' && step.role === 'core'
      ? [...step.groups, ...step.renames.flatMap(({ from, to }) => [from, to])]
      : []);
  return new Set(created);
}

export function stepsThatAre(run: PlannedRun, wanted: 'done' | 'not-done'): Step[] {
  return run.plan.steps.filter((step) => (run.steps[step.id]?.kind === 'done') === (wanted === 'done'));
}

/** Lines for "State of the cluster". */
export function clusterStateLines(run: PlannedRun): string[] {
  const done = stepsThatAre(run, 'done');
  const open = stepsThatAre(run, 'not-done');
  const total = run.plan.steps.length;
  return [
    `• ${controlPlaneLine(run)}`,
    ...groupLines(run).map((line) => `• ${line}`),
    ...(done.length === 0 ? [] : [`• Done (${done.length} of ${total}): ${titles(done)}.`]),
    ...(open.length === 0 ? [] : [`• Not done (${open.length} of ${total}): ${titles(open)}.`]),
  ];
}

function titles(steps: readonly Step[]): string {
  return joined(steps.map((step) => outside(describeStep(step))), '; ', 900);
}

function controlPlaneLine(run: PlannedRun): string {
  let version: string = run.plan.from;
  for (const step of run.plan.steps) {
    if (step.phase !== 'control-plane') continue;
    const progress = run.steps[step.id];
    if (progress?.kind === 'done') version = step.to;
    else if (progress !== undefined) return `The control plane was at ${version}; its update to ${step.to} is not confirmed.`;
  }
  return `The control plane is at ${version}.`;
}

function groupLines(run: PlannedRun): string[] {
  const { gone, uncertain } = groupsAway(run);
  const deletes = run.plan.steps.some((step) => step.phase === 'node-groups' && step.action === 'delete');
  const lines = [
    ...(gone.length === 0 ? [] : [`*Not there now:* node groups ${names(gone)} were deleted and are not created again yet.`]),
    ...(uncertain.length === 0 ? [] : [`*Not certain:* the deletion or creation of node groups ${names(uncertain)} began and was not seen to end.`]),
    ...unfinishedCore(run),
  ];
  return lines.length === 0 && deletes ? ['No node group is missing.'] : lines;
}

function unfinishedCore(run: PlannedRun): string[] {
  return run.plan.steps.flatMap((step) => {
    const progress = run.steps[step.id];
    const begun = progress !== undefined && progress.kind !== 'done';
    if (!begun || step.phase !== 'node-groups' || step.action !== 'create' || step.role !== 'core') return [];
    return [`The new core group ${names(step.groups)} may exist beside the old one, which is still there.`];
  });
}

/** What a run that stands still means for users. */
export function meaningForUsers(run: Run & { plan: Plan | null }): string {
  if (run.plan === null || run.startedAt === null) return 'Nothing was changed: users notice nothing.';
  const { gone, uncertain } = groupsAway({ ...run, plan: run.plan });
  const away = [...gone, ...uncertain];
  if (away.length > 0) return `Servers that run on ${names(away)} cannot start until these groups are back. Servers on other groups keep running.`;
  return 'Running servers keep running, and no node group is touched until somebody decides.';
}
