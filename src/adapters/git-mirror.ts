import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { Branch } from '#src/ports/config-repository.ts';
import { type Git, gitOutput, remoteError } from './git.ts';
import { checkedBranch, checkedCommit, checkedRemote } from './git-paths.ts';

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
  /** Branches whose names begin so, as the remote shows them now. */
  listBranches: (prefix: string) => Promise<Branch[]>;
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
  const name = createHash('sha256').update(remote).digest('hex').slice(0, 24);
  const directory = join(cacheDirectory, `${name}.git`);
  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
  if (!(await exists(directory))) await initialize(git, cacheDirectory, directory);
  const present = new Set<string>();

  return {
    directory,
    remote,
    readBranch: (branch) => readBranch(git, { directory, remote, branch: checkedBranch(branch) }),
    listBranches: (prefix) => listBranches(git, { directory, remote, prefix }),
    ensureCommit: async (commit) => {
      if (present.has(commit)) return;
      await ensureCommit(git, { directory, remote, commit: checkedCommit(commit) });
      // Nothing is ever collected here (gc.auto=0), so it stays.
      present.add(commit);
    },
  };
}

/** Made beside its place and moved there: of two processes that begin at once, both find a whole repository. */
async function initialize(git: Git, cacheDirectory: string, directory: string): Promise<void> {
  const fresh = await mkdtemp(join(cacheDirectory, 'new-'));
  await gitOutput(git, { args: ['init', '--quiet', '--bare', '--template='], directory: fresh });
  try {
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(directory))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function readBranch(
  git: Git,
  { directory, remote, branch }: { directory: string; remote: string; branch: string },
): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const answer = await git({ args: ['ls-remote', '--', remote, ref], directory });
  if (answer.code !== 0) throw remoteError(`cannot read branch ${branch}`, answer);
  // ls-remote matches the end of names too: `refs/heads/x/refs/heads/main` is another branch.
  const line = answer.stdout.split('\n').find((candidate) => candidate.endsWith(`\t${ref}`));
  return line?.split('\t')[0] ?? null;
}

async function listBranches(
  git: Git,
  { directory, remote, prefix }: { directory: string; remote: string; prefix: string },
): Promise<Branch[]> {
  const start = `refs/heads/${prefix}`;
  const answer = await git({ args: ['ls-remote', '--', remote, `${start}*`], directory });
  if (answer.code !== 0) throw remoteError(`cannot list the branches ${prefix}…`, answer);
  return answer.stdout.split('\n').flatMap((line) => {
    const [commit = '', ref = ''] = line.split('\t');
    return ref.startsWith(start) ? [{ branch: ref.slice('refs/heads/'.length), commit }] : [];
  });
}

type CommitPlace = { directory: string; remote: string; commit: string };

const FETCH_ATTEMPTS = 5;
/** Real milliseconds: the other fetch holds a lock for the moment in which it moves a branch. */
const LOCKED_MS = 200;

async function ensureCommit(git: Git, place: CommitPlace): Promise<void> {
  const { directory, commit } = place;
  for (let attempt = 1; !(await hasCommit(git, directory, commit)); attempt += 1) {
    const fetched = await fetchBranches(git, place);
    if (fetched === 'done' && !(await hasCommit(git, directory, commit))) {
      throw new UserError(
        'CommitNotFound',
        `no branch of the config's repository contains commit ${commit}: it was rewritten since; plan again`,
      );
    }
    if (fetched === 'locked' && attempt === FETCH_ATTEMPTS) {
      throw new TransientError('GitMirrorBusy', `another fetch holds the mirror ${directory}`);
    }
    if (fetched === 'locked') await delay(LOCKED_MS);
  }
}

/** `locked`: another process fetches into the same mirror. */
async function fetchBranches(git: Git, { directory, remote }: CommitPlace): Promise<'done' | 'locked'> {
  const quiet = ['--quiet', '--prune', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  const answer = await git({ args: ['fetch', ...quiet, '--', remote, '+refs/heads/*:refs/heads/*'], directory });
  if (answer.code === 0) return 'done';
  if (/cannot lock ref|unable to create '.*\.lock'/i.test(answer.stderr)) return 'locked';
  throw remoteError('cannot fetch', answer);
}

/**
 * With all that belongs to it: while another process fetches, a commit is there before its files are, because objects that
 * were received are unpacked one by one (https://git-scm.com/docs/git-config#Documentation/git-config.txt-fetchunpackLimit).
 */
async function hasCommit(git: Git, directory: string, commit: string): Promise<boolean> {
  const args = ['rev-list', '--objects', '--quiet', '--max-count=1', commit, '--'];
  return (await git({ args, directory })).code === 0;
}
