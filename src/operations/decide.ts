import { UserError } from '#src/domain/errors.ts';
import type { Fleet } from '#src/domain/fleet.ts';
import type { Run, RunId, UserId } from '#src/domain/run.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import type { Clock } from '#src/ports/clock.ts';
import type { SightOf } from '#src/ports/cloud.ts';
import type { Log } from '#src/ports/log.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { SlackPeople } from '#src/ports/slack.ts';
import type { WakeUps } from '#src/ports/wake-ups.ts';
import type { OperationResult } from './operations.ts';

/** What operations reach the world through. */
export type OperationDeps = {
  clock: Clock;
  log: Log;
  fleet: Fleet;
  store: RunStore;
  wakeUps: WakeUps;
  people: SlackPeople;
  cloudOf: SightOf;
  /** `observe`: nobody approves anything here. */
  mode: 'upgrade' | 'observe';
};

/** What a rule says of a click on the run as it is at this moment. `why` is a sentence for the person. */
export type Verdict =
  | { kind: 'fact'; fact: RunFact }
  | { kind: 'too-late'; why: string }
  | { kind: 'not-allowed'; why: string };

/**
 * Decides by compare-and-set: the rule sees the run that the commit will replace, so of two clicks at the same moment
 * one finds the other's decision already made. Then wakes the run.
 */
export async function decide(
  deps: OperationDeps,
  { runId, by, rule }: { runId: RunId; by: UserId; rule: (run: Run, now: number) => Verdict },
): Promise<OperationResult> {
  if ((await deps.store.read(runId)) === null) throw new UserError('RunNotFound', `there is no run ${runId} any more`);
  const now = deps.clock.now();
  const seen: { verdict: Verdict | null } = { verdict: null };
  const run = await deps.store.change({
    runId,
    claim: null,
    wakeAt: now,
    decide: (current): RunEvent[] => {
      seen.verdict = rule(current, now);
      return seen.verdict.kind === 'fact' ? [{ at: now, by, ...seen.verdict.fact }] : [];
    },
  });
  const { verdict } = seen;
  if (verdict?.kind === 'not-allowed') return verdict;
  if (verdict?.kind === 'too-late') return { ...verdict, run };
  deps.log.info({ run: runId, cluster: run.cluster, by, decision: verdict?.fact.kind }, 'a person decided');
  // Decided and stored; a wake-up that cannot be added now comes with the reconciler.
  await deps.wakeUps.wakeRun(runId).catch(() => undefined);
  return { kind: 'done', run };
}
