import { currentSight, type SeenGroup } from '#src/domain/cluster-sight.ts';
import { commandWasAskedFor, coreNames, groupsAway, seenGroups } from '#src/domain/groups-away.ts';
import type { Step } from '#src/domain/plan.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import { isFailing } from '#src/domain/run-progress.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { hasStarted, type PlannedRun } from './message.ts';
import { joined, names, outside, sentence, when } from './mrkdwn.ts';

/** `State of the cluster, seen on Tuesday at 2:40`: a state is true of a moment. */
export function stateHeading(title: string, run: Run): string {
  const sight = currentSight(run);
  return sight?.kind === 'seen' ? `*${title}*, seen ${when(sight.at)}` : `*${title}*`;
}

/** Lines for "State of the cluster". */
export function clusterStateLines(run: PlannedRun): string[] {
  const total = run.plan.steps.length;
  const list = (label: string, steps: readonly Step[]) =>
    steps.length === 0 ? [] : [`• ${label} (${steps.length} of ${total}): ${titles(steps)}.`];
  const isDone = (step: Step) => run.steps[step.id]?.kind === 'done';
  const isBegun = (step: Step) => run.steps[step.id] !== undefined;
  return [
    ...couldNotLook(run),
    `• ${controlPlaneLine(run)}`,
    ...groupLines(run).map((line) => `• ${line}`),
    ...list('Done', run.plan.steps.filter(isDone)),
    ...list(
      'Begun, not seen done',
      run.plan.steps.filter((step) => isBegun(step) && !isDone(step)),
    ),
    ...list(
      'Not begun',
      run.plan.steps.filter((step) => !isBegun(step)),
    ),
  ];
}

function titles(steps: readonly Step[]): string {
  return joined(
    steps.map((step) => outside(describeStep(step))),
    '; ',
    900,
  );
}

function couldNotLook(run: PlannedRun): string[] {
  const sight = currentSight(run);
  if (sight?.kind !== 'could-not-look') return [];
  return [
    `• *Not looked at:* ${sentence(outside(sight.why))} What follows is what the bot knows from its own steps; look in AWS before you rely on it.`,
  ];
}

function controlPlaneLine(run: PlannedRun): string {
  const sight = currentSight(run);
  if (sight?.kind !== 'seen') return controlPlaneBySteps(run);
  const isChanging = sight.status === 'ACTIVE' ? '' : ` EKS shows it as ${outside(sight.status, 40)}.`;
  return `The control plane is at ${sight.version}.${isChanging}`;
}

function controlPlaneBySteps(run: PlannedRun): string {
  let version: string = run.plan.from;
  for (const step of run.plan.steps) {
    if (step.phase !== 'control-plane') continue;
    const progress = run.steps[step.id];
    if (progress?.kind === 'done') version = step.to;
    else if (progress !== undefined)
      return `The control plane was at ${version}; its update to ${step.to} is not confirmed.`;
  }
  return `The control plane is at ${version}.`;
}

function groupLines(run: PlannedRun): string[] {
  const { gone, uncertain } = groupsAway(run);
  const deletes = run.plan.steps.some((step) => step.phase === 'node-groups' && step.action === 'delete');
  const lines = [
    ...(gone.length === 0
      ? []
      : [
          `*Not there now:* ${groupsText(gone)} ${gone.length === 1 ? 'was deleted and is' : 'were deleted and are'} not created again yet.`,
        ]),
    ...(uncertain.length === 0
      ? []
      : [
          `*Not certain:* the deletion or creation of ${groupsText(uncertain)} began and was not seen to end.${statuses(run, uncertain)}`,
        ]),
    ...coreLine(run),
  ];
  const isKnown = deletes || seenGroups(run) !== null;
  return gone.length + uncertain.length === 0 && isKnown ? ['No node group is missing.', ...lines] : lines;
}

function groupsText(groups: readonly string[]): string {
  return `node ${groups.length === 1 ? 'group' : 'groups'} ${names(groups)}`;
}

/** ` Seen: nb-small DELETE_FAILED.` */
function statuses(run: PlannedRun, groups: readonly string[]): string {
  const seen = (seenGroups(run) ?? []).filter(({ name }) => groups.includes(name));
  return seen.length === 0 ? '' : ` Seen: ${inStatus(seen)}.`;
}

function inStatus(groups: readonly SeenGroup[]): string {
  const byStatus = Map.groupBy(groups, ({ status }) => status);
  return joined(
    [...byStatus].map(([status, same]) => `${names(same.map(({ name }) => name))} ${outside(status, 60)}`),
    '; ',
    900,
  );
}

function coreLine(run: PlannedRun): string[] {
  const seen = seenGroups(run);
  if (seen === null) return unfinishedCore(run);
  const names = coreNames(run.plan);
  const core = seen.filter(({ name }) => names.has(name));
  return core.length < 2 ? [] : [`Of the core node groups more than one is there: ${inStatus(core)}.`];
}

function unfinishedCore(run: PlannedRun): string[] {
  return run.plan.steps.flatMap((step) => {
    const progress = run.steps[step.id];
    const begun = progress !== undefined && progress.kind !== 'done' && commandWasAskedFor(run, step);
    if (!begun || step.phase !== 'node-groups' || step.action !== 'create' || step.role !== 'core') return [];
    return [`The new core group ${names(step.groups)} may exist beside the old one, which is still there.`];
  });
}

/** `upgraded, 2 workloads are not back`: the upgrade is done, and the run stopped because not all is well that was before. */
function unhealthyHeadline({ stops }: Run): string | null {
  const { cause, resolution } = stops.at(-1) ?? {};
  if (cause?.kind !== 'step-failed' || resolution?.kind === 'retried') return null;
  return cause.failure.headline ?? null;
}

/** A group whose creation was not seen to end may be there already; that it works nobody has seen. */
function withoutGroups(run: PlannedRun, { gone, uncertain }: { gone: string[]; uncertain: string[] }): string {
  const whole = new Set((seenGroups(run) ?? []).filter(({ isWhole }) => isWhole).map(({ name }) => name));
  const there = uncertain.filter((name) => whole.has(name));
  const away = [...gone, ...uncertain.filter((name) => !whole.has(name))];
  const isBack = away.length === 1 ? 'this group is' : 'these groups are';
  const areThere = there.length === 1 ? 'this group is' : 'these groups are';
  return [
    ...(away.length === 0 ? [] : [`Servers that run on ${names(away)} cannot start until ${isBack} back.`]),
    ...(there.length === 0
      ? []
      : [`Servers that run on ${names(there)} may fail to start: ${areThere} there, but not seen to work yet.`]),
  ].join(' ');
}

/** What a run that stands still, or has ended early, means for users. */
export function meaningForUsers(run: Run): string {
  if (!hasStarted(run)) return 'Nothing was changed: users notice nothing.';
  const { gone, uncertain } = groupsAway(run);
  if (gone.length + uncertain.length > 0)
    return `${withoutGroups(run, { gone, uncertain })} Servers on other groups keep running.`;
  const unhealthy = unhealthyHeadline(run);
  if (unhealthy !== null)
    return `The cluster is ${outside(unhealthy)}: what is not well is missing for users until it is. No node group is missing.`;
  if (currentSight(run)?.kind === 'could-not-look')
    return 'As far as the bot knows from its own steps no node group is missing; it could not look.';
  if (isFailing(run)) return 'Running servers keep running, and servers can be started.';
  return hasEnded(run)
    ? 'No node group is missing: servers can be started as usual.'
    : 'Running servers keep running, and servers can be started; nothing is changed until somebody decides.';
}
