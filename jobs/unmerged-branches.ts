import { UserError } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { ObservedConfig, UnmergedBranch } from '#src/domain/observation.ts';
import { isUpgradeBranch, upgradeBranches } from '#src/domain/upgrade-branch.ts';
import { minorOf, parseVersion } from '#src/domain/version.ts';
import type { Branch } from '#src/ports/config-repository.ts';
import type { LookingDeps } from './worker-deps.ts';

type Main = Pick<ObservedConfig, 'commit' | 'version' | 'nodeGroups'>;

/**
 * Branches of earlier upgrades of the cluster whose config did not come to the branch that the bot reads. Merged counts
 * however it was done: by a merge, a squash or a rebase, by hand in other words, or when a newer version stands there.
 */
export async function unmergedBranches(
  deps: LookingDeps,
  { name, config }: FleetCluster,
  main: Main,
): Promise<UnmergedBranch[]> {
  const all = await deps.repository.branches(config, upgradeBranches(name));
  const unmerged: UnmergedBranch[] = [];
  for (const one of all.filter(({ branch }) => isUpgradeBranch(name, branch))) {
    if (await deps.repository.isMerged(config, { commit: one.commit, into: main.commit })) continue;
    const said = await whatItSays(deps, { name, config }, one);
    if (said !== null && saysNoMore(said, main)) continue;
    const { remote, branch: into } = config;
    unmerged.push({ branch: one.branch, remote, into, version: said?.version ?? null });
  }
  return unmerged;
}

type Says = Pick<ObservedConfig, 'version' | 'nodeGroups'>;

/** null: it does not evaluate. */
async function whatItSays(
  deps: LookingDeps,
  { config }: Pick<FleetCluster, 'name' | 'config'>,
  { commit }: Branch,
): Promise<Says | null> {
  try {
    const checkout = await deps.repository.checkout(config, commit);
    try {
      return deps.readConfig(await checkout.render());
    } finally {
      await checkout.dispose();
    }
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function saysNoMore(branch: Says, main: Says): boolean {
  const [theirs, ours] = [parseVersion(branch.version), parseVersion(main.version)];
  if (theirs === undefined || ours === undefined) return false;
  if (minorOf(theirs) !== minorOf(ours)) return minorOf(theirs) < minorOf(ours);
  return namesOf(branch) === namesOf(main);
}

function namesOf({ nodeGroups }: Says): string {
  return nodeGroups
    .map(({ name }) => name)
    .sort()
    .join();
}
