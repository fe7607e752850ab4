import { groupsOwed } from '#src/domain/give-back.ts';
import type { Step } from '#src/domain/plan.ts';
import type { Decision, Run } from '#src/domain/run.ts';
import { isFailing, isGiveBack } from '#src/domain/run-progress.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { clusterStateLines, meaningForUsers } from './cluster-state.ts';
import { notPushedLines } from './config-in-git.ts';
import { gateWords } from './gate-words.ts';
import { hasPlan, hasStarted, type PlannedRun, stepNumbers, subject } from './message.ts';
import {
  byWhom,
  capitalised,
  countOf,
  duration,
  explained,
  names,
  outside,
  person,
  sentenceList,
  when,
} from './mrkdwn.ts';
import { type CurrentStep, currentSteps } from './progress.ts';

/** `headline`: one sentence; `text`: one or two sentences with the state, for screen readers; `lines`: the same with what belongs to it. */
export type CardState = { headline: string; text: string; lines: string[] };

export function cardState(run: Run): CardState {
  const upgrade = `The upgrade of ${subject(run)}`;
  const { state } = run;
  switch (state.kind) {
    case 'planning':
      return said(
        `${upgrade} is being planned: looking at the cluster.`,
        'Nothing is changed before the plan is approved.',
      );
    case 'refused':
      return said(
        `${upgrade} is refused: the plan may not run.`,
        'Nothing was changed. When the reasons are gone, ask again.',
      );
    case 'nothing-to-do':
      return said(
        `${run.cluster} is at ${run.to} already: there is nothing to upgrade.`,
        'Control plane and node groups were looked at, and nothing was changed.',
      );
    case 'observed':
      return said(
        `${upgrade} was planned in observe mode, and that is all.`,
        'This bot may look but not change anything: nothing was changed, and nothing will begin. With the rights of an upgrade it would now ask for approval of this plan.',
        ...lackingLines(state.lacking),
      );
    case 'awaiting-approval':
      return said(
        `${upgrade} waits for approval.`,
        `Nothing is changed before that. An approver other than ${person(run.requestedBy)} decides, until ${when(state.expiresAt)}; after that the request expires.`,
      );
    case 'rejected':
      return said(`${upgrade} was rejected ${byWhom(state.decision)}.`, 'Nothing was changed.');
    case 'withdrawn':
      return said(`${upgrade} was withdrawn ${byWhom(state.decision)}.`, 'Nothing was changed.');
    case 'expired':
      return said(
        `${upgrade} has expired: nobody decided in time.`,
        'Nothing was changed. Ask again to have a new plan made.',
      );
    case 'running':
      return running(run, upgrade);
    case 'waiting':
      return waiting(run, upgrade);
    case 'stopped':
      return stopped(run, upgrade);
    case 'succeeded':
      return said(`${upgrade} succeeded${tookWhile(run)}.`, endedLine(run));
    case 'succeeded-uncommitted':
      return said(
        `${upgrade} succeeded${tookWhile(run)}, but the changed config is not in git.`,
        `${explained(state.failure.message)} What to do: ${explained(state.failure.remedy)} ${endedLine(run)}`,
      );
    case 'aborted':
      return aborted(run, `${upgrade} was aborted ${byWhom(state.decision)}.`);
    default:
      state satisfies never;
      return said(upgrade);
  }
}

/** What the role of an observer need not have; with the manifest of an upgrade it has. */
function lackingLines(lacking: readonly string[]): string[] {
  if (lacking.length === 0) return ['In Kubernetes the bot has all the rights that this plan needs.'];
  const byVerb = Map.groupBy(new Set(lacking), (right) => right.split(' ')[0] ?? '');
  const rights = [...byVerb].map(([verb, same]) => {
    const what = same.map((right) => outside(right.slice(verb.length + 1), 200));
    return `${outside(verb, 40)} ${sentenceList(what)}`;
  });
  return [
    `For this plan it would also need rights in Kubernetes that it does not have; docs/rbac.yaml gives them: ${rights.join('; ')}.`,
  ];
}

function said(headline: string, ...lines: string[]): CardState {
  return { headline, text: [headline, ...lines].join(' '), lines: [`*${headline}*`, ...lines] };
}

function aborted(run: Run, headline: string): CardState {
  const lines = hasStarted(run) ? clusterStateLines(run) : ['Nothing was changed.'];
  return { headline, text: `${headline} ${meaningForUsers(run)}`, lines: [`*${headline}*`, ...lines] };
}

function running(run: Run, upgrade: string): CardState {
  if (!hasPlan(run) || run.startedAt === null) {
    return said(
      `${upgrade} is approved and about to start.`,
      'The cluster is looked at once more first; should the plan come out differently, it will be asked for again.',
    );
  }
  const stop = stopRequestLine(run);
  if (isFailing(run)) return failing(run, upgrade);
  if (run.abortRequest !== undefined) return givingBack(run, upgrade, run.abortRequest);
  const [first, ...others] = currentSteps(run);
  const git = notPushedLines(run);
  if (first === undefined) return said(`${upgrade} is running, between two steps.`, ...git, ...stop);
  const steps = [first.step, ...others.map(({ step }) => step)] as const;
  const headline = `${upgrade} is running: ${stepNumbers(run.plan, steps)}, ${titles(steps)}.`;
  const waits = others.length === 0 ? stepWaiting(first) : [first, ...others].flatMap(namedWaiting);
  return said(headline, ...waits, ...git, ...stop);
}

