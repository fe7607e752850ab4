import { mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '#src/domain/errors.ts';
import type { Checkout } from '#src/ports/config-repository.ts';
import { type Git, gitOutput } from './git.ts';
import type { GitMirror } from './git-mirror.ts';
import { makeOwnedFolder } from './owned-folders.ts';
import type { RememberRenders } from './remember-renders.ts';
import type { RenderConfig } from './render-config.ts';

export type CheckoutDeps = {
  git: Git;
  temporaryDirectory: string;
  render: RenderConfig;
  remember: RememberRenders;
};

/**
 * The files of a commit in a folder of their own: no `.git` inside, so no hook, no lock and nothing to prune when a
 * worker dies. Symbolic links that lead out of it are taken away before anything reads through them.
 */
export async function checkOut(
  { git, temporaryDirectory, render, remember }: CheckoutDeps,
  { mirror, commit, path }: { mirror: GitMirror; commit: string; path: string },
): Promise<Checkout> {
  await mirror.ensureCommit(commit);
  const home = await makeOwnedFolder(temporaryDirectory, 'checkout');
  const dispose = (): Promise<void> => rm(home, { recursive: true, force: true });
  try {
    const root = join(await realpath(home), 'tree');
    await mkdir(root);
    await writeTree(git, { mirror, commit, root, index: join(home, 'index') });
    const source = await readConfig(root, { path, commit });
    const directory = join(root, dirname(path));
    const renderText = (text: string): Promise<string> =>
      remember([mirror.remote, commit, path, text], () =>
        render({ root, directory, name: basename(path), source: text }),
      );
    return { commit, directory, source, render: () => renderText(source), renderEdited: renderText, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function writeTree(
  git: Git,
  { mirror, commit, root, index }: { mirror: GitMirror; commit: string; root: string; index: string },
): Promise<void> {
  await gitOutput(git, {
    args: [`--work-tree=${root}`, 'read-tree', '--reset', '-u', commit],
    directory: mirror.directory,
    env: { GIT_INDEX_FILE: index },
  });
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const target = await realpath(link).catch(() => null);
    if (target === null || !target.startsWith(`${root}/`)) await rm(link, { force: true });
  }
}

async function readConfig(root: string, { path, commit }: { path: string; commit: string }): Promise<string> {
  try {
    return await readFile(join(root, path), 'utf8');
  } catch (error) {
    throw new UserError(
      'ConfigNotFound',
      `the repository has no readable file "${path}" at commit ${commit}: correct the path in the fleet file`,
      { cause: error },
    );
  }
}
