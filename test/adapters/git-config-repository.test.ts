import { chmod, cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitConfigRepository } from '#src/adapters/git-config-repository.ts';
import { createJsonnet } from '#src/adapters/jsonnet.ts';
import { createRenderConfig } from '#src/adapters/render-config.ts';
import { TransientError, UserError } from '#src/domain/errors.ts';
import type { ConfigRepository } from '#src/ports/config-repository.ts';
import { hostedSubprocess } from '#test/support/hosted-subprocess.ts';
import { createGitFixture, type GitFixture } from './git-fixture.ts';

const PATH_IN_REPO = 'eksctl/coast.jsonnet';
const CONFIG = `local lib = import './lib.libsonnet';\n{ metadata: { name: 'coast', version: '1.22' }, groups: lib }\n`;
const BRANCH = 'eks-upgrade/coast-1.24';

let fixture: GitFixture;
let repository: ConfigRepository;
let first: string;

beforeEach(async () => {
  fixture = await createGitFixture();
  first = await fixture.push({
    files: { [PATH_IN_REPO]: CONFIG, 'eksctl/lib.libsonnet': `['core-a']\n`, 'README.md': 'hello\n' },
  });
  repository = open('cache');
});
afterEach(() => fixture.remove());

function open(cache: string, env: Record<string, string> = {}): ConfigRepository {
  return createGitConfigRepository({
    inheritedEnv: { ...fixture.env, ...env },
    cacheDirectory: join(fixture.directory, cache),
    render: createRenderConfig(
      createJsonnet({ program: 'jsonnet', path: '/usr/local/bin:/usr/bin:/bin', subprocess: hostedSubprocess }),
    ),
    subprocess: hostedSubprocess,
  });
}

function location(more: Partial<{ remote: string; branch: string; path: string }> = {}) {
  return { remote: fixture.remote, branch: 'main', path: PATH_IN_REPO, ...more };
}

function edit(text: string, parent = first) {
  return {
    location: location(),
    parent,
    branch: BRANCH,
    files: { [PATH_IN_REPO]: text },
    message: 'Upgrade coast to 1.24\n\nBecause.\n',
  };
}

async function commitsOn(branch: string): Promise<number> {
  return Number(await fixture.git('rev-list', '--count', `refs/heads/${branch}`));
}

describe('the head of the branch', () => {
  it('is asked with the settings that operators give git by its environment', async () => {
    const remote = 'https://git.example.org/clusters.git';
    const elsewhere = { GIT_CONFIG_KEY_0: `url.${fixture.remote}.insteadOf`, GIT_CONFIG_VALUE_0: remote };
    const configured = open('configured', { GIT_CONFIG_COUNT: '1', ...elsewhere });
    expect(await configured.headCommit(location({ remote }))).toBe(first);
  });

  it('is what the remote shows now, not what was fetched', async () => {
    expect(await repository.headCommit(location())).toBe(first);
    const second = await fixture.push({ files: { 'README.md': 'changed\n' } });
    expect(await repository.headCommit(location())).toBe(second);
  });

  it('is a UserError when there is no such branch', async () => {
    await expect(repository.headCommit(location({ branch: 'mian' }))).rejects.toThrow(
      new UserError(
        'BranchNotFound',
        `the config's repository has no branch mian: correct the branch in the fleet file`,
      ),
    );
  });

  it('is a UserError with the words of git when there is no repository', async () => {
    const missing = join(fixture.directory, 'nowhere.git');
    const error = await repository.headCommit(location({ remote: missing })).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      code: 'GitRemoteRefused',
      message: expect.stringContaining('does not appear to be a git repository'),
    });
  });

  it('is a TransientError when the remote is away', async () => {
    const error = await repository
      .headCommit(location({ remote: 'https://127.0.0.1:1/x.git' }))
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ code: 'GitRemoteAway' });
  });

  it.each([
    ['--upload-pack=touch pwned', 'main', 'BadRemote'],
    ['ext::sh -c touch% pwned', 'main', 'BadRemote'],
    ['', 'main', 'BadRemote'],
    [null, '--all', 'BadBranchName'],
    [null, 'a..b', 'BadBranchName'],
    [null, 'a b', 'BadBranchName'],
    [null, 'main:other', 'BadBranchName'],
  ])('refuses remote %j, branch %j', async (remote, branch, code) => {
    await expect(
      repository.headCommit(location({ branch, ...(remote === null ? {} : { remote }) })),
    ).rejects.toMatchObject({ code });
  });
});

