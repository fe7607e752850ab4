import { messageOf } from '#src/domain/errors.ts';
import type { Step } from '#src/domain/plan.ts';
import type { CopyChange } from '#src/domain/render-copy.ts';
import type { CommandOutcome, Run } from '#src/domain/run.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import type { Checkout } from '#src/ports/config-repository.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import { requireOwnership } from './ownership.ts';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * Runs the command a run asks for and writes down how it ended. The row says `running` before the spawn: found so by
 * a later try, the worker that held it went away, and what the command did is only known by looking.
 */
export async function runCommand(
  deps: WorkerDeps,
  { runId, signal }: { runId: string; signal: AbortSignal },
): Promise<void> {
  const run = await deps.store.read(runId);
  const command = run?.command ?? null;
  if (run === null || command === null || command.state.kind === 'ended') return;
  if (command.state.kind === 'running') {
    await record(deps, run.id, { kind: 'command-ended', id: command.id, outcome: { kind: 'lost' } });
    return;
  }
  if (!isStillAskedFor(run)) {
    const outcome: CommandOutcome = {
      kind: 'spawn-failed',
      message: 'the run had stopped asking for it before it began',
    };
    await record(deps, run.id, { kind: 'command-ended', id: command.id, outcome });
    return;
  }
  // Of two workers that read `requested` (one of them hung for a while) only the one whose row it is spawns.
  if (!(await record(deps, run.id, { kind: 'command-started', id: command.id }))) return;
  const outcome = await execute(deps, { run, args: command.args, signal });
  await record(deps, run.id, { kind: 'command-ended', id: command.id, outcome });
}

/** A run that stopped or was aborted changes nothing any more; nor does the attempt before this one. */
function isStillAskedFor({ state, command, steps }: Run): boolean {
  const progress = command === null ? undefined : steps[command.stepId];
  return state.kind === 'running' && progress?.kind === 'started' && progress.attempt === command?.attempt;
}

async function execute(
  deps: WorkerDeps,
  { run, args, signal }: { run: Run; args: string[]; signal: AbortSignal },
): Promise<CommandOutcome> {
  const step = run.plan?.steps.find(({ id }) => id === run.command?.stepId);
  if (run.plan === null || step === undefined)
    return { kind: 'spawn-failed', message: 'the plan has no such step any more' };
  let checkout: Checkout | null = null;
  try {
    const cluster = clusterOf(deps.fleet, run.cluster);
    checkout = await deps.repository.checkout(cluster.config, run.plan.config.commit);
    const config = deps.renderCopy(await checkout.render(), copyFor(step, run.command?.desired));
    await requireOwnership(deps, run);
    deps.log.info({ ...idsOf(run, step), args }, 'running eksctl');
    return await deps.eksctl.run({
      cluster,
      args,
      config,
      workingDirectory: checkout.directory,
      signal,
    });
  } catch (error) {
    return { kind: 'spawn-failed', message: messageOf(error) };
  } finally {
    await checkout?.dispose();
  }
}

/** The rendered copy has the step's version and the names its core groups live by; nothing in git changes for it. */
function copyFor(step: Step, desired: Record<string, number> | undefined): CopyChange {
  if (!('version' in step)) throw new Error(`step ${step.id} has no use for a rendered copy`);
  return {
    version: step.version,
    renames: 'renames' in step ? step.renames : [],
    // The core group's creation comes first, and with all groups in its copy shows that each of them can be made.
    ...(step.phase === 'node-groups' && step.action === 'create' && step.role === 'others'
      ? { only: step.groups }
      : {}),
    ...(desired === undefined ? {} : { desired }),
  };
}

/** Whether it was this call that wrote it down: a command starts once, from `requested`, and ends once. */
async function record(
  deps: WorkerDeps,
  runId: string,
  fact: Extract<RunFact, { kind: 'command-started' | 'command-ended' }>,
): Promise<boolean> {
  let recorded = false;
  const at = deps.clock.now();
  const event: RunEvent = { at, by: 'bot', ...fact };
  await deps.store.change({
    runId,
    claim: null,
    wakeAt: fact.kind === 'command-ended' ? at : null,
    decide: (run) => {
      const current = run.command?.id === fact.id ? run.command.state.kind : 'ended';
      recorded =
        fact.kind === 'command-started' ? current === 'requested' && isStillAskedFor(run) : current !== 'ended';
      return recorded ? [event] : [];
    },
  });
  if (fact.kind === 'command-ended') await deps.wakeUps.wakeRun(runId).catch(() => undefined);
  return recorded;
}
