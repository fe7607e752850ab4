import { currentSight } from './cluster-sight.ts';
import { groupsAway } from './groups-away.ts';
import type { Plan, Step, StepId } from './plan.ts';
import type { Failure, Run } from './run.ts';
import { type GiveBackStep, isGiveBack } from './run-progress.ts';
import { isTooOldFor } from './skew.ts';
import { type KubernetesVersion, minorOf, minorsBetween, parseVersion, versionOfMinor } from './version.ts';

/**
 * Abort never strands: while groups are deleted that were to be created again, aborting a run creates them at the version
 * they had, and ends the run when they are proven. The control plane cannot go back, and need not: nodes may be older by
 * two or three minors. These steps are added to the run's plan when somebody presses Abort, so that they are taken forward,
 * told and retried like any other.
 */
type PlannedRun = Run & { plan: Plan };

/** One step for each version; none when no group is away, or the run is giving back already. */
export function giveBackSteps(run: PlannedRun): GiveBackStep[] {
  if (run.abortRequest !== undefined) return [];
  const { gone, uncertain } = groupsAway(run);
  const away = [...gone, ...uncertain].filter((name) => creationOf(run.plan, name) !== undefined);
  const versions = [...new Set(away.map((name) => versionFor(run, name)))];
  return versions.flatMap((version) => {
    const groups = away.filter((name) => versionFor(run, name) === version);
    const like = creationOf(run.plan, groups[0] ?? '');
    if (like === undefined) return [];
    return [{ ...like, id: `node-groups-${version}-give-back`, after: [], version, groups, givesBack: true }];
  });
}

/** Groups that a run in its abort still owes. */
export function groupsOwed(run: PlannedRun): string[] {
  return run.plan.steps.flatMap((step) => (isGiveBack(step) && run.steps[step.id]?.kind !== 'done' ? step.groups : []));
}

/** The latest creation of a group that is not a core group. */
function creationOf({ steps }: Plan, name: string): GiveBackStep | undefined {
  return steps
    .filter((step) => step.phase === 'node-groups')
    .filter((step) => step.action === 'create')
    .findLast(({ role, groups }) => role === 'others' && groups.includes(name));
}

/** What it was last seen at, or the nearest version that nodes may have beside the control plane of now. */
function versionFor(run: PlannedRun, name: string): KubernetesVersion {
  let version = versionHad(run, name);
  const controlPlane = controlPlaneOf(run);
  while (isTooOldFor(version, controlPlane)) version = versionOfMinor(minorOf(version) + 1);
  return version;
}

function versionHad({ plan, steps, before }: PlannedRun, name: string): KubernetesVersion {
  const last = plan.steps.findLast(
    (step) =>
      step.phase === 'node-groups' &&
      step.action === 'create' &&
      step.groups.includes(name) &&
      steps[step.id]?.kind === 'done',
  );
  if (last?.phase === 'node-groups') return last.version;
  const seen = before?.nodeGroups.find((group) => group.name === name)?.version ?? '';
  return parseVersion(seen) ?? plan.from;
}

function controlPlaneOf(run: PlannedRun): KubernetesVersion {
  const sight = currentSight(run);
  if (sight?.kind === 'seen') return sight.version;
  const hops = run.plan.steps.flatMap((step) =>
    step.phase === 'control-plane' && run.steps[step.id]?.kind === 'done' ? [step.to] : [],
  );
  return hops.at(-1) ?? run.plan.from;
}

/**
 * The plan with which a failed give-back is tried again: when eksctl has no image for the old version any more, or does not
 * know the version, at the next one that is not newer than the control plane.
 */
export function retryGiveBack(run: PlannedRun): Plan {
  const steps = run.plan.steps.map((step) => {
    const failure = failureOf(run, step.id);
    const next = isGiveBack(step) && failure !== null ? nearestAfter(run, step, failure) : null;
    return next === null ? step : { ...step, version: next };
  }) as Step[];
  return { ...run.plan, steps };
}

function failureOf({ steps }: Run, stepId: StepId): Failure | null {
  const progress = steps[stepId];
  return progress?.kind === 'failed' ? progress.failure : null;
}

/** The version that Retry takes; null: the same again. */
function nearestAfter(run: PlannedRun, step: GiveBackStep, failure: Failure): KubernetesVersion | null {
  const isRefused = /\bAMI\b|\bimage\b|version \S+ is (?:not|no longer) supported|invalid version/i.test(
    `${failure.message} ${failure.detail ?? ''}`,
  );
  const isOldest = minorsBetween(step.version, controlPlaneOf(run)) <= 0;
  return isRefused && !isOldest ? versionOfMinor(minorOf(step.version) + 1) : null;
}
