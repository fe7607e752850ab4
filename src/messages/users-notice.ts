import { coreNames } from '#src/domain/groups-away.ts';
import { takesNodesAway } from '#src/domain/next-steps.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import { aboutMinutes } from './mrkdwn.ts';

/** What people who use the cluster will notice, in the order in which it comes; whole sentences. */
export function whatUsersNotice(plan: Plan): string[] {
  return [...controlPlane(plan), ...deletedGroups(plan), ...managedGroups(plan), ...addons(plan)]
    .toSorted((a, b) => a.position - b.position)
    .map(({ text }) => text);
}

/** Servers end, or nodes are exchanged under them. */
export function disruptsUsers(plan: Plan): boolean {
  return plan.steps.some((step) => step.phase === 'node-groups' && takesNodesAway(step.action));
}

type Part = { position: number; text: string };

function part(plan: Plan, steps: readonly Step[], text: (time: string) => string): Part[] {
  const first = steps[0];
  if (first === undefined) return [];
  return [{ position: plan.steps.indexOf(first), text: text(aboutMinutes(minutesOf(steps))) }];
}

/** Of one version some go on side by side; versions come one after the other. */
function minutesOf(steps: readonly Step[]): number {
  const versions = new Set(steps.map(versionOf));
  return [...versions].reduce((sum, at) => sum + minutesTogether(steps.filter((step) => versionOf(step) === at)), 0);
}

function versionOf(step: Step): string {
  return step.phase === 'control-plane' ? step.to : 'version' in step ? step.version : '';
}

function controlPlane(plan: Plan): Part[] {
  const steps = plan.steps.filter((step) => step.phase === 'control-plane');
  return part(
    plan,
    steps,
    (time) =>
      `*Control plane* (${time}): running servers are not touched. Starting or stopping a server may fail for a moment; trying again helps.`,
  );
}

function deletedGroups(plan: Plan): Part[] {
  const deletions = plan.steps.filter((step) => step.phase === 'node-groups' && step.action === 'delete');
  const creations = plan.steps.filter(
    (step) => step.phase === 'node-groups' && step.action === 'create' && step.role === 'others',
  );
  const core = coreNames(plan);
  const groups = deletions.flatMap((step) => (step.phase === 'node-groups' ? step.groups : []));
  const versions = new Set(deletions.flatMap((step) => (step.phase === 'node-groups' ? [step.version] : [])));
  const rounds = versions.size > 1 ? `, in ${versions.size} rounds` : '';
  const isMoved = deletions.every((step) => !('drain' in step) || step.drain !== false);
  const coreMoves = isMoved
    ? 'The hub and other core services move to new nodes and may be away for some minutes.'
    : 'The hub and other core services go with the old nodes, without being moved before: they may be away for up to 10 minutes, and without them nobody can log in or start a server.';
  const sentences = [
    ...(groups.every((group) => core.has(group))
      ? []
      : [
          'they are deleted and created again. Servers on them end, unsaved work is lost, and they can start again only when the groups are back.',
        ]),
    ...(groups.some((group) => core.has(group)) ? [coreMoves] : []),
  ];
  return part(plan, [...deletions, ...creations], (time) => `*Node groups* (${time}${rounds}): ${sentences.join(' ')}`);
}

function managedGroups(plan: Plan): Part[] {
  const steps = plan.steps.filter((step) => step.phase === 'node-groups' && step.action === 'update-managed');
  return part(
    plan,
    steps,
    (time) =>
      `*Managed node groups* (${time}): their nodes are replaced one after the other. A server on a replaced node ends, unsaved work is lost, and it can be started again.`,
  );
}

function addons(plan: Plan): Part[] {
  const steps = plan.steps.filter(
    (step) => step.phase === 'add-ons' && step.addons.some(({ kind }) => kind !== 'skip'),
  );
  return part(
    plan,
    steps,
    (time) => `*Add-ons* (${time}): the network may be interrupted for seconds while they restart.`,
  );
}
