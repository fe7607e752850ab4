import { giveBackSteps, groupsOwed, retryGiveBack } from '#src/domain/give-back.ts';
import type { Failure, OverwriteChoice, Run, StopRecord } from '#src/domain/run.ts';
import { isFailing, isGiveBack } from '#src/domain/run-progress.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { actions, type Block, context, sections } from './blocks.ts';
import {
  abortButton,
  END_WITHOUT,
  GIVE_BACK,
  OVERWRITE_LABEL,
  overwriteButton,
  retryButton,
  retryLabel,
} from './buttons.ts';
import { clusterStateLines, meaningForUsers, stateHeading } from './cluster-state.ts';
import { configInGitLines } from './config-in-git.ts';
import { hasPlan, hasStarted, type Message, notice, subject, threadReply } from './message.ts';
import { byWhom, code, explained, names, outside, preformatted, when } from './mrkdwn.ts';

/** A reply for every stop of the run: a failure is a notice, a requested stop is for those in the thread. */
export function stopReplies(run: Run): Message[] {
  return run.stops.map((stop, i) => stopReply(run, stop, i + 1));
}

function stopReply(run: Run, stop: StopRecord, number: number): Message {
  const { cause } = stop;
  switch (cause.kind) {
    case 'stop-requested':
      return requestedStop(run, stop, number);
    case 'planning-failed':
      return failure(run, { stop, number, failure: cause.failure, what: 'the plan could not be made' });
    case 'run-failed':
      return failure(run, { stop, number, failure: cause.failure, what: 'it could not go on' });
    case 'step-failed': {
      const step = run.plan?.steps.find(({ id }) => id === cause.stepId);
      const title = step === undefined ? cause.stepId : describeStep(step);
      return failure(run, { stop, number, failure: cause.failure, what: `the step "${outside(title)}" failed` });
    }
    default:
      return cause satisfies never;
  }
}

type FailureNotice = { stop: StopRecord; number: number; failure: Failure; what: string };

function failure(run: Run, { stop, number, failure, what }: FailureNotice): Message {
  const headline =
    failure.headline === undefined
      ? `The upgrade of ${subject(run)} stopped: ${what}.`
      : `${outside(run.cluster)} is at ${run.to}: ${outside(failure.headline)}.`;
  const cause = explained(failure.message);
  // Whoever worded the remedy does not know what the button says for this failure.
  const remedy = explained(failure.remedy.replace(/\bpress Retry\b/, `press ${retryLabel(stop)}`));
  const isOpen = stop.resolution.kind === 'open';
  return notice({
    key: `failure:${number}`,
    text: [headline, `Cause: ${cause}`, resolved(stop) ?? `What to do: ${remedy}`].join(' '),
    blocks: [
      ...sections([`*${headline}*`, `Stopped ${when(stop.at)}. ${resolved(stop) ?? whatNow(run)}`]),
      ...sections(['*Cause*', cause, ...detail(failure)], 3000),
      ...stateBlocks(run, stop),
      ...(isOpen ? sections(['*What to do*', remedy, afterwards(run, stop)]) : []),
      context(`Failure code ${code(failure.code)}`),
      ...buttons(run, stop),
    ],
  });
}

function whatNow(run: Run): string {
  return isFailing(run)
    ? 'Nothing new begins. What is at work is seen to its end first, and groups that were deleted are created again; then the buttons come here.'
    : 'The bot changes nothing until somebody decides.';
}

/** What the other button does. */
function abortMeans(run: Run): string {
  if (hasPlan(run) && run.abortRequest !== undefined)
    return `*${END_WITHOUT}* is the last resort: the run ends, and somebody has to create ${names(groupsOwed(run))} by hand before servers can start there.`;
  const back = hasStarted(run) ? giveBackSteps(run) : [];
  if (back.length === 0) return '*Abort* ends the run and leaves the cluster as it is.';
  const groups = back
    .map(({ groups: list, version }) => `${list.length === 1 ? '' : 'what is missing of '}${names(list)} at ${version}`)
    .join(', ');
  return `*${GIVE_BACK}* creates ${groups}, so that nobody is left without them, and then ends the run; all else stays as it is.`;
}

