import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError, TransientError, UserError } from '#src/domain/errors.ts';
import type { CommitRequest, PushedCommit } from '#src/ports/config-repository.ts';
import { type Git, gitOutput, remoteError } from './git.ts';
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
  const base = before ?? parent;
  if (before !== null) await checkStartsAt(git, { mirror, branch, head: before, parent });
  const tree = await writeFiles(git, { mirror, base, files });
  const isThere = before !== null && tree === (await treeOf(git, mirror, base));
  const refusal = isThere
    ? null
    : await push(git, {
        mirror,
        branch,
        commit: await commitTree(git, { mirror, base, tree, author, message: request.message }),
      });

  const after = await mirror.readBranch(branch);
  await checkShows(git, { mirror, branch, before, after, tree, refusal });
  if (after === null) throw new InternalError('PushedBranchMissing', `branch ${branch} was pushed and is not there`);
  const diff = await gitOutput(git, {
    args: ['diff', '--no-color', '--no-ext-diff', '--no-textconv', parent, after, '--'],
    directory: mirror.directory,
  });
  return { branch, commit: after, diff };
}

async function checkStartsAt(
  git: Git,
  { mirror, branch, head, parent }: { mirror: GitMirror; branch: string; head: string; parent: string },
): Promise<void> {
  await mirror.ensureCommit(head);
  const answer = await git({ args: ['merge-base', '--is-ancestor', parent, head], directory: mirror.directory });
  if (answer.code === 0) return;
  throw new UserError(
    'BranchHasOtherHistory',
    `branch ${branch} exists at ${head} and does not contain commit ${parent}, which this run started from: merge or delete the branch, then retry`,
  );
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
    base,
    tree,
    author,
    message,
  }: { mirror: GitMirror; base: string; tree: string; author: Author; message: string },
): Promise<string> {
  // A new branch whose content is its parent's needs no commit, only its name.
  if (tree === (await treeOf(git, mirror, base))) return base;
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
  };
  const commit = await gitOutput(git, {
    args: ['commit-tree', tree, '-p', base, '-F', '-'],
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
