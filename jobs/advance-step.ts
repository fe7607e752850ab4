import { randomUUID } from 'node:crypto';
import { messageOf, TransientError } from '#src/domain/errors.ts';
import type { Phase, Plan, Step } from '#src/domain/plan.ts';
import type { CommandRecord, Failure, Run } from '#src/domain/run.ts';
import type { RunFact } from '#src/domain/run-events.ts';
import { isEksctlBusy, mayAsk, othersAtWork, WAITS_TO_ASK } from '#src/domain/run-progress.ts';
import { mapsItself } from '#src/domain/self-mapping.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import type { Claim } from '#src/ports/run-store.ts';
import { withinBudget } from './call-budget.ts';
import type { Decided } from './decided.ts';
import { failureOf } from './failure.ts';
import { forItsTurn, holdStep } from './hold-step.ts';
import { idsOf } from './ids-of.ts';
import { notMappedIn } from './not-mapped.ts';
import { clusterOf, seeSnapshot } from './observe-cluster.ts';
import { confirmClaim, isClaimLost } from './ownership.ts';
import { type PhaseContext, type PhaseResult, type Started, UNAUTHORIZED_GRACE_MS } from './phase.ts';
import { liftLeftovers } from './phase-out.ts';
import { runPhase } from './phases.ts';
import { releaseNodes } from './release-nodes.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** An outside that does not answer is looked at again for this long before the step fails (run time). */
export const PATIENCE_MS = 30 * 60_000;

/** One short action of a step that has begun. */
export async function advanceStep(deps: WorkerDeps, { claim, step }: { claim: Claim; step: Step }): Promise<Decided> {
  const held = await holdStep(deps, claim.run, step);
  if (held !== null) return waiting(claim.run, step, held);
  try {
    return await decidedBy(deps, { claim, step, result: await runPhase(contextOf(deps, { claim, step })) });
  } catch (error) {
    return afterError(deps, { claim, step, error });
  }
}

export function contextOf(deps: WorkerDeps, { claim, step }: { claim: Claim; step: Step }): PhaseContext<Phase> {
  const cluster = clusterOf(deps.fleet, claim.run.cluster);
  return {
    deps,
    cluster,
    cloud: deps.cloudOf(cluster),
    run: claim.run,
    plan: claim.run.plan as Plan,
    step,
    progress: progressOf(claim.run, step),
    now: deps.clock.now(),
    confirmClaim: () => confirmClaim(deps, claim),
  };
}

function progressOf(run: Run, step: Step): Started {
  const progress = run.steps[step.id];
  if (progress?.kind !== 'started') throw new Error(`step ${step.id} of run ${run.id} has not begun`);
  return progress;
}

async function decidedBy(
  deps: WorkerDeps,
  { claim, step, result }: { claim: Claim; step: Step; result: PhaseResult },
): Promise<Decided> {
  const { run } = claim;
  const { notes, memory, attempt } = progressOf(run, step);
  const stepId = step.id;
  switch (result.kind) {
    case 'done': {
      const { kind: _, ...seen } = result;
      return { facts: [{ kind: 'step-done', stepId, notes, ...seen }], inMs: 0 };
    }
    case 'wait': {
      const cluster = clusterOf(deps.fleet, run.cluster);
      return waiting(run, step, { ...result, pollMs: await withinBudget(deps, { cluster, pollMs: result.pollMs }) });
    }
    case 'command': {
      // What the step remembers is written down with the command, so not yet.
      if (isEksctlBusy(run)) return waiting(run, step, { ...result.meanwhile, ...forItsTurn(run) });
      const held = await holdForControlPlane(deps, run);
      if (held !== null) return waiting(run, step, { ...result.meanwhile, ...held });
      const id = randomUUID();
      const fact: RunFact = {
        kind: 'step-waiting',
        stepId,
        for: result.for,
        memory: result.memory ?? memory,
        notes: result.notes ?? notes,
      };
      const saved: RunFact[] = result.saves === undefined ? [] : [{ kind: 'add-on-saved', stepId, ...result.saves }];
      // Written before the spawn: a worker that dies with the command leaves a row that says so.
      return {
        facts: [fact, ...saved, { kind: 'command-requested', id, stepId, attempt, ...commandOf(result) }],
        inMs: 30_000,
      };
    }
    case 'gate':
      // Nothing else is looked at while people are asked, and what was deleted must be created again meanwhile.
      if (!mayAsk(run, stepId)) return waiting(run, step, forTheOthers(run, step));
      // Somebody wants it to stand still.
      if (run.stopRequest !== null) return { facts: [{ kind: 'stopped' }], inMs: 0 };
      await releaseNodes(deps, { run, confirmClaim: () => confirmClaim(deps, claim) });
      await liftLeftovers(deps.cloudOf(clusterOf(deps.fleet, run.cluster)), {
        confirmClaim: () => confirmClaim(deps, claim),
      });
      return { facts: [{ kind: 'gate-opened', stepId, question: result.question }], inMs: 60_000 };
    case 'failed':
      return failedStep(deps, { claim, step, failure: result.failure });
    default:
      result satisfies never;
      throw new Error(`unknown result ${JSON.stringify(result)}`);
  }
}

