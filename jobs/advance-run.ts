import { messageOf, TransientError } from '#src/domain/errors.ts';
import { evolve } from '#src/domain/evolve.ts';
import { isNewlyLate } from '#src/domain/lateness.ts';
import { nextSteps } from '#src/domain/next-steps.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import { stepsWithRaisedGroups } from '#src/domain/proof-memory.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import { hasActed, isFailing, isGiveBack, mayHavePhasedOut, owedSteps } from '#src/domain/run-progress.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import type { Claim } from '#src/ports/run-store.ts';
import { advanceStep, FOR_KUBERNETES, PATIENCE_MS } from './advance-step.ts';
import { afterAbort } from './after-abort.ts';
import type { Decided } from './decided.ts';
import { failureOf } from './failure.ts';
import { idsOf } from './ids-of.ts';
import { lookAtGate } from './look-at-gate.ts';
import { clusterOf, seeSnapshot } from './observe-cluster.ts';
import { confirmClaim, isClaimLost } from './ownership.ts';
import { liftLeftovers } from './phase-out.ts';
import { beginRun, planRun } from './plan-upgrade.ts';
import { releaseNodes } from './release-nodes.ts';
import { setBackAtRest } from './set-back.ts';
import type { LookingDeps, WorkerDeps } from './worker-deps.ts';

/** What to do with the run's ticket: look again in `ms` of run time, or let it go because the run has ended. */
export type NextLook = { kind: 'again'; ms: number } | { kind: 'ended' };

/** A parked ticket is looked at this often even when nobody wakes it (run time). */
export const MAX_PARK_MS = 5 * 60_000;

const LOOK_AGAIN_MS = 15_000;

/**
 * One short action of a run, or of each of its steps in progress: read → act → commit. Every path commits through the
 * claim, so that a worker which was stopped for a while and goes on finds its commit refused instead of overwriting its
 * successor's.
 */
export async function advanceRun(deps: WorkerDeps, claim: Claim): Promise<NextLook> {
  const { run } = claim;
  if (hasEnded(run)) return run.state.kind === 'aborted' ? afterAbort(deps, claim) : { kind: 'ended' };
  return commitDecided(deps, claim, await decide(deps, claim));
}

export async function commitDecided(deps: LookingDeps, claim: Claim, decided: Decided): Promise<NextLook> {
  const { run } = claim;
  const now = deps.clock.now();
  const events = decided.facts.map((fact): RunEvent => ({ at: now, by: 'bot', ...fact }));
  const wakeAt = now + decided.inMs;
  if (events.length === 0) {
    await deps.store.park(claim, wakeAt);
    return { kind: 'again', ms: decided.inMs };
  }
  const changed = await deps.store.change({
    runId: run.id,
    claim,
    wakeAt,
    decide: (fresh) => (stillHolds(events, { before: run, fresh }) ? events : []),
  });
  if (changed.state.kind === 'aborted') return { kind: 'again', ms: 0 };
  return hasEnded(changed) ? { kind: 'ended' } : { kind: 'again', ms: decided.inMs };
}

/**
 * A person may have decided while we acted. What we saw of the world stays true and is kept, unless the run is in
 * another state by now; but nothing new begins once a stop was asked for, except what gives back deleted groups.
 */
function stillHolds(events: RunEvent[], { before, fresh }: { before: Run; fresh: Run }): boolean {
  if (fresh.state.kind !== before.state.kind) return false;
  const owed = owedSteps(fresh);
  const begins = events.some(
    (event) => event.kind === 'started' || (event.kind === 'step-started' && !owed.includes(event.stepId)),
  );
  return !(begins && fresh.stopRequest !== null);
}

async function decide(deps: WorkerDeps, claim: Claim): Promise<Decided> {
  const { run } = claim;
  switch (run.state.kind) {
    case 'planning':
      return planRun(deps, run);
    case 'awaiting-approval':
      return awaitApproval(run.state.expiresAt, deps.clock.now());
    case 'running':
      return takeForward(deps, claim);
    case 'waiting':
      return (await setBackAtRest(deps, claim)) ?? lookAtGate(deps, claim);
    case 'stopped':
      return (await setBackAtRest(deps, claim)) ?? standStill(deps, claim);
    default:
      throw new Error(`run ${run.id} is in state ${run.state.kind}, which nobody takes forward`);
  }
}

export function awaitApproval(expiresAt: number, now: number): Decided {
  return now >= expiresAt
    ? { facts: [{ kind: 'expired' }], inMs: 0 }
    : { facts: [], inMs: Math.min(expiresAt - now, MAX_PARK_MS) };
}

async function takeForward(deps: WorkerDeps, claim: Claim): Promise<Decided> {
  const { run } = claim;
  if (run.startedAt === null)
    return run.stopRequest === null ? beginRun(deps, run) : { facts: [{ kind: 'stopped' }], inMs: 0 };
  if (run.plan === null) throw new Error(`run ${run.id} is running without a plan`);
  if (run.abortRequest !== undefined) return giveBack(deps, claim, run.plan);
  const { inProgress, ready } = nextSteps(run.plan, run);
  const mayBegin = run.stopRequest === null && !isFailing(run);
  const beginning = mayBegin ? ready : ready.filter(({ id }) => owedSteps(run).includes(id));
  if (beginning.length > 0)
    return { facts: beginning.map(({ id }): RunFact => ({ kind: 'step-started', stepId: id })), inMs: 0 };
  if (inProgress.length > 0) return advanceSteps(deps, { claim, steps: inProgress });
  return run.stopRequest === null ? succeed(deps, run) : { facts: [{ kind: 'stopped' }], inMs: 0 };
}

