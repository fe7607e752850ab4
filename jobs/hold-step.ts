import { yieldsTo } from '#src/domain/eksctl-turn.ts';
import { endangersUsers } from '#src/domain/next-steps.ts';
import type { Step } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { hasActed, isEksctlBusy } from '#src/domain/run-progress.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { COMMAND_POLL_MS } from './phase.ts';
import { onlyLooks } from './phases.ts';
import type { WorkerDeps } from './worker-deps.ts';

type Hold = { for: string; pollMs: number };

const OUTAGE_LIMIT_MS = 10 * 60_000;
const YIELD_POLL_MS = 10_000;

/** Why a step in progress is not to look at its own business now; null: it is. */
export async function holdStep(deps: WorkerDeps, run: Run, step: Step): Promise<Hold | null> {
  return (await holdForSlack(deps, run, step)) ?? holdForTurn(deps, run, step);
}

/**
 * Nobody can press stop while Slack is away: nothing is changed before the start notice is known to stand there, and
 * after 10 minutes without Slack no new hop and no deletion begins (what was deleted is still re-created).
 */
async function holdForSlack(deps: WorkerDeps, run: Run, step: Step): Promise<Hold | null> {
  if (run.plan !== null && onlyLooks(step, run.plan)) return null;
  const posted = await deps.ledger.read(run.id);
  if (posted.start?.kind !== 'posted') return { for: 'the start notice to stand in Slack', pollMs: 15_000 };
  if (!endangersUsers(step) || hasActed(run, step.id)) return null;
  const since = await deps.ledger.outageSince();
  return since !== null && deps.clock.now() - since > OUTAGE_LIMIT_MS
    ? { for: 'Slack to answer again: nobody could press stop now', pollMs: 30_000 }
    : null;
}

/**
 * A step of node groups that has done nothing yet and cannot have eksctl now would look at AWS for nothing, each time that
 * another one is looked at. One that waits for its turn is woken by the end of the command. What moves pods first, or is in
 * the middle of something, has its own business meanwhile.
 */
function holdForTurn({ clock }: WorkerDeps, run: Run, step: Step): Hold | null {
  const { plan } = run;
  if (plan === null || !standsInLine(step) || hasActed(run, step.id)) return null;
  if (isEksctlBusy(run)) return forItsTurn(run);
  const first = yieldsTo({ ...run, plan }, step, clock.now());
  return first === null
    ? null
    : { for: `eksctl, which is to begin something shorter first (${describeStep(first)})`, pollMs: YIELD_POLL_MS };
}

function standsInLine(step: Step): boolean {
  if (step.phase !== 'node-groups') return false;
  return step.action === 'create' || (step.action === 'delete' && step.role !== 'core');
}

export function forItsTurn({ command, plan }: Run): Hold {
  const other = plan?.steps.find(({ id }) => id === command?.stepId);
  const what = other === undefined ? '' : ` (${describeStep(other)})`;
  return { for: `its turn: eksctl does one thing at a time${what}`, pollMs: COMMAND_POLL_MS };
}
