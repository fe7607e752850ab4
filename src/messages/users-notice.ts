import type { Plan, Step } from '#src/domain/plan.ts';
import { coreNames } from './cluster-state.ts';
import { aboutMinutes } from './mrkdwn.ts';

/** What people who use the cluster will notice, in the order in which it comes; whole sentences. */
export function whatUsersNotice(plan: Plan): string[] {
  return [...controlPlane(plan), ...deletedGroups(plan), ...managedGroups(plan), ...addons(plan)]
    .toSorted((a, b) => a.position - b.position)
    .map(({ text }) => text);
}

/** Servers end, or nodes are exchanged under them. */
export function disruptsUsers(plan: Plan): boolean {
  return plan.steps.some((step) => step.phase === 'node-groups' && step.action !== 'create');
}

type Part = { position: number; text: string };

function part(plan: Plan, steps: readonly Step[], text: (time: string) => string): Part[] {
  const first = steps[0];
  if (first === undefined) return [];
  return [{ position: plan.steps.indexOf(first), text: text(timeOf(steps)) }];
}

function timeOf(steps: readonly Step[]): string {
  return aboutMinutes(steps.reduce((sum, { expectedMinutes }) => sum + expectedMinutes, 0));
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
  const rounds = deletions.length > 1 ? `, in ${deletions.length} rounds` : '';
  const coreMoves = 'The hub and other core services move to new nodes and may be away for some minutes.';
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