/** The old version may be refused for good: then people are told what Retry takes. */
function atNearest(run: Run): string {
  if (!hasPlan(run) || run.abortRequest === undefined) return '';
  const before = run.plan.steps.filter(isGiveBack);
  const next = retryGiveBack(run).steps.filter(isGiveBack);
  const changed = next.find(({ version }, i) => version !== before[i]?.version);
  return changed === undefined
    ? ''
    : `, with ${names(changed.groups)} at ${changed.version}: the nearest version, because the one before is refused`;
}

function detail({ detail }: Failure): string[] {
  return detail === null || detail.trim() === '' ? [] : [preformatted(detail, 1200)];
}

function afterwards(run: Run, stop: StopRecord): string {
  const label = retryLabel(stop);
  const what =
    run.startedAt === null
      ? 'looks at the cluster and plans again'
      : 'looks at the cluster and takes up the failed step again';
  const overwrite =
    choiceOf(stop) === undefined
      ? ''
      : `*${OVERWRITE_LABEL}* lets EKS put its own values there, in this one update: what was set by hand is lost. `;
  return `${overwrite}*${label}* ${what}${atNearest(run)}. ${abortMeans(run)}`;
}

/**
 * As long as it is open, and after an abort: later the run has gone on, and the state of then is not known any more. Of
 * two that are open side by side each says it: somebody may read only one of them.
 */
function stateBlocks(run: Run, stop: StopRecord): Block[] {
  if (stop.resolution.kind === 'retried') return [];
  const state = hasStarted(run) ? clusterStateLines(run) : ['• Nothing was changed.'];
  return [
    ...sections([stateHeading('State of the cluster', run), ...state], 3000),
    ...inGitBlocks(run),
    ...sections(['*What it means for users*', meaningForUsers(run)]),
  ];
}

function inGitBlocks(run: Run): Block[] {
  const lines = configInGitLines(run);
  return lines.length === 0 ? [] : sections(['*Config in git*', ...lines], 1500);
}

function resolved(stop: StopRecord): string | undefined {
  const { resolution } = stop;
  switch (resolution.kind) {
    case 'open':
      return undefined;
    case 'retried': {
      const { overwrite } = resolution;
      if (overwrite !== undefined && overwrite.addon === choiceOf(stop)?.addon)
        return `*${OVERWRITE_LABEL}* was pressed ${byWhom(resolution)}: EKS may overwrite them in this one update of ${outside(overwrite.addon)}. The card shows how it went on.`;
      return `${retryLabel(stop)} was pressed ${byWhom(resolution)}; the card shows how it went on.`;
    }
    case 'aborted':
      return `The run was aborted ${byWhom(resolution)}.`;
    default:
      return resolution satisfies never;
  }
}

function requestedStop(run: Run, stop: StopRecord, number: number): Message {
  const by = stop.cause.kind === 'stop-requested' ? ` as asked for ${byWhom(stop.cause.decision)}` : '';
  const headline = `The upgrade of ${subject(run)} is stopped${by}.`;
  const after = resolved(stop);
  const next = after ?? `Nothing is changed until somebody decides. *${retryLabel(stop)}* goes on. ${abortMeans(run)}`;
  return threadReply({
    key: `stopped:${number}`,
    text: `${headline} ${next}`,
    blocks: [...sections([`*${headline}*`, next]), ...stateBlocks(run, stop), ...buttons(run, stop)],
  });
}

/** One set is enough, when there is something to decide: it counts for all that failed. */
function buttons(run: Run, stop: StopRecord): Block[] {
  if (stop.resolution.kind !== 'open' || stop !== run.stops.at(-1) || isFailing(run)) return [];
  const overwrites = run.stops.flatMap((open) => {
    const choice = open.resolution.kind === 'open' ? choiceOf(open) : undefined;
    return choice === undefined ? [] : [overwriteButton(run, open, choice)];
  });
  return [actions([...overwrites.slice(0, 1), retryButton(run, stop), abortButton(run)])];
}

function choiceOf({ cause }: StopRecord): OverwriteChoice | undefined {
  return 'failure' in cause ? cause.failure.choice : undefined;
}