/** Nobody is left without a group because somebody aborted. */
function givingBack(run: PlannedRun, upgrade: string, decision: Decision): CardState {
  const owed = groupsOwed(run);
  const areCreated =
    owed.length === 1
      ? 'which it had deleted, is created again first.'
      : 'which it had deleted, are created again first.';
  return said(
    `${upgrade} is being aborted ${byWhom(decision)}: node ${owed.length === 1 ? 'group' : 'groups'} ${names(owed)}, ${areCreated}`,
    `Nothing else is changed, and the run ends when ${owed.length === 1 ? 'it is' : 'they are'} there.`,
    ...currentSteps(run)
      .filter(({ step }) => isGiveBack(step))
      .flatMap(stepWaiting),
  );
}

/** A step failed while another one was at work. */
function failing(run: PlannedRun, upgrade: string): CardState {
  const current = currentSteps(run);
  const failed = current.filter(({ progress }) => progress.kind === 'failed').map(({ step }) => step);
  const atWork = current.filter(({ progress }) => progress.kind === 'started');
  const causes = current.flatMap(({ progress }) =>
    progress.kind === 'failed' ? [explained(progress.failure.message)] : [],
  );
  return said(
    `${upgrade} is about to stop: the step "${titles(failed)}" failed.`,
    ...causes,
    atWork.length === 0
      ? 'Nothing new begins, except that groups which were deleted are created again. Then it is up to you.'
      : `Nothing new begins. What is at work is seen to its end first, then it is up to you: ${titles(atWork.map(({ step }) => step))}.`,
    ...atWork.flatMap(stepWaiting),
  );
}

function titles(steps: readonly Step[]): string {
  return steps.map((step) => outside(describeStep(step))).join('; and ');
}

function stepWaiting({ progress }: CurrentStep): string[] {
  return progress.kind === 'started' ? waitingLines(progress) : [];
}

/** Of several steps each says which one it is. */
function namedWaiting({ step, progress }: CurrentStep): string[] {
  if (progress.kind !== 'started' || progress.waiting === null) return [];
  const { for: what, since } = progress.waiting;
  return [`${capitalised(outside(describeStep(step)))}: waiting for ${outside(what)}, since ${when(since)}.`];
}

/** What a step waits for, and since when: a moment, so that the text need not be made again every minute. */
export function waitingLines(progress: { waiting: { for: string; since: number } | null }): string[] {
  return progress.waiting === null
    ? []
    : [`Waiting for ${outside(progress.waiting.for)}, since ${when(progress.waiting.since)}.`];
}

function stopRequestLine(run: PlannedRun): string[] {
  return run.stopRequest === null
    ? []
    : [
        `It will stop after ${currentSteps(run).length > 1 ? 'these steps' : 'this step'}, as asked for ${byWhom(run.stopRequest)}.`,
      ];
}

function waiting(run: Run, upgrade: string): CardState {
  const gate = run.gates.at(-1);
  if (gate === undefined || !hasPlan(run)) return said(`${upgrade} is waiting.`);
  const { card, cardChoices } = gateWords(run, gate);
  return said(
    `${upgrade} is waiting for a decision since ${when(gate.since)}: ${card}.`,
    cardChoices,
    ...stopRequestLine(run),
  );
}

function stopped(run: Run, upgrade: string): CardState {
  const cause = run.stops.at(-1)?.cause;
  const decide = 'The thread has the buttons to go on or to abort.';
  switch (cause?.kind) {
    case undefined:
      return said(`${upgrade} is stopped.`, decide);
    case 'planning-failed':
      return said(`${upgrade} is stopped: the plan could not be made.`, explained(cause.failure.message), decide);
    case 'step-failed': {
      const step = run.plan?.steps.find(({ id }) => id === cause.stepId);
      const title = step === undefined ? cause.stepId : describeStep(step);
      return said(
        `${upgrade} is stopped: ${outside(cause.failure.headline ?? `the step "${title}" failed`)}.`,
        explained(cause.failure.message),
        decide,
      );
    }
    case 'run-failed':
      return said(`${upgrade} is stopped: it could not go on.`, explained(cause.failure.message), decide);
    case 'stop-requested':
      return said(`${upgrade} is stopped, as asked for ${byWhom(cause.decision)}.`, decide);
    default:
      cause satisfies never;
      return said(`${upgrade} is stopped.`, decide);
  }
}

function tookWhile(run: Run): string {
  return run.startedAt === null || run.endedAt === null ? '' : ` after ${duration(run.endedAt - run.startedAt)}`;
}

function endedLine(run: Run): string {
  const groups = run.after?.nodeGroups.length ?? 0;
  const seen =
    run.after === null
      ? ''
      : `Seen afterwards: control plane at ${run.after.version}, ${countOf(groups, 'node group')}. `;
  return `${seen}${run.endedAt === null ? '' : `Finished ${when(run.endedAt)}.`}`.trim();
}
