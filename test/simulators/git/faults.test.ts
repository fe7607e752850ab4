import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConfigRemote } from '../demo/config-remote.ts';
import { createFaultyGit, type FaultyGit } from './faults.ts';

let directory: string;
let server: FaultyGit;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faulty-git-'));
  const configs = join(directory, 'configs');
  await execa('mkdir', [configs]);
  await writeFile(join(configs, 'coast.yaml'), 'a config\n');
  const remote = await createConfigRemote({ folder: configs, directory });
  server = await createFaultyGit({ bare: remote.url, directory });
  await git('clone', '--quiet', server.remoteOf('coast'), 'person');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** As the bot calls it: nothing of whoever runs the tests. */
async function git(...args: string[]): Promise<{ code: number; said: string }> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    LC_ALL: 'C',
    GIT_SSH_COMMAND: server.sshCommand,
    ...{ GIT_AUTHOR_NAME: 'p', GIT_AUTHOR_EMAIL: 'p@e', GIT_COMMITTER_NAME: 'p', GIT_COMMITTER_EMAIL: 'p@e' },
  };
  const { exitCode = -1, all } = await execa(server.program, args, {
    cwd: directory,
    env,
    extendEnv: false,
    reject: false,
    all: true,
  });
  return { code: exitCode, said: all };
}

const look = (cluster = 'coast') => git('ls-remote', server.remoteOf(cluster), 'refs/heads/*');

let commits = 0;
async function push(branch: string, cluster = 'coast') {
  commits += 1;
  await git('-C', 'person', 'commit', '--quiet', '--allow-empty', '-m', `change ${commits}`);
  return git('-C', 'person', 'push', '--porcelain', server.remoteOf(cluster), `HEAD:refs/heads/${branch}`);
}

describe('each fault, in the words that real git makes of it', () => {
  it.each([
    ['unreachable', 128, /port 22: Connection refused\n.*Could not read from remote repository/],
    ['repository-gone', 128, /ERROR: Repository not found\.\n.*Could not read from remote repository/],
  ] as const)('%s', async (name, code, said) => {
    await server.setFaults([name]);
    expect(await look()).toEqual({ code, said: expect.stringMatching(said) });
    expect(await push('x')).toEqual({ code, said: expect.stringMatching(said) });
  });

  it.each([
    ['push-refused', 'eks-upgrade/coast-1.24', 1, /GH006.*\[remote rejected\] \(pre-receive hook declined\)/s],
    ['push-races', 'eks-upgrade/coast-1.25', 1, /reference already exists.*\[remote rejected\]/s],
    ['server-disk-full', 'eks-upgrade/coast-1.24', 1, /File too large.*\[remote rejected\] \(unpacker error\)/s],
    ['push-cut-off', 'eks-upgrade/coast-1.26', 128, /unexpected disconnect|hung up unexpectedly/],
  ] as const)('%s, of a push to %s', async (name, branch, code, said) => {
    await server.setFaults([name]);
    expect(await push(branch)).toEqual({ code, said: expect.stringMatching(said) });
  });

  it('push-cut-off: the branch is there all the same', async () => {
    expect((await look()).said).toContain('refs/heads/eks-upgrade/coast-1.26');
  });

  it('push-races: a branch that is there has moved on before the push begins', async () => {
    await server.setFaults([]);
    expect(await push('eks-upgrade/coast-1.27')).toMatchObject({ code: 0 });
    await server.setFaults(['push-races']);
    expect(await push('eks-upgrade/coast-1.27')).toEqual({
      code: 1,
      said: expect.stringMatching(/\[rejected\] \(fetch first\)/),
    });
  });

  it('disk-full: nothing can be written on this side', async () => {
    await server.setFaults(['disk-full']);
    expect(await git('-C', 'person', 'hash-object', '-w', 'HEAD').then(({ code }) => code)).not.toBe(0);
    expect(await git('-C', 'person', 'commit-tree', 'HEAD^{tree}', '-m', 'x')).toEqual({
      code: 128,
      said: expect.stringMatching(/unable to write.*: File too large/),
    });
    expect(await look(), 'reading goes on').toMatchObject({ code: 0 });
  });
});

describe('which commands have it', () => {
  it('those of the cluster that it names, as often as it says', async () => {
    await server.setFaults([{ name: 'unreachable', cluster: 'harbor', times: 1 }]);
    expect(await look('coast')).toMatchObject({ code: 0 });
    expect(await look('harbor')).toMatchObject({ code: 128 });
    expect(await look('harbor')).toMatchObject({ code: 0 });
    await expect(server.setFaults(['slow' as never])).rejects.toThrow('unknown fault slow');
  });
});
