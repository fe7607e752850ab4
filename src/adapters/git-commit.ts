import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError, TransientError, UserError } from '#src/domain/errors.ts';
import type { CommitRequest, PushedCommit } from '#src/ports/config-repository.ts';
import { type Git, gitOutput, remoteError } from './git.ts';
import { hasStoodIn, isAncestor } from './git-merged.ts';
import type { GitMirror } from './git-mirror.ts';
import { checkedBranch, checkedCommit, checkedPath } from './git-paths.ts';

export type Author = { name: string; email: string };

/**
 * Commits and pushes without a work tree. What counts is the remote, read before and after: a crash anywhere, or two
 * workers at once, leaves at most one commit with this content on the branch. History is never rewritten: the push is a
 * plain one, which the remote refuses when somebody was faster, and then the remote is looked at again.
 */
export async function commitAndPush(
  git: Git,
  { mirror, author, request }: { mirror: GitMirror; author: Author; request: CommitRequest },
): Promise<PushedCommit> {
  const branch = checkedBranch(request.branch);
  const parent = checkedCommit(request.parent);
  const files = Object.entries(request.files).map(([path, text]) => ({ path: checkedPath(path), text }));
  await mirror.ensureCommit(parent);

  const before = await mirror.readBranch(branch);
  const parents = await parentsOf(git, { mirror, request, head: before });
  const [base] = parents;
  if (before !== null && (await holdsState(git, { mirror, request, head: before }))) {
    return { branch, commit: before, diff: await diffOf(git, { mirror, parent, head: before }) };
  }
  const tree = await writeFiles(git, { mirror, base, files });
  const isThere = before !== null && tree === (await treeOf(git, mirror, before));
  const message = withState(request);
  const refusal = isThere
    ? null
    : await push(git, { mirror, branch, commit: await commitTree(git, { mirror, parents, tree, author, message }) });

  const after = await mirror.readBranch(branch);
  await checkShows(git, { mirror, branch, before, after, tree, refusal });
  if (after === null) throw new InternalError('PushedBranchMissing', `branch ${branch} was pushed and is not there`);
  return { branch, commit: after, diff: await diffOf(git, { mirror, parent, head: after }) };
}

function diffOf(
  git: Git,
  { mirror, parent, head }: { mirror: GitMirror; parent: string; head: string },
): Promise<string> {
  return gitOutput(git, {
    args: ['diff', '--no-color', '--no-ext-diff', '--no-textconv', parent, head, '--'],
    directory: mirror.directory,
  });
}

type Place = { mirror: GitMirror; request: CommitRequest; head: string };

/**
 * What the commit comes after, the one whose files it begins with first. A branch that was merged and not deleted goes on
 * from the commit that the run started from, without a rewrite: beside it stands the old head, unless that is in it.
 */
async function parentsOf(
  git: Git,
  { mirror, request, head }: Omit<Place, 'head'> & { head: string | null },
): Promise<[string, ...string[]]> {
  const { branch, parent } = request;
  if (head === null) return [parent];
  await mirror.ensureCommit(head);
  if (await isAncestor(git, { mirror, commit: parent, of: head })) return [head];
  if (await isAncestor(git, { mirror, commit: head, of: parent })) return [parent];
  const path = checkedPath(request.location.path);
  if (await hasStoodIn(git, { mirror, commit: head, into: parent, path })) return [parent, head];
  throw new UserError(
    'BranchHasOtherHistory',
    `branch ${branch} exists at ${head} and does not contain commit ${parent}, which this run started from: merge or delete the branch, then retry`,
  );
}

const TRAILER = 'Eks-Upgrade-State';

function withState({ message, state }: CommitRequest): string {
  return state === undefined ? message : `${message}\n\n${TRAILER}: ${state.series}/${state.sequence}\n`;
}

/** Whoever was stopped for a while and goes on must not put an older state on top of a newer one. */
async function holdsState(git: Git, { mirror, request: { parent, state }, head }: Place): Promise<boolean> {
  if (state === undefined) return false;
  const log = await gitOutput(git, {
    args: ['log', '--format=%B', `${parent}..${head}`, '--'],
    directory: mirror.directory,
  });
  const mark = `${TRAILER}: ${state.series}/`;
  return log.split('\n').some((line) => line.startsWith(mark) && Number(line.slice(mark.length)) >= state.sequence);
}

