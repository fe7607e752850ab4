import { type ConfigState, isSameState } from '#src/domain/config-state.ts';
import { upgradeBranch } from '#src/domain/upgrade-branch.ts';
import type { PhaseRunner } from '../phase.ts';
import { putInGit } from '../push-config-state.ts';

/** The config says what is real at the end, on the run's own branch: seen on the remote, where most of it stands already. */
export const commitConfig: PhaseRunner<'commit-config'> = async ({ deps, cluster, step, run, confirmClaim }) => {
  const state: ConfigState = { version: step.version, renames: step.renames };
  const branch = upgradeBranch(cluster.name, step.version);
  const pushed = run.configInGit?.pushed ?? null;
  const commit = (await isThere()) ? (pushed?.commit ?? null) : await put();
  const evidence =
    commit === null
      ? `the config says ${step.version} already: nothing to commit`
      : `branch ${branch} is on the remote at ${commit.slice(0, 10)}: review and merge it`;
  return { kind: 'done', evidence: [evidence] };

  async function isThere(): Promise<boolean> {
    if (pushed === null || pushed.commit === null || !isSameState(pushed.state, state)) return false;
    const found = await deps.repository.branches(cluster.config, branch);
    return found.some((one) => one.branch === branch && one.commit === pushed.commit);
  }

  function put(): Promise<string | null> {
    const pending = { sequence: (pushed?.sequence ?? 0) + 1, state, stepIds: [...(pushed?.stepIds ?? []), step.id] };
    return putInGit(deps, { run, cluster, pending, confirm: confirmClaim });
  }
};
