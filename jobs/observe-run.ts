import { hasEnded, type Run } from '#src/domain/run.ts';
import type { Claim } from '#src/ports/run-store.ts';
import { awaitApproval, commitDecided, MAX_PARK_MS, type NextLook } from './advance-run.ts';
import type { Decided } from './decided.ts';
import { observePlan } from './plan-upgrade.ts';
import type { LookingDeps } from './worker-deps.ts';

/**
 * In the place of `advanceRun` with MODE=observe: plans, and changes nothing. A run of before the mode was set is left as
 * it is where a person is asked, and stops where it would go on.
 */
export async function observeRun(deps: LookingDeps, claim: Claim): Promise<NextLook> {
  return hasEnded(claim.run) ? { kind: 'ended' } : commitDecided(deps, claim, await decide(deps, claim.run));
}

async function decide(deps: LookingDeps, run: Run): Promise<Decided> {
  switch (run.state.kind) {
    case 'planning':
      return observePlan(deps, run);
    case 'awaiting-approval':
      return awaitApproval(run.state.expiresAt, deps.clock.now());
    case 'running':
      return {
        facts: [{ kind: run.startedAt === null ? 'planning-failed' : 'run-failed', failure: MAY_NOT }],
        inMs: 0,
      };
    case 'waiting':
    case 'stopped':
      return { facts: [], inMs: MAX_PARK_MS };
    default:
      throw new Error(`run ${run.id} is in state ${run.state.kind}, which nobody takes forward`);
  }
}

const MAY_NOT = {
  code: 'ObserveMode',
  message: 'the worker runs in observe mode (MODE=observe), in which it may look but not change anything',
  remedy: 'Have the people who run this bot start it without MODE=observe, then press Retry',
  detail: null,
};
