import { evolveStep } from './evolve-step.ts';
import { decisionOf, givingBack, resolveGate, resolveStop, retried, stopped, stoppedAtGate } from './evolve-stop.ts';
import type { StepId } from './plan.ts';
import type { Run } from './run.ts';
import type { RunEvent } from './run-events.ts';

/** The run after an event. Pure; who may cause which event is decided by the callers on the run they see. */
export function evolve(run: Run, event: RunEvent): Run {
  switch (event.kind) {
    case 'requested':
    case 'add-on-saved':
      return run;
    case 'planned':
      // A run that stopped after its approval is planned again: that approval was used up.
      return {
        ...run,
        plan: event.plan,
        approval: null,
        state: { kind: 'awaiting-approval', since: event.at, expiresAt: event.expiresAt },
      };
    case 'plan-refused':
      return ended({ ...run, plan: event.plan, state: { kind: 'refused' } }, event.at);
    case 'nothing-to-do':
      return ended(
        { ...run, before: event.snapshot, after: event.snapshot, state: { kind: 'nothing-to-do' } },
        event.at,
      );
    case 'observed':
      return ended({ ...run, plan: event.plan, state: { kind: 'observed', lacking: event.lacking } }, event.at);
    case 'planning-failed':
      return stopped(run, event.at, { kind: 'planning-failed', failure: event.failure });
    case 'approved':
      return {
        ...run,
        approval: {
          ...decisionOf(event),
          planHash: event.planHash,
          ...(run.plan === null ? {} : { accepted: run.plan.activity }),
        },
        state: { kind: 'running' },
      };
    case 'rejected':
      return ended({ ...run, state: { kind: 'rejected', decision: decisionOf(event) } }, event.at);
    case 'expired':
      return ended({ ...run, state: { kind: 'expired' } }, event.at);
    case 'withdrawn':
      return ended({ ...run, state: { kind: 'withdrawn', decision: decisionOf(event) } }, event.at);
    case 'plan-changed':
      return {
        ...run,
        plan: event.plan,
        supersededPlan: run.plan,
        approval: null,
        state: { kind: 'awaiting-approval', since: event.at, expiresAt: event.expiresAt },
      };
    case 'started':
      return {
        ...run,
        plan: event.plan,
        before: event.before,
        startedAt: event.at,
        ...(event.healthBefore === undefined ? {} : { healthBefore: event.healthBefore }),
      };
    case 'step-started':
    case 'step-waiting':
    case 'step-done':
    case 'step-failed':
      return evolveStep(run, event);
    case 'step-late':
      return late(run, event);
    case 'cluster-seen':
      return { ...run, sight: event.sight };
    case 'config-pushed':
    case 'config-not-pushed':
      return { ...run, configInGit: inGit(run, event) };
    case 'nodes-not-seen':
      return { ...run, unseenNodes: { why: event.why } };
    case 'nodes-opened':
      return { ...run, unseenNodes: null };
    case 'run-failed':
      return stopped(run, event.at, { kind: 'run-failed', failure: event.failure });
    case 'gate-opened':
      return {
        ...run,
        gates: [
          ...run.gates,
          { ...event.question, stepId: event.stepId, since: event.at, resolution: { kind: 'open' } },
        ],
        state: { kind: 'waiting' },
      };
    case 'gate-passed':
      return {
        ...resolveGate(run, { kind: 'passed', reason: event.reason, ...decisionOf(event) }),
        state: { kind: 'running' },
      };
    case 'gate-waited':
      return { ...resolveGate(run, { kind: 'waited', ...decisionOf(event) }), state: { kind: 'running' } };
    case 'gate-stopped':
      return stoppedAtGate(run, event);
    case 'gate-cleared':
      return { ...resolveGate(run, { kind: 'cleared', at: event.at }), state: { kind: 'running' } };
    case 'stop-requested':
      return { ...run, stopRequest: decisionOf(event) };
    case 'stopped':
      return run.stopRequest === null
        ? run
        : stopped({ ...run, stopRequest: null }, event.at, { kind: 'stop-requested', decision: run.stopRequest });
    case 'retried':
      return retried(run, event);
    case 'abort-requested':
      return givingBack(run, event);
    case 'aborted':
      return ended(
        {
          ...resolveGate(resolveStop(run, { kind: 'aborted', ...decisionOf(event) }), {
            kind: 'aborted',
            ...decisionOf(event),
          }),
          state: {
            kind: 'aborted',
            decision: { ...decisionOf(event), by: event.by === 'bot' ? (run.abortRequest?.by ?? event.by) : event.by },
          },
        },
        event.at,
      );
    case 'command-requested': {
      const { id, stepId, attempt, args, desired } = event;
      const before = run.command;
      return {
        ...run,
        command: {
          id,
          stepId,
          attempt,
          args,
          ...(desired === undefined ? {} : { desired }),
          state: { kind: 'requested', at: event.at },
        },
        pastCommands:
          before === null || before.stepId === stepId
            ? run.pastCommands
            : { ...run.pastCommands, [before.stepId]: before },
      };
    }
    case 'command-started':
      return withCommand(run, event.id, { kind: 'running', at: event.at });
    case 'command-ended':
      return withCommand(run, event.id, { kind: 'ended', at: event.at, outcome: event.outcome });
    case 'succeeded':
      return ended({ ...run, after: event.after, state: { kind: 'succeeded' } }, event.at);
    case 'succeeded-uncommitted':
      return ended(
        {
          ...evolveStep(run, { ...event, kind: 'step-failed' }),
          stops: run.stops,
          after: event.after,
          state: { kind: 'succeeded-uncommitted', failure: event.failure },
        },
        event.at,
      );
    default:
      event satisfies never;
      throw new Error(`unknown event ${JSON.stringify(event)}`);
  }
}

type GitEvent = Extract<RunEvent, { kind: 'config-pushed' | 'config-not-pushed' }>;

function inGit({ configInGit }: Run, event: GitEvent): NonNullable<Run['configInGit']> {
  const { branch, link } = event;
  if (event.kind === 'config-pushed') {
    const { sequence, commit, state, stepIds } = event;
    return { branch, link, pushed: { sequence, commit, state, stepIds }, failure: null };
  }
  const tries = (configInGit?.failure?.tries ?? 0) + 1;
  const { why, at, attempt } = event;
  const failure = { why, at, tries, ...(attempt === undefined ? {} : { attempt }) };
  return { branch, link, pushed: configInGit?.pushed ?? null, failure };
}

/** Once a step, however often it is tried: the notice of it is edited as it goes. */
function late(run: Run, { stepId, at }: { stepId: StepId; at: number }): Run {
  const progress = run.steps[stepId];
  if (progress?.kind !== 'started' || run.delays.some((delay) => delay.stepId === stepId)) return run;
  return { ...run, delays: [...run.delays, { stepId, attempt: progress.attempt, at }] };
}

function withCommand(run: Run, id: string, state: NonNullable<Run['command']>['state']): Run {
  return run.command?.id === id ? { ...run, command: { ...run.command, state } } : run;
}

function ended(run: Run, at: number): Run {
  return { ...run, endedAt: at };
}
