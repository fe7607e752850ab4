import type { NodeGroupsAction, Step } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import { type DelayRecord, hasEnded, type StepProgress } from '#src/domain/run.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { sections } from './blocks.ts';
import { waitingLines } from './card-state.ts';
import { type Message, notice, type StartedRun, stepNumber, subject } from './message.ts';
import { aboutMinutes, capitalised, duration, names, outside, when } from './mrkdwn.ts';
import { expectedEnd } from './progress.ts';

/** A notice for every step that took much longer than usual; edited when the step has come to its end. */
export function delayNotices(run: StartedRun): Message[] {
  return run.delays.flatMap((delay) => {
    const step = run.plan.steps.find(({ id }) => id === delay.stepId);
    const progress = run.steps[delay.stepId];
    if (step === undefined || progress === undefined) return [];
    const told = isLateStill(run, { delay, progress })
      ? late(run, { step, progress, delay })
      : over(run, { step, progress });
    return [notice({ key: `delay:${step.id}`, ...told })];
  });
}

type Told = Pick<Message, 'text' | 'blocks'>;
type Started = Extract<StepProgress, { kind: 'started' }>;

function isLateStill(run: StartedRun, { delay, progress }: { delay: DelayRecord; progress: StepProgress }) {
  return progress.kind === 'started' && progress.attempt === delay.attempt && !hasEnded(run);
}

function late(
  run: StartedRun,
  { step, progress, delay }: { step: Step; progress: StepProgress; delay: DelayRecord },
): Told {
  const headline = `The upgrade of ${subject(run)} takes longer than planned.`;
  const waiting = waitingLines(progress as Started).join(' ');
  const since = progress.at;
  const what = `${capitalised(stepNumber(run.plan, step))}, ${title(step)}, is under way since ${when(since)}; ${aboutMinutes(step.expectedMinutes)} is usual. ${waiting}`;
  const users = meaningFor(step);
  const todo = whatToDo(step);
  return {
    text: `${headline} ${what} What it means for users: ${users}`,
    blocks: [
      ...sections([`*${headline}*`, what.trim()]),
      ...sections(['*What it means for users*', users, ...laterEnd(run, { step, delay })]),
      ...sections(['*What to do*', todo]),
    ],
  };
}

/** Counted from when the delay was noticed, so that the notice stays as it is. */
function laterEnd(run: StartedRun, { step, delay }: { step: Step; delay: DelayRecord }): string[] {
  const isToDo = ({ id }: Step) => id !== step.id && run.steps[id]?.kind !== 'done';
  const end = delay.at + minutesTogether(run.plan.steps.filter(isToDo)) * 60_000;
  const announced = expectedEnd(run.plan, run.startedAt);
  return end <= announced
    ? []
    : [`The maintenance was to end ${when(announced)}. It will not be over before ${when(end)}.`];
}

function over(run: StartedRun, { step, progress }: { step: Step; progress: StepProgress }): Told {
  const which = `${stepNumber(run.plan, step)}, ${title(step)}`;
  const line = `The upgrade of ${subject(run)} was late: ${which}, ${ending(run, { step, progress })}`;
  return { text: line, blocks: sections([`*${line}*`, 'The card shows how it stands.']) };
}

function ending(run: StartedRun, { step, progress }: { step: Step; progress: StepProgress }): string {
  switch (progress.kind) {
    case 'done': {
      const took = duration(progress.at - progress.startedAt);
      return `is done after ${took}; ${aboutMinutes(step.expectedMinutes)} is usual.`;
    }
    case 'failed':
      return 'failed in the end; the failure notice says why.';
    case 'started':
      return hasEnded(run) ? 'was not seen done before the run ended.' : 'failed, and is tried again.';
    default:
      return progress satisfies never;
  }
}

function title(step: Step): string {
  return outside(describeStep(step));
}

function meaningFor(step: Step): string {
  switch (step.phase) {
    case 'preflight':
    case 'template-drift':
    case 'access':
      return 'This step only looks: users notice nothing of it.';
    case 'control-plane':
      return 'Running servers keep running. Starting or stopping a server may fail for a moment; trying again helps.';
    case 'add-ons':
      return 'Running servers keep running. The network may be interrupted for seconds while an add-on restarts.';
    case 'node-groups':
      return meaningForGroups(step);
    case 'verify':
      return 'The upgrade is through, but the bot does not see yet that all is well. Servers may fail to start until it does.';
    case 'commit-config':
      return 'The cluster is upgraded and can be used; only the changed config is not in git yet.';
    default:
      return step satisfies never;
  }
}

function meaningForGroups(step: NodeGroupsAction): string {
  switch (step.action) {
    case 'create':
      return step.role === 'core'
        ? 'Users notice nothing of this step: the old core group is there until the new one is proven.'
        : `Servers cannot start on node groups ${names(step.groups)} until these are there again. Other groups are not touched by this step.`;
    case 'delete':
      return `What runs on node groups ${names(step.groups)} ends with them. Other groups are not touched by this step.`;
    case 'prove':
      return `Users notice nothing of this step: node groups ${names(step.groups)} are there, and the bot waits for a node that shows that they work.`;
    case 'update-managed':
      return `Nodes of ${names(step.groups)} are still being replaced. A server on a replaced node ends, unsaved work is lost, and it can be started again.`;
    default:
      return step satisfies never;
  }
}

const BY_ITSELF = 'The bot keeps looking: it goes on by itself, or stops and says why.';

function whatToDo(step: Step): string {
  switch (step.phase) {
    case 'control-plane':
      return `Tell users that it takes longer. An update of a control plane can be neither cancelled nor hurried; when it takes hours, ask AWS support and name the update. ${BY_ITSELF}`;
    case 'node-groups':
      if (step.action === 'prove')
        return `Look at the activity of the Auto Scaling groups, and at the nodes: what keeps a node from coming shows there. ${BY_ITSELF}`;
      return step.action === 'update-managed'
        ? `Tell users that it takes longer. Look at the updates of the groups in the EKS console: pods that may not be evicted and missing capacity show there. ${BY_ITSELF}`
        : `Tell users that it takes longer. Look at the events of the stacks in CloudFormation: missing capacity and what keeps a stack from being deleted show there. ${BY_ITSELF}`;
    case 'add-ons':
      return `Look at the pods in kube-system. ${BY_ITSELF}`;
    case 'verify':
      return `Look at what is waited for. ${BY_ITSELF}`;
    case 'preflight':
    case 'template-drift':
    case 'access':
    case 'commit-config':
      return BY_ITSELF;
    default:
      return step satisfies never;
  }
}
