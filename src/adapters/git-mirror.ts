import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TransientError, UserError } from '#src/domain/errors.ts';
import { checkedBranch, checkedCommit, checkedRemote } from './git-paths.ts';
import { type Git, gitOutput, remoteError } from './git.ts';

/**
 * A bare copy of one remote, so that a checkout costs a fetch and no clone. Only a cache: what a branch is, is always
 * asked of the remote. Two processes may share it; git's own locks keep it whole, and a lost race is tried again.
 */
export type GitMirror = {
  /** The bare repository. */
  directory: string;
  remote: string;
  /** Commit of a branch as the remote shows it now; null: no such branch. */
  readBranch: (branch: string) => Promise<string | null>;
  /** Makes a commit's objects present. Throws UserError when the remote does not have it. */
  ensureCommit: (commit: string) => Promise<void>;
};

export type GitMirrors = (remote: string) => Promise<GitMirror>;

export function createGitMirrors(git: Git, cacheDirectory: string): GitMirrors {
  const opened = new Map<string, Promise<GitMirror>>();
  return async (remote) => {
    const mirror = opened.get(remote) ?? openMirror(git, cacheDirectory, checkedRemote(remote));
    opened.set(remote, mirror);
    try {
      return await mirror;
    } catch (error) {
      opened.delete(remote);
      throw error;
    }
  };
}

async function openMirror(git: Git, cacheDirectory: string, remote: string): Promise<GitMirror> {
  const directory = join(cacheDirectory, `${createHash('sha256').update(remote).digest('hex').slice(0, 24)}.git`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Repeating `init` is safe: git-init(1), "it will not overwrite things that are already there".
  await gitOutput(git, { args: ['init', '--quiet', '--bare', '--template='], directory });

  return {
    directory,
    remote,
    readBranch: (branch) => readBranch(git, { directory, remote, branch: checkedBranch(branch) }),
    ensureCommit: (commit) => ensureCommit(git, { directory, remote, commit: checkedCommit(commit) }),
  };
}

async function readBranch(git: Git, { directory, remote, branch }: { directory: string; remote: string; branch: string }): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const answer = await git({ args: ['ls-remote', '--', remote, ref], directory });
  if (answer.code !== 0) throw remoteError(`cannot read branch ${branch}`, answer);
  // ls-remote matches the end of names too: `refs/heads/x/refs/heads/main` is another branch.
  const line = answer.stdout.split('\n').find((candidate) => candidate.endsWith(`\t${ref}`));
  return line?.split('\t')[0] ?? null;
}

async function ensureCommit(git: Git, { directory, remote, commit }: { directory: string; remote: string; commit: string }): Promise<void> {
  if (await hasCommit(git, directory, commit)) return;
  const answer = await git({
    args: ['fetch', '--quiet', '--prune', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--', remote, '+refs/heads/*:refs/heads/*'],
    directory,
  });
  if (answer.code !== 0) {
    if (/cannot lock ref|unable to create '.*\.lock'/i.test(answer.stderr)) throw new TransientError('GitMirrorBusy', answer.stderr);
    throw remoteError('cannot fetch', answer);
  }
  if (!(await hasCommit(git, directory, commit))) {
    throw new UserError('CommitNotFound', `no branch of the config's repository contains commit ${commit}: it was rewritten since; plan again`);
  }
}

async function hasCommit(git: Git, directory: string, commit: string): Promise<boolean> {
  return (await git({ args: ['cat-file', '-e', `${commit}^{commit}`], directory })).code === 0;
}