/** Somebody else's update too: eksctl refuses some commands meanwhile, and fails in the middle of others. */
async function holdForControlPlane(deps: WorkerDeps, run: Run): Promise<Wait | null> {
  const cluster = clusterOf(deps.fleet, run.cluster);
  const { status } = await deps.cloudOf(cluster).eks.describeCluster(cluster.name);
  return status === 'UPDATING'
    ? { for: 'the update of the control plane to end: eksctl does nothing meanwhile', pollMs: 30_000 }
    : null;
}

function commandOf({
  args,
  desired,
}: Extract<PhaseResult, { kind: 'command' }>): Pick<CommandRecord, 'args' | 'desired'> {
  return { args, ...(desired === undefined ? {} : { desired }) };
}

function forTheOthers(run: Run, step: Step): Wait {
  const others = (run.plan?.steps ?? []).filter(({ id }) => othersAtWork(run, step.id).includes(id));
  return { for: `${WAITS_TO_ASK} (${others.map(describeStep).join('; ')})`, pollMs: 15_000 };
}

type Wait = { for: string; pollMs: number; memory?: Record<string, string>; notes?: string[] };

/** Writes only what is new, so that polling leaves no trace in the audit log and no edit in Slack. */
function waiting(run: Run, step: Step, wait: Wait): Decided {
  const progress = progressOf(run, step);
  const memory = wait.memory ?? progress.memory;
  const notes = wait.notes ?? progress.notes;
  const same =
    progress.waiting?.for === wait.for &&
    JSON.stringify(memory) === JSON.stringify(progress.memory) &&
    notes.length === progress.notes.length;
  return {
    facts: same ? [] : [{ kind: 'step-waiting', stepId: step.id, for: wait.for, memory, notes: [...notes] }],
    inMs: wait.pollMs,
  };
}

/** An uncommitted config is no reason to keep people waiting: the cluster is upgraded, and the notice says what is left. */
async function failedStep(
  deps: WorkerDeps,
  { claim, step, failure }: { claim: Claim; step: Step; failure: Failure },
): Promise<Decided> {
  const { run } = claim;
  if (step.phase === 'node-groups') await openAgain(deps, claim, step.groups);
  if (step.phase !== 'commit-config') return { facts: [{ kind: 'step-failed', stepId: step.id, failure }], inMs: 0 };
  const cluster = clusterOf(deps.fleet, run.cluster);
  const after = await seeSnapshot(deps.cloudOf(cluster), cluster);
  // The run has ended: there is no Retry any more.
  const names = step.renames.map(({ from, to }) => `, and the core node group ${from} is now ${to}`).join('');
  const remedy = `Write version ${step.version} into ${cluster.config.path} by hand${names}, and commit it`;
  return {
    facts: [{ kind: 'succeeded-uncommitted', after, stepId: step.id, failure: { ...failure, remedy } }],
    inMs: 0,
  };
}

