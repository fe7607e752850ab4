import { isSameState, type PendingState } from '#src/domain/config-state.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Run } from '#src/domain/run.ts';
import { upgradeBranch } from '#src/domain/upgrade-branch.ts';
import { idsOf } from './ids-of.ts';
import type { WorkerDeps } from './worker-deps.ts';

export type Put = { run: Run; cluster: FleetCluster; pending: PendingState; confirm: () => Promise<void> };

/**
 * Makes the run's branch hold this state. Returns the commit that the branch then has on the remote; null: the config at
 * the plan's commit says so already. `confirm` is called right before the push.
 */
export async function putInGit(deps: WorkerDeps, put: Put): Promise<string | null> {
  return (await whereItStands(deps, put)) ?? (await editAndPush(deps, put));
}

/** Where what was pushed before says the same: somebody may have deleted or changed the branch since. */
async function whereItStands({ repository }: WorkerDeps, { run, cluster, pending }: Put): Promise<string | null> {
  const pushed = run.configInGit?.pushed ?? null;
  if (pushed === null || pushed.commit === null || !isSameState(pushed.state, pending.state)) return null;
  const branch = upgradeBranch(run.cluster, run.to);
  const found = await repository.branches(cluster.config, branch);
  return found.some((one) => one.branch === branch && one.commit === pushed.commit) ? pushed.commit : null;
}

async function editAndPush(
  deps: WorkerDeps,
  { run, cluster: { config }, pending, confirm }: Put,
): Promise<string | null> {
  const { plan } = run;
  if (plan === null) throw new Error(`run ${run.id} has no plan whose config could be changed`);
  const { state, sequence } = pending;
  const checkout = await deps.repository.checkout(config, plan.config.commit);
  try {
    const { source } = checkout;
    const text = await deps.editConfig({ checkout, path: config.path, to: state.version, renames: state.renames });
    if (text === source && (run.configInGit?.pushed?.commit ?? null) === null) return null;
    const branch = upgradeBranch(run.cluster, run.to);
    await confirm();
    deps.log.info({ ...idsOf(run), branch, version: state.version }, 'pushing the changed config');
    const { commit } = await deps.repository.commitAndPush({
      location: config,
      parent: plan.config.commit,
      branch,
      files: { [config.path]: text },
      message: commitMessage(run, pending),
      state: { series: run.id, sequence },
    });
    return commit;
  } finally {
    await checkout.dispose();
  }
}

function commitMessage({ cluster, plan, to }: Run, { state: { version, renames } }: PendingState): string {
  const what =
    version === to
      ? `Upgrade ${cluster} from ${plan?.from} to ${to}`
      : `Upgrade ${cluster} to ${version}, on the way from ${plan?.from} to ${to}`;
  const names = renames
    .map(({ from, to: name }) => `\n\nThe core node group is now ${name} (it was ${from}).`)
    .join('');
  return `${what}${names}`;
}