describe('a checkout', () => {
  it('has all files although another process is in the middle of fetching them: the commit arrives first', async () => {
    await repository.headCommit(location());
    const [mirror = ''] = await readdir(join(fixture.directory, 'cache/mirrors'));
    const commit = join('objects', first.slice(0, 2), first.slice(2));
    await cp(join(fixture.remote, commit), join(fixture.directory, 'cache/mirrors', mirror, commit));
    const checkout = await repository.checkout(location(), first);
    expect(checkout.source).toBe(CONFIG);
    await checkout.dispose();
  });

  it('has the files of its commit, also after the branch moved on, and is gone when disposed', async () => {
    await fixture.push({ files: { [PATH_IN_REPO]: '{}' } });
    const checkout = await repository.checkout(location(), first);

    expect(checkout.source).toBe(CONFIG);
    expect((await readdir(checkout.directory)).sort()).toEqual(['coast.jsonnet', 'lib.libsonnet']);
    await checkout.dispose();
    await expect(readdir(checkout.directory)).rejects.toThrow('ENOENT');
  });

  it('renders the config with its imports, and an edited text in its place', async () => {
    const checkout = await repository.checkout(location(), first);

    expect(JSON.parse(await checkout.render())).toEqual({
      metadata: { name: 'coast', version: '1.22' },
      groups: ['core-a'],
    });
    expect(JSON.parse(await checkout.renderEdited(CONFIG.replace('1.22', '1.24')))).toMatchObject({
      metadata: { version: '1.24' },
    });
    expect((await readdir(checkout.directory)).sort()).toEqual(['coast.jsonnet', 'lib.libsonnet']);
    await checkout.dispose();
  });

  it('does not depend on another checkout of the same remote', async () => {
    const [one, two] = await Promise.all([
      repository.checkout(location(), first),
      open('cache').checkout(location(), first),
    ]);
    await one.dispose();
    expect(await readFile(join(two.directory, 'coast.jsonnet'), 'utf8')).toBe(CONFIG);
    await two.dispose();
  });

  it('shares its cache with other processes, also when all begin at once', async () => {
    const repositories = Array.from({ length: 6 }, () => open('shared'));
    const checkouts = await Promise.all(repositories.map((one) => one.checkout(location(), first)));
    expect(checkouts.map(({ source }) => source)).toEqual(Array(6).fill(CONFIG));
    expect(await readdir(join(fixture.directory, 'shared/mirrors'))).toHaveLength(1);
    await Promise.all(checkouts.map((checkout) => checkout.dispose()));
  });

  it.each(['../outside.jsonnet', '/etc/passwd', '-rf', 'a//b', '.git/config', 'eksctl/../../x', 'a\\b', ''])(
    'refuses the path %j',
    async (path) => {
      await expect(repository.checkout(location({ path }), first)).rejects.toMatchObject({ code: 'BadConfigPath' });
    },
  );

  it('refuses what is not a commit id', async () => {
    await expect(repository.checkout(location(), '--help')).rejects.toMatchObject({ code: 'BadCommit' });
  });

  it('names a commit that is gone', async () => {
    await expect(repository.checkout(location(), 'a'.repeat(40))).rejects.toMatchObject({ code: 'CommitNotFound' });
  });

  it('names a config that is not there', async () => {
    await expect(repository.checkout(location({ path: 'eksctl/cost.jsonnet' }), first)).rejects.toThrow(
      'no readable file "eksctl/cost.jsonnet"',
    );
  });

  it('does not read through symbolic links that lead out of the repository, and keeps those that stay', async () => {
    await writeFile(join(fixture.directory, 'secret.jsonnet'), '{ secret: true }');
    const commit = await fixture.push({
      links: {
        'eksctl/out.jsonnet': join(fixture.directory, 'secret.jsonnet'),
        'eksctl/in.jsonnet': 'coast.jsonnet',
        up: '../..',
      },
    });

    await expect(repository.checkout(location({ path: 'eksctl/out.jsonnet' }), commit)).rejects.toMatchObject({
      code: 'ConfigNotFound',
    });
    await expect(repository.checkout(location({ path: 'up/secret.jsonnet' }), commit)).rejects.toMatchObject({
      code: 'ConfigNotFound',
    });
    const inside = await repository.checkout(location({ path: 'eksctl/in.jsonnet' }), commit);
    expect(inside.source).toBe(CONFIG);
    await inside.dispose();
  });

  it('runs no hook', async () => {
    const marker = join(fixture.directory, 'hook-ran');
    await (await repository.checkout(location(), first)).dispose();
    const [mirror = ''] = await readdir(join(fixture.directory, 'cache/mirrors'));
    for (const hook of ['post-checkout', 'post-index-change', 'pre-push', 'reference-transaction']) {
      const file = join(fixture.directory, 'cache/mirrors', mirror, 'hooks', hook);
      await writeFile(file, `#!/bin/sh\ntouch ${marker}\n`).catch(() => undefined);
      await chmod(file, 0o755).catch(() => undefined);
    }
    await repository.commitAndPush(edit('{}'));
    await expect(readFile(marker)).rejects.toThrow('ENOENT');
  });
});

