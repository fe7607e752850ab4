import { type Git, gitOutput } from './git.ts';
import type { GitMirror } from './git-mirror.ts';

export async function isAncestor(
  git: Git,
  { mirror, commit, of }: { mirror: GitMirror; commit: string; of: string },
): Promise<boolean> {
  const { code } = await git({ args: ['merge-base', '--is-ancestor', commit, of], directory: mirror.directory });
  return code === 0;
}

type Merge = { mirror: GitMirror; commit: string; into: string; path: string };

/**
 * Whether a file's text at `commit` stands at `into`, or has stood there since the two parted: a squash or a rebase leaves
 * no other trace, and whoever merged may have changed the file again. Both commits are there.
 */
export async function hasStoodIn(git: Git, { mirror, commit, into, path }: Merge): Promise<boolean> {
  const { directory } = mirror;
  const blob = await git({ args: ['rev-parse', '--verify', '--quiet', `${commit}:${path}`], directory });
  if (blob.code !== 0) return false;
  const wanted = blob.stdout.trim();
  const now = await git({ args: ['rev-parse', '--verify', '--quiet', `${into}:${path}`], directory });
  if (now.stdout.trim() === wanted) return true;
  // What each commit of the main line made of the file, a merge as its first parent sees it. `:100644 100644 <old> <new> M\t<path>`
  const history = await gitOutput(git, {
    args: ['log', '-m', '--first-parent', '--raw', '--no-abbrev', '--format=', `${commit}..${into}`, '--', path],
    directory,
  });
  return history.split('\n').some((line) => line.split(' ')[3] === wanted);
}