/** The tree of `base` with `files` in it. */
async function writeFiles(
  git: Git,
  { mirror, base, files }: { mirror: GitMirror; base: string; files: { path: string; text: string }[] },
): Promise<string> {
  const scratch = await mkdtemp(join(mirror.directory, 'index-'));
  try {
    const call = { directory: mirror.directory, env: { GIT_INDEX_FILE: join(scratch, 'index') } };
    await gitOutput(git, { ...call, args: ['read-tree', base] });
    for (const { path, text } of files) {
      const mode = await modeOf(git, { mirror, base, path });
      const blob = (await gitOutput(git, { ...call, args: ['hash-object', '-w', '--stdin'], input: text })).trim();
      await gitOutput(git, { ...call, args: ['update-index', '--add', '--cacheinfo', `${mode},${blob},${path}`] });
    }
    return (await gitOutput(git, { ...call, args: ['write-tree'] })).trim();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A file keeps its mode. To write where a symbolic link or a submodule is would change something else than was asked. */
async function modeOf(
  git: Git,
  { mirror, base, path }: { mirror: GitMirror; base: string; path: string },
): Promise<string> {
  const parts = path.split('/');
  let mode = '100644';
  for (let length = 1; length <= parts.length; length += 1) {
    const prefix = parts.slice(0, length).join('/');
    const entry = await gitOutput(git, { args: ['ls-tree', base, '--', prefix], directory: mirror.directory });
    if (entry === '') continue;
    mode = entry.slice(0, 6);
    const expected = length === parts.length ? ['100644', '100755'] : ['040000'];
    if (!expected.includes(mode)) {
      throw new UserError(
        'BadConfigPath',
        `"${prefix}" is a symbolic link or no ordinary file in the repository: name the file itself in the fleet file`,
      );
    }
  }
  return mode === '040000' ? '100644' : mode;
}

async function commitTree(
  git: Git,
  {
    mirror,
    parents,
    tree,
    author,
    message,
  }: { mirror: GitMirror; parents: [string, ...string[]]; tree: string; author: Author; message: string },
): Promise<string> {
  // A new branch whose content is its parent's needs no commit, only its name.
  if (parents.length === 1 && tree === (await treeOf(git, mirror, parents[0]))) return parents[0];
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
  };
  const commit = await gitOutput(git, {
    args: ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'],
    directory: mirror.directory,
    env,
    input: message,
  });
  return commit.trim();
}

/** git's words when the remote said no; null: pushed. Throws when the remote could not be talked to. */
async function push(
  git: Git,
  { mirror, branch, commit }: { mirror: GitMirror; branch: string; commit: string },
): Promise<string | null> {
  const answer = await git({
    args: [
      'push',
      '--porcelain',
      '--no-verify',
      '--no-follow-tags',
      '--recurse-submodules=no',
      '--',
      mirror.remote,
      `${commit}:refs/heads/${branch}`,
    ],
    directory: mirror.directory,
  });
  if (answer.code === 0) return null;
  if (/rejected|\[remote failure\]|pre-receive|declined/i.test(`${answer.stdout}\n${answer.stderr}`)) {
    return `${reasonIn(answer)}\n${answer.stdout.trim()}\n${answer.stderr}`.trim();
  }
  throw remoteError(`cannot push branch ${branch}`, answer);
}

/** People read the first line: what the server says itself, else git's word for it, e.g. `[rejected] (fetch first)`. */
function reasonIn({ stdout, stderr }: { stdout: string; stderr: string }): string {
  const said = stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('remote:') ? [line.slice('remote:'.length).trim()] : []))
    .filter(Boolean)
    .join('; ');
  return said === '' ? (/\[[^\]\n]+\][^\n]*/.exec(stdout)?.[0] ?? 'no reason given') : said.slice(0, 300);
}

async function checkShows(
  git: Git,
  {
    mirror,
    branch,
    before,
    after,
    tree,
    refusal,
  }: {
    mirror: GitMirror;
    branch: string;
    before: string | null;
    after: string | null;
    tree: string;
    refusal: string | null;
  },
): Promise<void> {
  if (after !== null) {
    await mirror.ensureCommit(after);
    if ((await treeOf(git, mirror, after)) === tree) return;
  }
  if (after !== before) {
    // Somebody was faster. What they pushed is kept: the next try puts ours on top.
    throw new TransientError('PushRaced', `somebody else moved branch ${branch} at the same time: ${refusal ?? after}`);
  }
  const shown = after === null ? 'does not exist' : `is at ${after} with other content`;
  throw new UserError(
    'PushRejected',
    `branch ${branch} ${shown} after the push: ${refusal ?? 'the remote took the push and does not show it'}`,
  );
}

async function treeOf(git: Git, mirror: GitMirror, commit: string): Promise<string> {
  return (
    await gitOutput(git, { args: ['rev-parse', '--verify', `${commit}^{tree}`], directory: mirror.directory })
  ).trim();
}
