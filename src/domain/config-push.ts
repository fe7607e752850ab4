import { isPushAwaited, type PendingState, pendingState } from './config-state.ts';
import type { Run } from './run.ts';

/** Run time: the first retry of a push that failed; each later one waits twice as long. */
const RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 60 * 60_000;
/** The run waits for this one. */
const AWAITED_RETRY_MS = 15_000;

/**
 * What has to be put on the run's branch next; null: nothing, or nothing more. A run that was aborted tries once more if
 * need be, because its people are about to go on by hand from what the branch says.
 */
export function wantedPush(run: Run): PendingState | null {
  const failedAt = run.configInGit?.failure?.at ?? null;
  switch (run.state.kind) {
    case 'running':
    case 'waiting':
    case 'stopped':
      return pendingState(run);
    case 'aborted':
      return failedAt === null || failedAt < (run.endedAt ?? 0) ? pendingState(run) : null;
    default:
      return null;
  }
}

/** When a push is due (run time): at once, or some time after one that failed. */
export function pushDueAt(run: Run): number {
  const failure = run.configInGit?.failure ?? null;
  if (failure === null || run.state.kind === 'aborted') return 0;
  if (!isPushAwaited(run)) return failure.at + Math.min(RETRY_MS * 2 ** (failure.tries - 1), LONGEST_RETRY_MS);
  return lastAttempt(run) === null ? 0 : failure.at + AWAITED_RETRY_MS;
}

/** How the latest attempt to push what the last step asks for failed; null: there was none, or it went well. */
export function lastAttempt({ plan, configInGit }: Run) {
  const failure = configInGit?.failure ?? null;
  const last = plan?.steps.find(({ phase }) => phase === 'commit-config');
  if (failure?.attempt === undefined || last === undefined || !failure.attempt.stepIds.includes(last.id)) return null;
  return { why: failure.why, ...failure.attempt };
}
