import type { HealthBefore } from './cluster-health.ts';
import type { ClusterSight } from './cluster-sight.ts';
import type { PendingState } from './config-state.ts';
import type { GateQuestion, GateResolution } from './gate.ts';
import { retryGiveBack } from './give-back.ts';
import type { Plan, Step, StepId } from './plan.ts';
import type {
  ClusterSnapshot,
  CommandOutcome,
  Failure,
  OverwriteChoice,
  Run,
  SavedAddon,
  StepProgress,
  UserId,
} from './run.ts';
import { isFailing, owedSteps, stepsAtWork } from './run-progress.ts';

/**
 * Everything that can happen to a run. Events are facts: they are decided elsewhere (operations, jobs), stored in the
 * same Redis script as the state they lead to, and kept as the audit log.
 */
export type RunEvent = { at: number; by: UserId } & RunFact;

export type RunFact =
  | { kind: 'requested' }
  | { kind: 'planned'; plan: Plan; expiresAt: number }
  | { kind: 'plan-refused'; plan: Plan }
  | { kind: 'nothing-to-do'; snapshot: ClusterSnapshot }
  | { kind: 'observed'; plan: Plan; lacking: string[] }
  | { kind: 'planning-failed'; failure: Failure }
  | { kind: 'approved'; planHash: string }
  | { kind: 'rejected' }
  | { kind: 'expired' }
  | { kind: 'withdrawn' }
  /** The cluster changed since the approval: it no longer counts. */
  | { kind: 'plan-changed'; plan: Plan; expiresAt: number }
  /** The approved plan was made again with the same hash; `plan` is that fresh copy. */
  | { kind: 'started'; plan: Plan; before: ClusterSnapshot; healthBefore?: HealthBefore }
  | { kind: 'step-started'; stepId: StepId }
  | { kind: 'step-waiting'; stepId: StepId; for: string; memory: Record<string, string>; notes: string[] }
  /** `healthBefore`: seen only now, because the bot could not look into the cluster when the run began. */
  | { kind: 'step-done'; stepId: StepId; evidence: string[]; notes: string[]; healthBefore?: HealthBefore }
  | { kind: 'step-failed'; stepId: StepId; failure: Failure }
  /** It takes much longer than usual, see `lateness.ts`. */
  | { kind: 'step-late'; stepId: StepId }
  /** Somebody looked at it for the people who are told of a stop or an abort. */
  | { kind: 'cluster-seen'; sight: ClusterSight }
  /** The run's branch holds this state; `commit` null: the config said so already. */
  | ({ kind: 'config-pushed'; branch: string; link: string | null; commit: string | null } & PendingState)
  | { kind: 'config-not-pushed'; branch: string; link: string | null; why: string }
  | { kind: 'run-failed'; failure: Failure }
  /** Events of versions before this one have `activity` in place of the question. */
  | { kind: 'gate-opened'; stepId: StepId; question: GateQuestion }
  | { kind: 'gate-passed'; reason: string }
  /** Somebody lets the run try for longer. */
  | { kind: 'gate-waited' }
  | { kind: 'gate-stopped' }
  | { kind: 'gate-cleared' }
  | { kind: 'stop-requested' }
  | { kind: 'stopped' }
  /** `overwrite`: the person also let EKS overwrite these fields, in one update. */
  | { kind: 'retried'; overwrite?: OverwriteChoice }
  /** Groups are away: these steps give them back, and then the run is aborted. */
  | { kind: 'abort-requested'; steps: Step[] }
  | { kind: 'aborted' }
  /** Right before the command that replaces them, in the same commit; only the audit log keeps the objects. */
  | ({ kind: 'add-on-saved'; stepId: StepId } & SavedAddon)
  | {
      kind: 'command-requested';
      id: string;
      stepId: StepId;
      attempt: number;
      args: string[];
      desired?: Record<string, number>;
    }
  | { kind: 'command-started'; id: string }
  | { kind: 'command-ended'; id: string; outcome: CommandOutcome }
  | { kind: 'succeeded'; after: ClusterSnapshot }
  | { kind: 'succeeded-uncommitted'; after: ClusterSnapshot; stepId: StepId; failure: Failure };

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
  return { branch, link, pushed: configInGit?.pushed ?? null, failure: { why: event.why, at: event.at, tries } };
}

type StepEvent = Extract<RunEvent, { kind: 'step-started' | 'step-waiting' | 'step-done' | 'step-failed' }>;

