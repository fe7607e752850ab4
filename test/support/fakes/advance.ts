import { advanceRun, type NextLook } from '#jobs/advance-run.ts';
import { type PushResult, pushConfigState } from '#jobs/push-config-state.ts';
import type { Run, RunState } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { FakeWorld } from './fake-worker-deps.ts';

/** One activation of the run's ticket: claim and one short action. */
export async function advanceOnce(world: FakeWorld, id: string): Promise<NextLook> {
  const claim = await world.store.claim(id);
  if (claim === null) throw new Error(`there is no run ${id}`);
  return advanceRun(world.deps, claim);
}

/** The projection of the run into git, until the branch says how the cluster is or a push that failed rests. */
export async function pushOnce(world: FakeWorld, runId: string): Promise<PushResult> {
  for (;;) {
    const result = await pushConfigState(world.deps, { runId, signal: new AbortController().signal });
    if (result.kind === 'equal' || result.at > 0) return result;
  }
}

/** Activations, with the time between them, until `reached` says so; the branch in git follows. */
export async function advanceUntil(world: FakeWorld, id: string, reached: (run: Run) => boolean): Promise<Run> {
  for (let turn = 0; turn < 200; turn += 1) {
    const run = world.store.runNow(id);
    if (reached(run)) return run;
    const look = await advanceOnce(world, id);
    await pushOnce(world, id);
    if (look.kind === 'again') world.clock.advance(look.ms);
  }
  throw new Error(`not reached in 200 turns, the run is ${JSON.stringify(world.store.runNow(id).state)}`);
}

export function inState(kind: RunState['kind']): (run: Run) => boolean {
  return (run) => run.state.kind === kind;
}

export function eventsOf(world: FakeWorld, id: string): RunEvent['kind'][] {
  return (world.store.rows.get(id)?.events ?? []).map(({ kind }) => kind);
}

/** The start notice (and the card) are known to stand in Slack. */
export function startNoticePosted(world: FakeWorld, id: string): void {
  world.ledger.records.set(id, {
    card: { kind: 'posted', ts: '1', contentHash: '' },
    start: { kind: 'posted', ts: '2', contentHash: '' },
  });
}