/** Aborted while groups were deleted: only these are created, and then the run ends. */
async function giveBack(deps: WorkerDeps, claim: Claim, plan: Plan): Promise<Decided> {
  const { run } = claim;
  const open = plan.steps.filter((step) => isGiveBack(step) && run.steps[step.id]?.kind !== 'done');
  const inProgress = open.filter(({ id }) => run.steps[id]?.kind === 'started');
  const beginning = open.filter(
    (step) => !inProgress.includes(step) && (!isFailing(run) || run.steps[step.id] === undefined),
  );
  if (beginning.length > 0)
    return { facts: beginning.map(({ id }): RunFact => ({ kind: 'step-started', stepId: id })), inMs: 0 };
  return inProgress.length > 0
    ? advanceSteps(deps, { claim, steps: inProgress })
    : { facts: [{ kind: 'aborted' }], inMs: 0 };
}

/**
 * One short action of each step in progress, in the plan's order, all in one commit: each sees the run as those before it
 * leave it, so that two never ask for eksctl at once. After a failure those that changed nothing yet do not begin to, except
 * what gives back deleted groups.
 */
async function advanceSteps(
  deps: WorkerDeps,
  { claim, steps }: { claim: Claim; steps: readonly Step[] },
): Promise<Decided> {
  const decided: Decided = { facts: [], inMs: MAX_PARK_MS };
  let { run } = claim;
  for (const step of steps) {
    if (run.state.kind !== 'running') break;
    if (isFailing(run) && !hasActed(run, step.id) && !owedSteps(run).includes(step.id)) continue;
    const { facts, inMs } = await advanceStep(deps, { claim: { ...claim, run }, step });
    run = facts.map((fact): RunEvent => ({ at: deps.clock.now(), by: 'bot', ...fact })).reduce(evolve, run);
    decided.facts.push(...facts, ...(isNewlyLate(run, step, deps.clock.now()) ? [lateFact(step)] : []));
    decided.inMs = Math.min(decided.inMs, inMs);
    const progress = run.steps[step.id];
    if (progress?.kind === 'started' && progress.waiting?.for === FOR_KUBERNETES) break;
  }
  return decided;
}

function lateFact({ id }: Step): RunFact {
  return { kind: 'step-late', stepId: id };
}

async function succeed(deps: WorkerDeps, run: Run): Promise<Decided> {
  const cluster = clusterOf(deps.fleet, run.cluster);
  try {
    const after = await seeSnapshot(deps.cloudOf(cluster), cluster);
    return { facts: [{ kind: 'succeeded', after }], inMs: 0 };
  } catch (error) {
    if (!(error instanceof TransientError) || deps.clock.now() - lastProgressAt(run) <= PATIENCE_MS) throw error;
    const failure = failureOf(error);
    const message = `every step is done, but the bot cannot look at the cluster once more: ${failure.message}`;
    return { facts: [{ kind: 'run-failed', failure: { ...failure, message } }], inMs: 0 };
  }
}

function lastProgressAt({ steps, stops }: Run): number {
  const retries = stops.flatMap(({ resolution }) => ('at' in resolution ? [resolution.at] : []));
  return Math.max(0, ...Object.values(steps).map(({ at }) => at), ...retries);
}

/** Nothing is changed while people decide, so no node stays closed for new servers. */
async function standStill(deps: WorkerDeps, claim: Claim): Promise<Decided> {
  const { run } = claim;
  if (!mayHavePhasedOut(run)) return { facts: [], inMs: MAX_PARK_MS };
  try {
    const cloud = deps.cloudOf(clusterOf(deps.fleet, run.cluster));
    await liftLeftovers(cloud, { confirmClaim: () => confirmClaim(deps, claim) });
    await releaseNodes(deps, { run, confirmClaim: () => confirmClaim(deps, claim) });
    return { facts: [], inMs: MAX_PARK_MS };
  } catch (error) {
    if (isStorageAway(error) || isClaimLost(error)) throw error;
    deps.log.warn({ ...idsOf(run), err: messageOf(error) }, 'cannot see whether nodes are still closed by this run');
    return { facts: [], inMs: 60_000 };
  }
}

/** For errors outside a step: a run never dies of them, it stops in words or is looked at again. */
export async function stopForError(deps: LookingDeps, claim: Claim, error: unknown): Promise<NextLook> {
  const at = deps.clock.now();
  if (error instanceof TransientError || isStorageAway(error)) {
    // Not due before: a run that is due for long and not looked at means a wedged worker (watchdog.ts).
    await deps.store.park(claim, at + LOOK_AGAIN_MS).catch(() => undefined);
    return { kind: 'again', ms: LOOK_AGAIN_MS };
  }
  const failure = failureOf(error);
  const ms = stepsWithRaisedGroups(claim.run).length > 0 ? LOOK_AGAIN_MS : MAX_PARK_MS;
  await deps.store.change({
    runId: claim.runId,
    claim,
    wakeAt: at + ms,
    decide: (run) => {
      if (run.state.kind === 'stopped' || hasEnded(run)) return [];
      return [{ at, by: 'bot', kind: run.startedAt === null ? 'planning-failed' : 'run-failed', failure }];
    },
  });
  return { kind: 'again', ms };
}
