import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#src/domain/errors.ts';
import type { ConfigRepository, ConfigSource } from '#src/ports/config-repository.ts';
import { createGit } from './git.ts';
import { checkOut } from './git-checkout.ts';
import { type Author, commitAndPush } from './git-commit.ts';
import { hasStoodIn, isAncestor } from './git-merged.ts';
import { createGitMirrors } from './git-mirror.ts';
import { checkedCommit, checkedPath } from './git-paths.ts';
import { createRememberRenders } from './remember-renders.ts';
import type { RenderConfig } from './render-config.ts';
import type { Subprocess } from './subprocess.ts';

export type GitConfigRepositoryDeps = {
  /** The git program, a name in PATH or a path. */
  program?: string;
  /** Environment to take git's part from: PATH, HOME, ssh and proxy settings. */
  inheritedEnv: Readonly<Record<string, string>>;
  /** Mirrors and checkouts go below; may be lost at any time. */
  cacheDirectory: string;
  render: RenderConfig;
  author?: Author;
  /** Of one git command, real milliseconds. */
  timeoutMs?: number;
  subprocess?: Subprocess;
};

const DEFAULT_AUTHOR: Author = { name: 'eks-upgrade-bot', email: 'eks-upgrade-bot@users.noreply.invalid' };

export function createGitConfigRepository(deps: GitConfigRepositoryDeps): ConfigRepository {
  const parts = partsOf(deps);
  const { git, mirrorOf } = parts;
  const author = deps.author ?? DEFAULT_AUTHOR;
  return {
    ...sourceOf(parts),
    commitAndPush: async (request) => {
      return await commitAndPush(git, { mirror: await mirrorOf(request.location.remote), author, request });
    },
  };
}

/** Without a way to change anything. */
export function createGitConfigSource(deps: GitConfigRepositoryDeps): ConfigSource {
  return sourceOf(partsOf(deps));
}

function partsOf({ program = 'git', cacheDirectory, render, ...deps }: GitConfigRepositoryDeps) {
  const git = createGit({ ...deps, program });
  const mirrorOf = createGitMirrors(git, join(cacheDirectory, 'mirrors'));
  const remember = createRememberRenders();
  return { git, mirrorOf, temporaryDirectory: join(cacheDirectory, 'checkouts'), render, remember };
}

function sourceOf({ git, mirrorOf, temporaryDirectory, render, remember }: ReturnType<typeof partsOf>): ConfigSource {
  return {
    headCommit: async ({ remote, branch }) => {
      const commit = await (await mirrorOf(remote)).readBranch(branch);
      if (commit !== null) return commit;
      throw new UserError(
        'BranchNotFound',
        `the config's repository has no branch ${branch}: correct the branch in the fleet file`,
      );
    },
    branches: async ({ remote }, prefix) => await (await mirrorOf(remote)).listBranches(prefix),
    isMerged: async ({ remote, path }, { commit, into }) => {
      const mirror = await mirrorOf(remote);
      await mirror.ensureCommit(checkedCommit(into));
      await mirror.ensureCommit(checkedCommit(commit));
      if (await isAncestor(git, { mirror, commit, of: into })) return true;
      return await hasStoodIn(git, { mirror, commit, into, path: checkedPath(path) });
    },
    checkout: async ({ remote, path }, commit) => {
      await mkdir(temporaryDirectory, { recursive: true, mode: 0o700 });
      const place = { mirror: await mirrorOf(remote), commit: checkedCommit(commit), path: checkedPath(path) };
      return await checkOut({ git, temporaryDirectory, render, remember }, place);
    },
  };
}