describe('committing and pushing', () => {
  const changed = CONFIG.replace('1.22', '1.24');

  it('makes the branch at the parent, and returns what the remote shows', async () => {
    const pushed = await repository.commitAndPush(edit(changed));

    expect(pushed.commit).toBe((await fixture.git('rev-parse', `refs/heads/${BRANCH}`)).trim());
    expect((await fixture.git('rev-parse', `${BRANCH}^`)).trim()).toBe(first);
    expect(`${await fixture.git('show', `${BRANCH}:${PATH_IN_REPO}`)}\n`).toBe(changed);
    expect(await fixture.git('log', '-1', '--format=%an|%cn|%B', BRANCH)).toContain(
      'eks-upgrade-bot|eks-upgrade-bot|Upgrade coast to 1.24',
    );
    expect(pushed.diff).toContain(`-{ metadata: { name: 'coast', version: '1.22' }`);
    expect(pushed.diff).toContain(`+{ metadata: { name: 'coast', version: '1.24' }`);
    expect((await fixture.git('rev-parse', 'main')).trim()).toBe(first);
  });

  it('the same again, by another process too, is no second commit', async () => {
    const one = await repository.commitAndPush(edit(changed));
    const two = await open('another-cache').commitAndPush(edit(changed));

    expect(two).toEqual(one);
    expect(await commitsOn(BRANCH)).toBe(2);
  });

  it('twice at the same time is one commit', async () => {
    const results = await Promise.allSettled([
      repository.commitAndPush(edit(changed)),
      open('another-cache').commitAndPush(edit(changed)),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(await commitsOn(BRANCH)).toBe(2);
  });

  it('a later state goes on top, with the diff against the parent', async () => {
    await repository.commitAndPush(edit(CONFIG.replace('1.22', '1.23')));
    const pushed = await repository.commitAndPush(edit(changed));

    expect(await commitsOn(BRANCH)).toBe(3);
    expect(pushed.diff).toContain(`+{ metadata: { name: 'coast', version: '1.24' }`);
    expect(pushed.diff).not.toContain('1.23');
  });

  it('keeps what a person pushed to the branch', async () => {
    await repository.commitAndPush(edit(CONFIG.replace('1.22', '1.23')));
    await fixture.push({ branch: BRANCH, from: `origin/${BRANCH}`, files: { 'README.md': 'by hand\n' } });
    await repository.commitAndPush(edit(changed));

    expect(await fixture.git('show', `${BRANCH}:README.md`)).toBe('by hand');
    expect(await commitsOn(BRANCH)).toBe(4);
  });

  it('never overwrites a branch with another history that is not merged', async () => {
    const other = await fixture.push({
      branch: BRANCH,
      from: 'origin/main',
      files: { [PATH_IN_REPO]: `${CONFIG}// other\n` },
    });
    const newer = await fixture.push({ from: 'origin/main', files: { 'README.md': 'main moved\n' } });

    await expect(repository.commitAndPush(edit(changed, newer))).rejects.toMatchObject({
      code: 'BranchHasOtherHistory',
    });
    expect((await fixture.git('rev-parse', BRANCH)).trim()).toBe(other);
  });

  it('takes up a branch that was squashed into main and not deleted, without a rewrite', async () => {
    const half = CONFIG.replace('1.22', '1.23');
    const { commit: old } = await repository.commitAndPush(edit(half));
    const squashed = await fixture.push({ from: 'origin/main', files: { [PATH_IN_REPO]: half, 'README.md': 'new\n' } });
    const { commit, diff } = await repository.commitAndPush(edit(changed, squashed));
    expect(diff).toContain(`+{ metadata: { name: 'coast', version: '1.24' }`);
    expect(diff).not.toContain('README');
    expect((await fixture.git('rev-list', '--parents', '-1', commit)).trim()).toBe(`${commit} ${squashed} ${old}`);
    expect((await repository.commitAndPush(edit(changed, squashed))).commit).toBe(commit);
  });

  it('goes on from main where a branch was merged into it and not deleted', async () => {
    const { commit: old } = await repository.commitAndPush(edit(CONFIG.replace('1.22', '1.23')));
    const merged = await fixture.push({ from: `origin/${BRANCH}`, files: { 'README.md': 'new\n' } });
    const { commit } = await repository.commitAndPush(edit(changed, merged));
    expect(old).not.toBe(merged);
    expect((await fixture.git('rev-list', '--parents', '-1', commit)).trim()).toBe(`${commit} ${merged}`);
  });

  describe('of a series', () => {
    const state = (sequence: number) => ({
      ...edit(sequence === 1 ? CONFIG.replace('1.22', '1.23') : changed),
      state: { series: 'run-1', sequence },
    });

    it('says which one it is, and the same one again is the same commit', async () => {
      const { commit } = await repository.commitAndPush(state(1));
      expect((await repository.commitAndPush(state(1))).commit).toBe(commit);
      expect(await fixture.git('show', '-s', '--format=%B', commit)).toContain('Eks-Upgrade-State: run-1/1');
    });

    it('an older one is never put on top of a newer one', async () => {
      await repository.commitAndPush(state(1));
      const { commit } = await repository.commitAndPush(state(2));
      expect((await repository.commitAndPush(state(1))).commit).toBe(commit);
      expect(await fixture.git('show', `${BRANCH}:${PATH_IN_REPO}`)).toContain('1.24');
      expect(await commitsOn(BRANCH)).toBe(3);
    });
  });

  it('a push the remote rejects is a UserError with its words', async () => {
    const hook = join(fixture.remote, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "branch names must start with feature/" >&2\nexit 1\n');
    await chmod(hook, 0o755);

    const error = await repository.commitAndPush(edit(changed)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      code: 'PushRejected',
      message: expect.stringContaining('branch names must start with feature/'),
    });
  });

  it('a remote that went away is no success', async () => {
    await (await repository.checkout(location(), first)).dispose();
    await rename(fixture.remote, `${fixture.remote}.away`);
    await expect(repository.commitAndPush(edit(changed))).rejects.toThrow('cannot read branch');
  });

  it('keeps the mode of a file', async () => {
    await fixture.git('config', 'core.fileMode', 'true');
    await fixture.push({ files: { 'eksctl/run.sh': 'x\n' } });
    const head = await repository.headCommit(location());
    await repository.commitAndPush({ ...edit(changed, head), files: { 'eksctl/run.sh': 'y\n', 'new/file': 'z\n' } });
    expect(await fixture.git('ls-tree', '-r', BRANCH)).toMatch(/100644 blob \w+\tnew\/file/);
  });

  it('does not write through a symbolic link', async () => {
    const commit = await fixture.push({ links: { 'link.jsonnet': PATH_IN_REPO, folder: 'eksctl' } });
    for (const path of ['link.jsonnet', 'folder/coast.jsonnet']) {
      await expect(
        repository.commitAndPush({ ...edit(changed, commit), files: { [path]: 'x' } }),
      ).rejects.toMatchObject({ code: 'BadConfigPath' });
    }
  });
});

describe('branches of upgrades', () => {
  const changed = CONFIG.replace('1.22', '1.24');
  const isMerged = async (): Promise<boolean> => {
    const [branch] = await repository.branches(location(), 'eks-upgrade/coast-');
    const into = await repository.headCommit(location());
    return repository.isMerged(location(), { commit: branch?.commit ?? '', into });
  };

  it('are found by how their names begin, as the remote shows them now', async () => {
    expect(await repository.branches(location(), 'eks-upgrade/coast-')).toEqual([]);
    const { commit } = await repository.commitAndPush(edit(changed));
    await repository.commitAndPush({ ...edit(changed), branch: 'eks-upgrade/harbor-1.24' });
    expect(await repository.branches(location(), 'eks-upgrade/coast-')).toEqual([{ branch: BRANCH, commit }]);
  });

  it('are not merged while main says something else', async () => {
    await repository.commitAndPush(edit(changed));
    await fixture.push({ from: 'origin/main', files: { 'README.md': 'main moved\n' } });
    expect(await isMerged()).toBe(false);
  });

  it('are merged by a merge, whatever main says since', async () => {
    await repository.commitAndPush(edit(changed));
    await fixture.push({ from: `origin/${BRANCH}`, files: { [PATH_IN_REPO]: `${changed}// more\n` } });
    expect(await isMerged()).toBe(true);
  });

  it('are merged by a squash, also when the config was changed again after it', async () => {
    await repository.commitAndPush(edit(changed));
    await fixture.push({ from: 'origin/main', files: { [PATH_IN_REPO]: changed } });
    expect(await isMerged()).toBe(true);
    await fixture.push({ from: 'origin/main', files: { [PATH_IN_REPO]: `${changed}// more\n` } });
    expect(await isMerged()).toBe(true);
  });
});
