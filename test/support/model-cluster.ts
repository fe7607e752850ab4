import { isCoreGroup } from '#src/domain/core-groups.ts';
import type { Observation } from '#src/domain/observation.ts';
import type { Plan, Rename, Step } from '#src/domain/plan.ts';
import { isTooOldFor, newestAllowedSkew } from '#src/domain/skew.ts';
import { versionOfGroup } from '#src/domain/survey-groups.ts';
import { minorsBetween } from '#src/domain/version.ts';

/**
 * A cluster as far as a plan's promises go: carries out the steps in their order, and lists every promise broken on
 * the way. It knows nothing of how a plan is made.
 */
export function brokenPromises(plan: Plan, observation: Observation, coreGroups: readonly string[]): string[] {
  const broken: string[] = [];
  const check = (holds: boolean, promise: string): void => {
    if (!holds) broken.push(promise);
  };
  let controlPlane = observation.cluster.version;
  const groups = new Map(observation.nodeGroups.map((group) => [group.name, versionOfGroup(group) ?? controlPlane]));
  const configured = observation.config.nodeGroups.map(({ name }) => name);
  const inCopy = (renames: readonly Rename[], group: string): boolean =>
    configured.map((name) => renames.find(({ from }) => from === name)?.to ?? name).includes(group);
  const hasCore = (): boolean => [...groups.keys()].some((name) => isCoreGroup(name, coreGroups));

  const carryOut = (step: Step): void => {
    if (step.phase === 'control-plane') {
      check(
        step.from === controlPlane && minorsBetween(step.from, step.to) === 1,
        `${step.id} is no single minor from ${controlPlane}`,
      );
      controlPlane = step.to;
      for (const [name, version] of groups)
        check(!isTooOldFor(version, controlPlane), `${step.id} leaves ${name} behind at ${version}`);
    } else if (step.phase === 'add-ons') {
      check(step.version === controlPlane, `${step.id} is not for the control plane at ${controlPlane}`);
    } else if (step.phase === 'node-groups') {
      const ahead = minorsBetween(controlPlane, step.version);
      check(
        ahead <= (step.action === 'update-managed' ? 0 : newestAllowedSkew(plan.skew)),
        `${step.id} is ${ahead} minors ahead`,
      );
      changeGroups(step);
    } else if (step.phase === 'verify') {
      check(
        [...groups.keys()].sort().join() ===
          step.nodeGroups
            .map(({ name }) => name)
            .sort()
            .join(),
        'verify expects other groups than there are',
      );
    } else if (step.phase === 'commit-config') {
      check(
        [...groups.keys()].every((name) => inCopy(step.renames, name)),
        'the committed config has other names than AWS',
      );
    }
  };
  const changeGroups = (step: Extract<Step, { phase: 'node-groups' }>): void => {
    for (const name of step.groups) {
      if (step.action === 'create') {
        check(!groups.has(name), `${step.id} creates ${name}, which is there`);
        check(inCopy(step.renames, name), `${step.id} creates ${name}, which its config does not have`);
      } else {
        check(groups.has(name), `${step.id} works on ${name}, which is not there`);
      }
      if (step.action === 'delete') {
        check(inCopy(step.renames, name), `${step.id} deletes ${name}, which its config does not have`);
        groups.delete(name);
        check(hasCore(), `${step.id} leaves the cluster without a core group`);
      } else {
        check(minorsBetween(groups.get(name) ?? step.version, step.version) >= 0, `${step.id} takes ${name} back`);
        groups.set(name, step.version);
      }
    }
  };

  const done = new Set<string>();
  for (const step of plan.steps) {
    check(!done.has(step.id), `two steps are called ${step.id}`);
    check(
      step.after.every((id) => done.has(id)),
      `${step.id} stands before a step it comes after`,
    );
    carryOut(step);
    done.add(step.id);
  }
  check(controlPlane === plan.to, `the control plane ends at ${controlPlane}`);
  for (const [name, version] of groups) check(version === plan.to, `${name} ends at ${version}`);
  return broken;
}

export function rotationsIn(plan: Plan): number {
  const goals = plan.steps.flatMap((step) =>
    step.phase === 'node-groups' && step.action === 'delete' ? [step.version] : [],
  );
  return new Set(goals).size;
}
