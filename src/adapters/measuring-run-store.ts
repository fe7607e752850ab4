import { TransientError } from '#src/domain/errors.ts';
import { evolve } from '#src/domain/evolve.ts';
import type { Phase } from '#src/domain/plan.ts';
import type { Run, RunId } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { Clock } from '#src/ports/clock.ts';
import type { Metrics } from '#src/ports/metrics.ts';
import type { RunStore } from '#src/ports/run-store.ts';

export type MeasureDeps = {
  metrics: Metrics;
  clock: Clock;
  /** When a run should be looked at (run time), or null. */
  dueAt: (id: RunId) => Promise<number | null>;
};

/** A store that counts what is committed through it: whatever happens to a run is an event, so this is the one place. */
export function measureRuns(store: RunStore, deps: MeasureDeps): RunStore {
  const { metrics } = deps;
  return {
    ...store,
    create: async (run, wakeAt) => {
      const created = await store.create(run, wakeAt);
      if (created.kind === 'created') metrics.runEntered(run.state.kind);
      return created;
    },
    claim: (id) => claim(store, deps, id),
    holds: async (held) => {
      const holds = await store.holds(held);
      if (!holds) metrics.claimLost();
      return holds;
    },
    change: async (request) => {
      const seen: { run: Run | null; events: RunEvent[] } = { run: null, events: [] };
      try {
        const changed = await store.change({
          ...request,
          decide: (run) => {
            seen.run = run;
            seen.events = request.decide(run);
            return seen.events;
          },
        });
        if (seen.run !== null) count(metrics, seen.run, seen.events);
        return changed;
      } catch (error) {
        if (error instanceof TransientError && error.code === 'ClaimLost') metrics.claimLost();
        throw error;
      }
    },
  };
}

/** Asked before the claim, in the same round trip. A run that was woken early is not late. */
async function claim(
  store: RunStore,
  { metrics, clock, dueAt }: MeasureDeps,
  id: RunId,
): ReturnType<RunStore['claim']> {
  const [due, claimed] = await Promise.all([dueAt(id), store.claim(id)]);
  if (claimed !== null && due !== null) {
    metrics.ticketStarted({ lateMs: Math.max(0, clock.realMs(clock.now() - due)) });
  }
  return claimed;
}

function count(metrics: Metrics, before: Run, events: RunEvent[]): void {
  let run = before;
  for (const event of events) {
    const after = evolve(run, event);
    countStep(metrics, run, event, after);
    countWait(metrics, run, event);
    // All others are counted where they end, see measuring-eksctl.ts; this one ended with its worker.
    if (event.kind === 'command-ended' && event.outcome.kind === 'lost') metrics.commandEnded(event.outcome);
    if (after.state.kind !== run.state.kind) metrics.runEntered(after.state.kind);
    run = after;
  }
}

function countStep(metrics: Metrics, before: Run, event: RunEvent, after: Run): void {
  if (!('stepId' in event)) return;
  const phase = phaseOf(after, event.stepId);
  const progress = before.steps[event.stepId];
  if (phase === null) return;
  switch (event.kind) {
    case 'step-started':
      metrics.stepStarted({ phase, attempt: (progress?.attempt ?? 0) + 1 });
      return;
    case 'step-waiting':
      if (progress?.kind === 'started' && progress.waiting?.for !== event.for) metrics.stepWaits(phase);
      return;
    case 'step-done':
    case 'step-failed':
    case 'succeeded-uncommitted': {
      if (progress?.kind !== 'started') return;
      const outcome = event.kind === 'step-done' ? 'done' : 'failed';
      metrics.stepEnded({ phase, outcome, ms: event.at - progress.at });
      return;
    }
    default:
      return;
  }
}

const ENDS_A_GATE: RunEvent['kind'][] = ['gate-passed', 'gate-waited', 'gate-stopped', 'gate-cleared', 'aborted'];

/** Only what ends a wait counts: how long one lasts that goes on is seen in the states of runs. */
function countWait(metrics: Metrics, before: Run, { kind, at }: RunEvent): void {
  const { state } = before;
  if (state.kind === 'awaiting-approval' && ['approved', 'rejected', 'expired', 'withdrawn'].includes(kind)) {
    metrics.waitEnded({ kind: 'approval', ms: at - state.since });
  }
  const gate = before.gates.at(-1);
  if (state.kind === 'waiting' && gate !== undefined && ENDS_A_GATE.includes(kind)) {
    metrics.waitEnded({ kind: 'gate', ms: at - gate.since });
  }
  const stop = before.stops.at(-1);
  if (state.kind === 'stopped' && stop !== undefined && ['retried', 'aborted'].includes(kind)) {
    metrics.waitEnded({ kind: 'stop', ms: at - stop.at });
  }
}

function phaseOf(run: Run, stepId: string): Phase | null {
  return run.plan?.steps.find(({ id }) => id === stepId)?.phase ?? null;
}
