import { giveBackSteps } from '#src/domain/give-back.ts';
import { stepsWithRaisedGroups } from '#src/domain/proof-memory.ts';
import type { Run, UserId } from '#src/domain/run.ts';
import type { RunFact } from '#src/domain/run-events.ts';
import { decide, type OperationDeps, type Verdict } from './decide.ts';
import type { OperationResult, Operations } from './operations.ts';
import { isOneOf, isOperator } from './permissions.ts';

/** Goes on where the run stopped; for a plan that could not be made, plans again. */
export function retryStep(
  deps: OperationDeps,
  click: Parameters<Operations['retryStep']>[0],
): Promise<OperationResult> {
  return steer(deps, click, (run) => {
    if (run.state.kind !== 'stopped') return { kind: 'too-late', why: `There is nothing to retry: ${stateText(run)}.` };
    if (click.stop !== undefined && click.stop !== run.stops.length)
      return {
        kind: 'too-late',
        why: 'That was gone on from, and the run has stopped again since: the newest notice in the thread says why.',
      };
    return { kind: 'fact', fact: { kind: 'retried' } };
  });
}

/** "Overwrite the fields named": an approver takes it on that what somebody set by hand in an EKS add-on is lost. */
export async function overwriteAddon(
  deps: OperationDeps,
  { runId, stop, by }: Parameters<Operations['overwriteAddon']>[0],
): Promise<OperationResult> {
  const isApprover = await isOneOf(deps.people, deps.fleet.approvers, by);
  return decide(deps, {
    runId,
    by,
    rule: (run): Verdict => {
      const { cause, resolution } = run.stops[stop - 1] ?? {};
      const choice = cause !== undefined && 'failure' in cause ? cause.failure.choice : undefined;
      if (run.state.kind !== 'stopped' || resolution?.kind !== 'open' || choice === undefined)
        return { kind: 'too-late', why: 'The run does not wait for this decision any more.' };
      if (!isApprover)
        return {
          kind: 'not-allowed',
          why: 'Only approvers of the fleet file may let settings of an add-on be overwritten.',
        };
      return { kind: 'fact', fact: { kind: 'retried', overwrite: choice } };
    },
  });
}

/** Ends the run where it stands. Only where nothing is in the middle of happening: before the start, at a gate, or stopped. */
export function abortRun(deps: OperationDeps, click: Parameters<Operations['abortRun']>[0]): Promise<OperationResult> {
  return steer(deps, click, (run) => {
    switch (run.state.kind) {
      case 'awaiting-approval':
      case 'planning':
        return { kind: 'fact', fact: { kind: 'withdrawn' } };
      case 'waiting':
      case 'stopped':
        return whyNotLeft(run) ?? { kind: 'fact', fact: abortOf(run) };
      case 'running':
        if (run.abortRequest !== undefined)
          return {
            kind: 'too-late',
            why: 'The run is being aborted already: it ends as soon as the node groups that it deleted are there again.',
          };
        return {
          kind: 'too-late',
          why: 'The run is in the middle of a step. Press "Stop after this step" first, then abort.',
        };
      default:
        return { kind: 'too-late', why: `There is nothing to abort: ${stateText(run)}.` };
    }
  });
}

/** "Stop after this step": nothing is interrupted, and nothing new begins. At a gate nothing is under way: "Stop" is at once. */
export function requestStop(
  deps: OperationDeps,
  click: Parameters<Operations['requestStop']>[0],
): Promise<OperationResult> {
  return steer(deps, click, (run) => {
    if (run.state.kind === 'waiting') return { kind: 'fact', fact: { kind: 'gate-stopped' } };
    if (run.state.kind !== 'running') return { kind: 'too-late', why: `There is nothing to stop: ${stateText(run)}.` };
    if (run.abortRequest !== undefined)
      return {
        kind: 'too-late',
        why: 'The run is being aborted: it ends as soon as the node groups that it deleted are there again.',
      };
    if (run.stopRequest !== null) return { kind: 'too-late', why: 'The run stops after this step already.' };
    return { kind: 'fact', fact: { kind: 'stop-requested' } };
  });
}

/** What was deleted is given back first; a person may end a run that cannot. */
function abortOf(run: Run): RunFact {
  const steps = run.plan === null || run.startedAt === null ? [] : giveBackSteps({ ...run, plan: run.plan });
  return steps.length === 0 ? { kind: 'aborted' } : { kind: 'abort-requested', steps };
}

/** An aborted run does nothing more, so nothing of it may be half done. */
function whyNotLeft(run: Run): Verdict | null {
  if (isCommandUnderWay(run))
    return {
      kind: 'too-late',
      why: 'eksctl is still running: it cannot be left alone with the cluster. Abort again when it has ended.',
    };
  const raised = stepsWithRaisedGroups(run).flatMap(({ groups }) => groups);
  return raised.length === 0
    ? null
    : {
        kind: 'too-late',
        why: `The bot is taking back the node that it asked for to prove ${raised.join(', ')}. Abort again in a minute or two.`,
      };
}

/** A step may fail while its command goes on; the next run of the cluster must not begin beside it. */
function isCommandUnderWay({ command }: Run): boolean {
  return command?.state.kind === 'running';
}

export type Click = { runId: string; by: UserId };

/** Steering is for approvers, for the person who asked, and for operators at a shell. */
export async function steer(
  deps: OperationDeps,
  { runId, by }: Click,
  rule: (run: Run) => Verdict,
): Promise<OperationResult> {
  const isApprover = isOperator(by) || (await isOneOf(deps.people, deps.fleet.approvers, by));
  return decide(deps, {
    runId,
    by,
    rule: (run) =>
      isApprover || run.requestedBy === by
        ? rule(run)
        : {
            kind: 'not-allowed',
            why: 'Only approvers of the fleet file and the person who asked for this upgrade may steer it.',
          },
  });
}

function stateText({ state }: Run): string {
  return state.kind === 'running' ? 'the run is going on' : `the run is ${state.kind.replaceAll('-', ' ')}`;
}
