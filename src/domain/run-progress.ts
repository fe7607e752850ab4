import type { Step, StepId } from './plan.ts';
import type { CommandRecord, Run } from './run.ts';

export type GiveBackStep = Extract<Step, { phase: 'node-groups'; action: 'create' }>;

/** The latest command of a step: the one in hand, or what is kept of it since another step had its turn. */
export function commandOfStep({ command, pastCommands }: Commands, stepId: StepId): CommandRecord | null {
  return command?.stepId === stepId ? command : (pastCommands[stepId] ?? null);
}

type Commands = Pick<Run, 'command' | 'pastCommands'>;

/** A cluster has one eksctl command at a time: of two that write aws-auth one could undo what the other wrote. */
export function isEksctlBusy({ command }: Commands): boolean {
  return command !== null && command.state.kind !== 'ended';
}

/** Whether this attempt of the step may have changed anything: what it remembers and its command are written down with or before the act. */
export function hasActed(run: Commands & Pick<Run, 'steps'>, stepId: StepId): boolean {
  const progress = run.steps[stepId];
  if (progress?.kind !== 'started') return false;
  return Object.keys(progress.memory).length > 0 || commandOfStep(run, stepId)?.attempt === progress.attempt;
}

/** The steps that are in the middle of a change. */
export function stepsAtWork(run: Commands & Pick<Run, 'plan' | 'steps' | 'abortRequest'>): StepId[] {
  const left = run.abortRequest === undefined ? [] : abandoned(run);
  return Object.keys(run.steps).filter((stepId) => hasActed(run, stepId) && !left.includes(stepId));
}

/**
 * Creations of groups that this run deleted. They begin even after a failure elsewhere or a stop request: nobody may be
 * left without a group because something else went wrong.
 */
export function owedSteps(run: Pick<Run, 'plan' | 'steps' | 'abortRequest'>): StepId[] {
  const { plan, steps } = run;
  const left = run.abortRequest === undefined ? [] : abandoned(run);
  const isOwed = (step: Step): boolean =>
    step.phase === 'node-groups' &&
    step.action === 'create' &&
    step.role === 'others' &&
    step.after.every((id) => steps[id]?.kind === 'done') &&
    (steps[step.id] === undefined || steps[step.id]?.kind === 'started');
  return (plan?.steps ?? []).filter((step) => isOwed(step) && !left.includes(step.id)).map(({ id }) => id);
}

/** Once a run is aborted only what gives back deleted groups goes on. */
function abandoned({ plan }: Pick<Run, 'plan'>): StepId[] {
  return (plan?.steps ?? []).filter((step) => !isGiveBack(step)).map(({ id }) => id);
}

/** Creates groups again that a run has deleted which somebody aborted (give-back.ts). */
export function isGiveBack(step: Step): step is GiveBackStep {
  return step.phase === 'node-groups' && step.action === 'create' && step.givesBack === true;
}

/** A step that closes nodes for new servers has begun and was not seen done: whatever became of it, some may be closed still. */
export function mayHavePhasedOut({ plan, steps }: Pick<Run, 'plan' | 'steps'>): boolean {
  return (plan?.steps ?? []).some(({ id, phase }) => {
    const progress = steps[id];
    return phase === 'node-groups' && progress !== undefined && progress.kind !== 'done';
  });
}

/** Steps whose nodes may be closed still: to new pods altogether (`cordons`), or to new servers only. */
export function stepsMaybeClosing({ plan, steps }: Pick<Run, 'plan' | 'steps'>) {
  return (plan?.steps ?? []).flatMap((step) => {
    const progress = steps[step.id];
    if (step.phase !== 'node-groups' || progress === undefined || progress.kind === 'done') return [];
    if (step.action !== 'delete' && step.action !== 'update-managed') return [];
    const { action, groups } = step;
    return [{ isManaged: action === 'update-managed', groups, cordons: action === 'delete' && step.role === 'core' }];
  });
}

/** What a step waits for that wants to ask people while others are at work begins with this. */
export const WAITS_TO_ASK = 'the end of what is at work';

/**
 * Steps that have to come to their end before people are asked: nothing else is looked at meanwhile, and what was deleted
 * must be created again. One that wants to ask itself is no reason to wait: two would wait for each other.
 */
export function othersAtWork(run: Pick<Run, 'plan' | 'steps'> & Commands, stepId: StepId): StepId[] {
  return [...new Set([...stepsAtWork(run), ...owedSteps(run)])].filter((id) => {
    const progress = run.steps[id];
    const wantsToAsk = progress?.kind === 'started' && progress.waiting?.for.startsWith(WAITS_TO_ASK) === true;
    return id !== stepId && !wantsToAsk;
  });
}

/** Whether a gate of this step would open now. */
export function mayAsk(run: Pick<Run, 'plan' | 'steps'> & Commands, stepId: StepId): boolean {
  return othersAtWork(run, stepId).length === 0;
}

/** A step failed while another one was at work: that one is seen to its end, nothing new begins, and then the run stops. */
export function isFailing({ state, stops }: Pick<Run, 'state' | 'stops'>): boolean {
  return (state.kind === 'running' || state.kind === 'waiting') && stops.at(-1)?.resolution.kind === 'open';
}
