import { acceptedOn, groupsReplaced } from '#src/domain/activity.ts';
import type { GateAbout, GateRecord } from '#src/domain/gate.ts';
import { giveBackSteps, groupsOwed } from '#src/domain/give-back.ts';
import type { Plan } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import type { OverwriteChoice, Run, StopRecord } from '#src/domain/run.ts';
import type { GiveBackStep } from '#src/domain/run-progress.ts';
import { listNames } from '#src/domain/step-title.ts';
import { ACTIONS, decisionValue, gateValue, runValue, stopValue } from './actions.ts';
import type { Button } from './blocks.ts';
import { hasPlan } from './message.ts';
import { aboutMinutes, countOf } from './mrkdwn.ts';

export function approveButton(run: Run, plan: Plan): Button {
  return {
    label: 'Approve',
    actionId: ACTIONS.approve,
    value: decisionValue(run, plan),
    style: 'primary',
    confirm: {
      title: `Upgrade ${plan.cluster}?`.slice(0, 100),
      text: approvalInWords(plan),
      confirm: 'Approve',
      deny: 'Go back',
    },
  };
}

/** What is going to happen, in at most 300 characters. */
function approvalInWords(plan: Plan): string {
  const deleted = new Set(
    plan.steps.flatMap((step) => (step.phase === 'node-groups' && step.action === 'delete' ? step.groups : [])),
  );
  const updated = new Set(
    plan.steps.flatMap((step) => (step.phase === 'node-groups' && step.action === 'update-managed' ? step.groups : [])),
  );
  const accepted = acceptedOn(groupsReplaced(plan), plan.activity);
  const sentences = [
    `${plan.cluster} goes from ${plan.from} to ${plan.to}, ${aboutMinutes(minutesTogether(plan.steps))}, starting at once.`,
    ...(deleted.size === 0 ? [] : [`${countOf(deleted.size, 'node group')} will be deleted: servers on them end.`]),
    ...(updated.size === 0
      ? []
      : [`The nodes of ${countOf(updated.size, 'managed node group')} will be replaced: servers on them end.`]),
    ...(accepted === 0
      ? []
      : [`You take on that ${countOf(accepted, 'server')} now running there ${accepted === 1 ? 'dies' : 'die'}.`]),
    'The bot does not take a control plane back.',
  ];
  return sentences.join(' ');
}

export function rejectButton(run: Run, plan: Plan): Button {
  return { label: 'Reject', actionId: ACTIONS.reject, value: decisionValue(run, plan) };
}

export function stopButton(run: Run): Button {
  return {
    label: 'Stop after this step',
    actionId: ACTIONS.stop,
    value: runValue(run),
    confirm: {
      title: 'Stop after this step?',
      text: 'What is under way is finished first, and groups that were deleted are created again. Then the upgrade stands still until somebody continues or aborts it.',
      confirm: 'Stop after this step',
      deny: 'Go back',
    },
  };
}

export function retryButton(run: Run, stop: StopRecord): Button {
  return { label: retryLabel(stop), actionId: ACTIONS.retry, value: stopValue(run, stop), style: 'primary' };
}

/** At most 75 characters: https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const OVERWRITE_LABEL = 'Overwrite the fields named';

export function overwriteButton(run: Run, stop: StopRecord, { addon, version, fields }: OverwriteChoice): Button {
  const named = fields.length === 0 ? 'The fields that EKS names' : `The fields named (${fields.length})`;
  return {
    label: OVERWRITE_LABEL,
    actionId: ACTIONS.overwriteAddon,
    value: stopValue(run, stop),
    style: 'danger',
    confirm: {
      title: `Overwrite settings of ${addon}?`.slice(0, 100),
      text: `${named} of ${addon} in ${run.cluster} get EKS's own values, in this one update to ${version}: what was set by hand is lost.`,
      confirm: 'Overwrite',
      deny: 'Go back',
    },
  };
}

export function retryLabel({ cause }: StopRecord): string {
  if (cause.kind === 'stop-requested') return 'Continue';
  const { code } = cause.failure;
  return isAboutAccess(code) || code === 'NotHealthy' ? 'Check again' : 'Retry';
}

/** The bot lacks a right that a person gives it; then there is nothing to repeat, only to look again. */
function isAboutAccess(failureCode: string): boolean {
  return /access|unauthori[sz]ed|forbidden|credential|permission|rights|notmapped/i.test(failureCode);
}

export function passGateButton(run: Run, gate: GateAbout<'activity'>): Button {
  const { total } = gate.activity;
  const label = `Go ahead (${countOf(total, 'server')} ${total === 1 ? 'dies' : 'die'})`;
  return { label, actionId: ACTIONS.passGate, value: gateValue(run, gate.stepId), style: 'danger' };
}

export function waitLongerButton(run: Run, gate: GateRecord): Button {
  return {
    label: 'Wait longer',
    actionId: ACTIONS.waitAtGate,
    value: gateValue(run, gate.stepId),
    style: 'primary',
  };
}

export function forceDrainButton(run: Run, gate: GateRecord): Button {
  return { label: 'Force', actionId: ACTIONS.forceDrain, value: gateValue(run, gate.stepId), style: 'danger' };
}

/** The run stands still where it is, and can be continued or aborted. */
export function stopAtGateButton(run: Run, gate: GateRecord): Button {
  return { label: 'Stop', actionId: ACTIONS.stopAtGate, value: gateValue(run, gate.stepId) };
}

/** Nobody is left without a group: what was deleted is created first, and a person may end a run that cannot. */
export function abortButton(run: Run): Button {
  if (hasPlan(run) && run.abortRequest !== undefined) return endWithoutButton(run, groupsOwed(run));
  const back = hasPlan(run) && run.startedAt !== null ? giveBackSteps(run) : [];
  return {
    label: back.length === 0 ? 'Abort' : GIVE_BACK,
    actionId: ACTIONS.abort,
    value: runValue(run),
    style: 'danger',
    confirm: {
      title: `Abort the upgrade of ${run.cluster}?`.slice(0, 100),
      text: abortInWords(back),
      confirm: back.length === 0 ? 'Abort' : 'Re-create, then stop',
      deny: 'Go back',
    },
  };
}

export const GIVE_BACK = 'Re-create at the old version, then stop';
export const END_WITHOUT = 'End without them';

function abortInWords(back: readonly GiveBackStep[]): string {
  if (back.length === 0)
    return 'The run ends here, and nothing is undone: what is at a new version stays there. Another upgrade can be asked for afterwards.';
  const groups = back.map(({ groups: names, version }) => `${listNames(names)} at ${version}`).join(', ');
  return `Created again first, as far as they are missing: ${groups}. Then the run ends; what else is at a new version stays there. Another upgrade can be asked for afterwards.`;
}

/** The last resort: somebody takes it over by hand. */
function endWithoutButton(run: Run, groups: readonly string[]): Button {
  return {
    label: END_WITHOUT,
    actionId: ACTIONS.abort,
    value: runValue(run),
    style: 'danger',
    confirm: {
      title: `End it without ${countOf(groups.length, 'node group')}?`.slice(0, 100),
      text: `The bot does not create ${listNames(groups, 6)} any more: servers on them cannot start until somebody creates them by hand. The run ends, and gives the cluster free for another one.`,
      confirm: END_WITHOUT,
      deny: 'Go back',
    },
  };
}