/** What is left of the groups of a step that failed takes servers again. When that fails too it is tried again at the stop. */
async function openAgain(deps: WorkerDeps, claim: Claim, groups: readonly string[]): Promise<void> {
  const { run } = claim;
  try {
    const cloud = deps.cloudOf(clusterOf(deps.fleet, run.cluster));
    await liftLeftovers(cloud, { confirmClaim: () => confirmClaim(deps, claim), groups });
  } catch (error) {
    if (isStorageAway(error) || isClaimLost(error)) throw error;
    deps.log.warn({ ...idsOf(run), err: messageOf(error) }, 'cannot take the taint of a failed step off its nodes yet');
  }
}

async function afterError(
  deps: WorkerDeps,
  { claim, step, error }: { claim: Claim; step: Step; error: unknown },
): Promise<Decided> {
  const { run } = claim;
  const now = deps.clock.now();
  const { waiting: wait, at } = progressOf(run, step);
  if (isStorageAway(error)) throw error;
  if (!(error instanceof TransientError)) return failedStep(deps, { claim, step, failure: failureOf(error) });
  if (isClaimLost(error)) throw error;
  deps.log.warn(
    { ...idsOf(run, step), code: error.code, err: error.message },
    'the outside did not answer, looking again',
  );
  if (error.code === 'KubernetesUnauthorized' && isBeingMapped(run) && step.phase !== 'access')
    return waiting(run, step, { for: 'the bot to be let into Kubernetes', pollMs: 15_000 });
  const lastHop = lastHopAt(run);
  if (error.code === 'KubernetesUnauthorized' && (lastHop === null || now - lastHop > UNAUTHORIZED_GRACE_MS)) {
    const cluster = clusterOf(deps.fleet, run.cluster);
    try {
      return await failedStep(deps, { claim, step, failure: await notMappedIn(deps.cloudOf(cluster), cluster) });
    } catch (cause) {
      // AWS does not say who the bot is, for example because its credentials have expired: that explains the 401.
      return afterError(deps, { claim, step, error: cause });
    }
  }
  const text = transientText(error, wait?.for ?? '');
  const since = wait?.for === text ? wait.since : now;
  if (now - Math.max(since, at) > PATIENCE_MS) return failedStep(deps, { claim, step, failure: failureOf(error) });
  return waiting(run, step, {
    for: text,
    pollMs: Math.max(error.code === 'KubernetesUnauthorized' ? UNAUTHORIZED_POLL_MS : 15_000, error.retryAfterMs ?? 0),
  });
}

/** The approved plan lets the bot map itself first; what goes on beside that step looks into Kubernetes too early. */
function isBeingMapped({ plan, steps }: Run): boolean {
  if (plan === null || !mapsItself(plan)) return false;
  return plan.steps.some(({ phase, id }) => phase === 'access' && steps[id]?.kind !== 'done');
}

/** Over within a minute or so, and everything waits for it; only Kubernetes is asked again, and its address. */
const UNAUTHORIZED_POLL_MS = 5000;

/** Every step waits for it, so the later ones of a look need not ask, and do not get ahead of the first one. */
export const FOR_KUBERNETES =
  'Kubernetes to accept the bot again (usual for some minutes after a control-plane update)';

const NO_ANSWER = 'an answer: ';

/**
 * One silence has many words (another address, another time-out): the first ones stay for as long as it lasts, so that
 * its beginning is known, and neither the audit log nor Slack changes with every look.
 */
function transientText(error: TransientError, current: string): string {
  if (error.code === 'KubernetesUnauthorized') return FOR_KUBERNETES;
  return current.startsWith(NO_ANSWER) ? current : `${NO_ANSWER}${error.message.split('\n')[0]}`;
}

/** When this run's latest control-plane hop was done: some minutes of 401 after it mean nothing. */
function lastHopAt(run: Run): number | null {
  const hops = (run.plan?.steps ?? []).flatMap((step) => {
    const progress = run.steps[step.id];
    return step.phase === 'control-plane' && progress?.kind === 'done' ? [progress.at] : [];
  });
  return hops.length === 0 ? null : Math.max(...hops);
}
