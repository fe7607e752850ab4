import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** As `execFile` of Node: rejects when the program fails. */
export type RunProgram = (
  program: string,
  args: string[],
  options: { env: Record<string, string> },
) => Promise<{ stdout: string }>;

/** A bare repository on this machine that holds the configs, as a team's git server would. */
export type ConfigRemote = {
  url: string;
  /** The diff between main and a branch; empty when the branch is not there. */
  diffOf: (branch: string) => Promise<string>;
  branches: () => Promise<string[]>;
  /** The text of a file at each commit of a branch beyond main, oldest first. */
  history: (branch: string, path: string) => Promise<string[]>;
  /** Deletes a branch. */
  remove: (branch: string) => Promise<void>;
  read: (path: string) => Promise<string>;
  /** Merges the branches that are there into main, as a colleague who reviewed them would, and deletes them. Returns their names. */
  merge: (prefix: string) => Promise<string[]>;
  /** Commits a file's new text on main, as a colleague would. */
  commit: (path: string, text: string) => Promise<void>;
};

/** `folder` is copied whole (a config finds its imports beside it). */
export async function createConfigRemote({
  folder,
  directory,
  run = promisify(execFile),
}: {
  folder: string;
  directory: string;
  run?: RunProgram;
}): Promise<ConfigRemote> {
  const bare = join(directory, 'clusters.git');
  const seed = join(directory, 'seed');
  await mkdir(seed, { recursive: true });
  await cp(folder, seed, {
    recursive: true,
    dereference: true,
    filter: (path) => !/(?:^|\/)(?:\.git|node_modules)$/.test(path),
  });
  // Copied files may be read-only where they come from.
  await run('chmod', ['-R', 'u+w', seed], { env: gitEnv() });
  const git = (...args: string[]) => run('git', ['-C', seed, ...args], { env: gitEnv() });
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env: gitEnv() });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'Describe our clusters');
  await git('push', '--quiet', bare, 'main');
  const inBare = async (...args: string[]) => (await run('git', ['-C', bare, ...args], { env: gitEnv() })).stdout;
  const branches = async () =>
    (await inBare('for-each-ref', '--format=%(refname:short)', 'refs/heads')).split('\n').filter(Boolean);
  return {
    url: bare,
    branches,
    read: (path) => readFile(join(seed, path), 'utf8'),
    diffOf: async (branch) => ((await branches()).includes(branch) ? inBare('diff', `main...${branch}`) : ''),
    history: async (branch, path) => {
      const commits = (await inBare('log', '--reverse', '--format=%H', `main..${branch}`)).split('\n').filter(Boolean);
      return Promise.all(commits.map((commit) => inBare('show', `${commit}:${path}`)));
    },
    remove: async (branch) => void (await inBare('branch', '--quiet', '-D', branch)),
    merge: async (prefix) => {
      const merged = (await branches()).filter((branch) => branch.startsWith(prefix));
      for (const branch of merged) {
        await git('fetch', '--quiet', bare, branch);
        await git('merge', '--quiet', '--no-ff', '-m', `Merge ${branch}`, 'FETCH_HEAD');
        await git('push', '--quiet', bare, 'main', `:${branch}`);
      }
      return merged;
    },
    commit: async (path, text) => {
      await writeFile(join(seed, path), text);
      await git('add', '--all');
      await git('commit', '--quiet', '-m', `Change ${path}`);
      await git('push', '--quiet', bare, 'main');
    },
  };
}

/** No configuration of the person who runs this may change what happens. */
function gitEnv(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Maya Okafor',
    GIT_AUTHOR_EMAIL: 'maya@example.org',
    GIT_COMMITTER_NAME: 'Maya Okafor',
    GIT_COMMITTER_EMAIL: 'maya@example.org',
  };
}
