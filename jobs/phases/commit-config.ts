import { idsOf } from '../ids-of.ts';
import { failed, type PhaseRunner } from '../phase.ts';

/** The config in git says what is real: edited in place, on the run's own branch, seen on the remote afterwards. */
export const commitConfig: PhaseRunner<'commit-config'> = async ({ deps, cluster, step, plan, run, confirmClaim }) => {
  const { config } = cluster;
  const checkout = await deps.repository.checkout(config, plan.config.commit);
  try {
    const edited = await deps.editConfig({ checkout, path: config.path, to: step.version, renames: step.renames });
    if (edited === checkout.source) {
      return { kind: 'done', evidence: [`the config says ${step.version} already: nothing to commit`] };
    }
    const branch = `eks-upgrade/${cluster.name}-${step.version}`;
    await confirmClaim();
    deps.log.info({ ...idsOf(run, step), branch }, 'pushing the changed config');
    const pushed = await deps.repository.commitAndPush({
      location: config,
      parent: plan.config.commit,
      branch,
      files: { [config.path]: edited },
      message: commitMessage(cluster.name, { from: plan.from, to: step.version, renames: step.renames }),
    });
    if (pushed.branch !== branch) {
      return failed('ConfigNotPushed', `the remote does not show branch ${branch}`, {
        remedy: 'Commit the config by hand',
      });
    }
    return {
      kind: 'done',
      evidence: [`branch ${pushed.branch} is on the remote at ${pushed.commit.slice(0, 10)}: review and merge it`],
    };
  } finally {
    await checkout.dispose();
  }
};

function commitMessage(
  cluster: string,
  { from, to, renames }: { from: string; to: string; renames: { from: string; to: string }[] },
): string {
  const names = renames
    .map((rename) => `\n\nThe core node group is now ${rename.to} (it was ${rename.from}).`)
    .join('');
  return `Upgrade ${cluster} from ${from} to ${to}${names}`;
}
