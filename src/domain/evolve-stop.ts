import type { GateResolution } from './gate.ts';
import { retryGiveBack } from './give-back.ts';
import type { Run, UserId } from './run.ts';
import type { RunEvent } from './run-events.ts';
import { isFailing } from './run-progress.ts';

export function stopped(run: Run, at: number, cause: Run['stops'][number]['cause']): Run {
  return { ...run, stops: [...run.stops, { at, cause, resolution: { kind: 'open' } }], state: { kind: 'stopped' } };
}

/** A run that was about to stop anyway, because another step failed, keeps that cause. */
export function stoppedAtGate(run: Run, event: RunEvent): Run {
  const decision = decisionOf(event);
  const resolved = { ...resolveGate(run, { kind: 'stopped', ...decision }), stopRequest: null };
  return isFailing(run)
    ? { ...resolved, state: { kind: 'stopped' } }
    : stopped(resolved, event.at, { kind: 'stop-requested', decision });
}

/** Goes on where it stopped: planning is made again, a failed step gets its next attempt, a paused run its next step. */
export function retried(run: Run, event: Extract<RunEvent, { kind: 'retried' }>): Run {
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
export function givingBack(run: Run, event: Extract<RunEvent, { kind: 'abort-requested' }>): Run {
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

export function resolveStop(run: Run, resolution: Run['stops'][number]['resolution']): Run {
  return { ...run, stops: run.stops.map((stop) => (stop.resolution.kind === 'open' ? { ...stop, resolution } : stop)) };
}

export function resolveGate(run: Run, resolution: GateResolution): Run {
  const last = run.gates.at(-1);
  if (last?.resolution.kind !== 'open') return run;
  return { ...run, gates: [...run.gates.slice(0, -1), { ...last, resolution }] };
}

export function decisionOf({ by, at }: RunEvent): { by: UserId; at: number } {
  return { by, at };
}