function evolveStep(run: Run, event: StepEvent): Run {
  const before = run.steps[event.stepId];
  const withStep = (progress: StepProgress): Run => ({ ...run, steps: { ...run.steps, [event.stepId]: progress } });
  switch (event.kind) {
    case 'step-started':
      // A commit whose answer was lost may be made again: that is no second attempt.
      if (before?.kind === 'started') return run;
      return withStep({
        kind: 'started',
        at: event.at,
        attempt: (before?.attempt ?? 0) + 1,
        waiting: null,
        notes: [],
        memory: {},
      });
    case 'step-waiting': {
      if (before?.kind !== 'started') return run;
      const since = before.waiting?.for === event.for ? before.waiting.since : event.at;
      return withStep({ ...before, waiting: { for: event.for, since }, memory: event.memory, notes: event.notes });
    }
    case 'step-done': {
      if (before?.kind !== 'started') return run;
      const { attempt, at: startedAt } = before;
      const { [event.stepId]: _, ...pastCommands } = run.pastCommands;
      const done = { at: event.at, startedAt, attempt, notes: event.notes, evidence: event.evidence };
      const health = event.healthBefore === undefined ? {} : { healthBefore: event.healthBefore };
      return atRest({ ...withStep({ kind: 'done', ...done }), pastCommands, ...health });
    }
    case 'step-failed': {
      if (before?.kind !== 'started') return run;
      const { attempt, at: startedAt, notes } = before;
      const { state } = run;
      const failed = withStep({ kind: 'failed', at: event.at, startedAt, attempt, notes, failure: event.failure });
      const cause = { kind: 'step-failed', stepId: event.stepId, failure: event.failure } as const;
      return atRest({ ...stopped(failed, event.at, cause), state });
    }
    default:
      event satisfies never;
      throw new Error(`unknown event ${JSON.stringify(event)}`);
  }
}

/** A step failed: the run stops as soon as no other step is in the middle of a change, and all that was deleted is there again. */
function atRest(run: Run): Run {
  const isOpen = run.stops.at(-1)?.resolution.kind === 'open';
  return isOpen && stepsAtWork(run).length + owedSteps(run).length === 0 ? { ...run, state: { kind: 'stopped' } } : run;
}

function stopped(run: Run, at: number, cause: Run['stops'][number]['cause']): Run {
  return { ...run, stops: [...run.stops, { at, cause, resolution: { kind: 'open' } }], state: { kind: 'stopped' } };
}

/** A run that was about to stop anyway, because another step failed, keeps that cause. */
function stoppedAtGate(run: Run, event: RunEvent): Run {
  const decision = decisionOf(event);
  const resolved = { ...resolveGate(run, { kind: 'stopped', ...decision }), stopRequest: null };
  return isFailing(run)
    ? { ...resolved, state: { kind: 'stopped' } }
    : stopped(resolved, event.at, { kind: 'stop-requested', decision });
}

/** Goes on where it stopped: planning is made again, a failed step gets its next attempt, a paused run its next step. */
function retried(run: Run, event: Extract<RunEvent, { kind: 'retried' }>): Run {
  const cause = run.stops.at(-1)?.cause;
  const overwrite = event.overwrite === undefined ? {} : { overwrite: event.overwrite };
  const resolved = resolveStop(run, { kind: 'retried', ...overwrite, ...decisionOf(event) });
  if (run.abortRequest !== undefined && run.plan !== null)
    return { ...resolved, plan: retryGiveBack({ ...run, plan: run.plan }), state: { kind: 'running' } };
  return cause?.kind === 'planning-failed'
    ? { ...resolved, planAttempt: run.planAttempt + 1, state: { kind: 'planning' } }
    : { ...resolved, state: { kind: 'running' } };
}

/** Nothing of the upgrade goes on: a command that was asked for and has not begun never does. */
function givingBack(run: Run, event: Extract<RunEvent, { kind: 'abort-requested' }>): Run {
  const { plan, command } = run;
  if (plan === null) return run;
  const decision = decisionOf(event);
  const resolved = resolveGate(resolveStop(run, { kind: 'aborted', ...decision }), { kind: 'aborted', ...decision });
  const outcome = { kind: 'spawn-failed', message: 'the run was aborted before it began' } as const;
  return {
    ...resolved,
    plan: { ...plan, steps: [...plan.steps, ...event.steps] },
    command:
      command?.state.kind === 'requested' ? { ...command, state: { kind: 'ended', at: event.at, outcome } } : command,
    stopRequest: null,
    abortRequest: decision,
    state: { kind: 'running' },
  };
}

function resolveStop(run: Run, resolution: Run['stops'][number]['resolution']): Run {
  return { ...run, stops: run.stops.map((stop) => (stop.resolution.kind === 'open' ? { ...stop, resolution } : stop)) };
}

function resolveGate(run: Run, resolution: GateResolution): Run {
  const last = run.gates.at(-1);
  if (last?.resolution.kind !== 'open') return run;
  return { ...run, gates: [...run.gates.slice(0, -1), { ...last, resolution }] };
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

function decisionOf({ by, at }: RunEvent): { by: UserId; at: number } {
  return { by, at };
}
