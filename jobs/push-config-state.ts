import { pushDueAt, wantedPush } from '#src/domain/config-push.ts';
import { isPushAwaited, type PendingState } from '#src/domain/config-state.ts';
import { messageOf, RefusedError, TransientError } from '#src/domain/errors.ts';
import { hasEnded, type Run, type RunId } from '#src/domain/run.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import { branchLink, upgradeBranch } from '#src/domain/upgrade-branch.ts';
import { failureOf } from './failure.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import { requireOwnership } from './ownership.ts';
import { putInGit } from './put-in-git.ts';
import { setAside } from './set-aside.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** `again`: something is left, look again at this run time; 0: now. */
export type PushResult = { kind: 'equal' } | { kind: 'again'; at: number };

/**
 * Git tells the truth early: the run's branch holds the real state after each hop, after each swap of a core group and at
 * a stop. As with Slack it is a projection, with tickets of its own: what should stand there follows from the run, and one
 * state after the other is made so, each in a commit of its own. No step waits for it but the last one, so a git server
 * that hangs holds up neither the upgrade nor whoever stops it. It needs no claim: an older state is never put on top of
 * a newer one (`state` of a CommitRequest), and what was pushed is written down once.
 */
export async function pushConfigState(
  deps: WorkerDeps,
  { runId, signal }: { runId: RunId; signal: AbortSignal },
): Promise<PushResult> {
  const run = await deps.store.read(runId).catch((error: unknown) => setAside(deps, runId, error));
  const pending = run === null ? null : wantedPush(run);
  if (run === null || pending === null) return { kind: 'equal' };
  const dueAt = pushDueAt(run);
  if (deps.clock.now() < dueAt) return { kind: 'again', at: dueAt };
  const fact = await untilAborted(push(deps, { run, pending, signal }), signal);
  if (fact !== null) await record(deps, { run, pending, fact });
  return { kind: 'again', at: 0 };
}

type Push = { run: Run; pending: PendingState; signal: AbortSignal };

/** null: it is not this worker's to push any more. */
async function push(deps: WorkerDeps, { run, pending, signal }: Push): Promise<RunFact | null> {
  const cluster = clusterOf(deps.fleet, run.cluster);
  const branch = upgradeBranch(run.cluster, run.to);
  const place = { branch, link: branchLink(cluster.config.remote, branch) };
  const begunAt = deps.clock.now();
  try {
    const confirm = () => confirmPush(deps, { run, pending, signal });
    const commit = await putInGit(deps, { run, cluster, pending, confirm });
    return { kind: 'config-pushed', ...place, commit, ...pending };
  } catch (error) {
    if (isStorageAway(error)) throw error;
    if (signal.aborted || isNotWanted(error)) return null;
    const { code, message, detail } = failureOf(error);
    deps.log.warn({ ...idsOf(run), branch, err: messageOf(error) }, 'cannot push the state of the config yet');
    const mayPass = error instanceof TransientError;
    const attempt = { begunAt, code, detail, mayPass, stepIds: pending.stepIds };
    return { kind: 'config-not-pushed', ...place, why: message, attempt };
  }
}

/** Right before the push, which takes its time to come to. */
async function confirmPush(deps: WorkerDeps, { run, pending, signal }: Push): Promise<void> {
  const fresh = signal.aborted ? null : await deps.store.read(run.id);
  if (fresh === null || wantedPush(fresh)?.sequence !== pending.sequence)
    throw new TransientError(NOT_WANTED, `another worker pushes for run ${run.id}, or nobody any more`);
  if (!hasEnded(fresh)) return requireOwnership(deps, fresh);
  const owner = await deps.store.ownerOf(run.cluster);
  if (owner === null) return;
  throw new RefusedError(
    'ClusterTaken',
    `run ${owner} has ${run.cluster} by now, and its state is not this run's to say`,
  );
}

const NOT_WANTED = 'PushNotWanted';

function isNotWanted(error: unknown): boolean {
  return error instanceof TransientError && error.code === NOT_WANTED;
}

/** A git that hangs is left alone by a worker that leaves, or lost its ticket: it dies with its process, or is too late. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise, resolve, reject } = Promise.withResolvers<T | null>();
  const leave = (): void => resolve(null);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  return promise;
}

async function record(
  deps: WorkerDeps,
  { run, pending, fact }: { run: Run; pending: PendingState; fact: RunFact },
): Promise<void> {
  const event: RunEvent = { at: deps.clock.now(), by: 'bot', ...fact };
  const changed = await deps.store.change({
    runId: run.id,
    claim: null,
    wakeAt: null,
    decide: (fresh) => ((fresh.configInGit?.pushed?.sequence ?? 0) < pending.sequence ? [event] : []),
  });
  if (isPushAwaited(changed)) await deps.wakeUps.wakeRun(run.id).catch(() => undefined);
}
