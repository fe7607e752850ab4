import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hostedProgram } from '#test/support/hosted-subprocess.ts';

/** A bare remote with one branch `main`, and a person with a clone of it. */
export type GitFixture = {
  directory: string;
  remote: string;
  env: Record<string, string>;
  /** The person commits files (and symbolic links: path → target) on a branch and pushes; the commit's id. */
  push: (change: {
    files?: Record<string, string>;
    links?: Record<string, string>;
    branch?: string;
    from?: string;
  }) => Promise<string>;
  git: (...args: string[]) => Promise<string>;
  remove: () => Promise<void>;
};

export async function createGitFixture(): Promise<GitFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'git-fixture-'));
  const remote = join(directory, 'remote.git');
  const clone = join(directory, 'person');
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: directory };
  const run = async (cwd: string, args: string[]): Promise<string> => {
    const person = {
      GIT_AUTHOR_NAME: 'p',
      GIT_AUTHOR_EMAIL: 'p@e',
      GIT_COMMITTER_NAME: 'p',
      GIT_COMMITTER_EMAIL: 'p@e',
    };
    const { stdout } = await hostedProgram('git', args, { cwd, env: { ...env, ...person } });
    return stdout.replace(/\n$/, '');
  };
  await run(directory, ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  await run(directory, ['init', '--quiet', '--initial-branch=main', clone]);
  await run(clone, ['remote', 'add', 'origin', remote]);

  return {
    directory,
    remote,
    env,
    push: async ({ files = {}, links = {}, branch = 'main', from }) => {
      if (from !== undefined) await run(clone, ['fetch', '--quiet', 'origin']);
      if (from !== undefined) await run(clone, ['checkout', '--quiet', '-B', branch, from]);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(clone, path)), { recursive: true });
        await writeFile(join(clone, path), text);
      }
      for (const [path, target] of Object.entries(links)) await symlink(target, join(clone, path));
      await run(clone, ['add', '--all']);
      await run(clone, ['commit', '--quiet', '--allow-empty', '-m', 'change']);
      await run(clone, ['push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`]);
      return (await run(clone, ['rev-parse', 'HEAD'])).trim();
    },
    git: (...args) => run(remote, args),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
