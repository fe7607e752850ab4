import { lastAttempt } from '#src/domain/config-push.ts';
import type { PhaseRunner } from '../phase.ts';

/** Run time: a git server that does not answer for so long is for people, and the cluster is upgraded. */
const PATIENCE_MS = 30 * 60_000;
/** What comes of it wakes the run. */
const POLL_MS = 60_000;

/**
 * The config says what is real at the end, on the run's own branch: seen on the remote, where most of it stands already.
 * It is the projection's to push (push-config-state.ts) and to see there, so nothing here waits for a git server.
 */
export const commitConfig: PhaseRunner<'commit-config'> = async ({ deps, run, step, progress }) => {
  const pushed = run.configInGit?.pushed ?? null;
  if (pushed?.stepIds.includes(step.id)) return { kind: 'done', evidence: [evidence(run.configInGit?.branch ?? '')] };
  const attempt = lastAttempt(run);
  const isOver = attempt !== null && !(attempt.mayPass && attempt.begunAt - progress.at <= PATIENCE_MS);
  if (isOver) {
    const { code, why, detail } = attempt;
    return { kind: 'failed', failure: { code, message: why, remedy: 'Commit the config by hand', detail } };
  }
  await deps.wakeUps.pushConfig(run.id).catch(() => undefined);
  const what =
    attempt === null ? "the changed config to be pushed to the run's branch" : `git to take the config: ${attempt.why}`;
  return { kind: 'wait', for: what, pollMs: POLL_MS };

  function evidence(branch: string): string {
    const commit = pushed?.commit ?? null;
    return commit === null
      ? `the config says ${step.version} already: nothing to commit`
      : `branch ${branch} is on the remote at ${commit.slice(0, 10)}: review and merge it`;
  }
};
