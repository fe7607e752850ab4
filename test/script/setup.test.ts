import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** `script/setup` on machines that are made up: a PATH of our own, with package managers that only take notes. */
const setup = resolve(import.meta.dirname, '../../script/setup');
const ordinary = ['bash', 'sh', 'cat', 'cmp', 'cp', 'chmod', 'dirname', 'env', 'mkdir', 'rm', 'sed', 'tee', 'printf'];

let machine: string;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), 'setup-test-'));
  await mkdir(join(machine, 'checkout/script'), { recursive: true });
  await mkdir(join(machine, 'bin'));
  await copyFile(setup, join(machine, 'checkout/script/setup'));
  await writeFile(join(machine, 'checkout/package-lock.json'), '{}');
  for (const name of ordinary) await symlink(await whereIs(name), join(machine, 'bin', name));
  await has('id', 'echo 0');
});
afterEach(() => rm(machine, { recursive: true }));

const node24 = 'echo 24';
const node20 = 'case "$1" in --version) echo v20.20.2 ;; *) echo 20 ;; esac';
const redis7 = 'echo "Redis server v=7.0.15 sha=00000000:0"';

test('with everything there it installs only the packages, and the second time nothing', async () => {
  await hasAll({
    'redis-server': redis7,
    jsonnet: '',
    git: '',
    npm: 'mkdir -p node_modules; note',
    node: node24,
    uname: 'echo Linux',
    'apt-get': 'note',
  });
  expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('ready: npm run demo') });
  expect(await notes()).toEqual(['npm ci --no-progress']);
  expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('packages are installed already') });
  expect(await notes()).toEqual(['npm ci --no-progress']);
  await writeFile(join(machine, 'checkout/package-lock.json'), '{"new":1}');
  expect(await run()).toMatchObject({ code: 0 });
  expect(await notes()).toHaveLength(2);
});

test('on Debian it says what is missing and what for, and installs that with apt-get', async () => {
  await hasAll({
    git: '',
    npm: 'mkdir -p node_modules',
    node: node24,
    uname: 'echo Linux',
    'apt-get': `note; ${installs({ 'redis-server': redis7, jsonnet: '', chromium: '' })}`,
  });
  const { code, output } = await run('--test');
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining('  redis-server: the bot keeps its runs in Redis'),
  });
  expect(output).toContain('installing with apt-get: redis-server jsonnet chromium fonts-liberation');
  expect(output).toContain('ready: npm test');
  expect(await notes()).toEqual([
    'apt-get update -qq',
    'apt-get install -y -qq --no-install-recommends redis-server jsonnet chromium fonts-liberation',
  ]);
});

test('services of new packages are not started, and later ones are as before', async () => {
  await hasAll({
    git: '',
    npm: 'mkdir -p node_modules',
    node: node24,
    uname: 'echo Linux',
    'apt-get': `"$POLICY_RC_D"; args="$1, starting a service: $?"; note; ${installs({ 'redis-server': redis7, jsonnet: '' })}`,
  });
  expect(await run()).toMatchObject({ code: 0 });
  expect(await notes()).toContain('apt-get install, starting a service: 101');
  await expect(readFile(join(machine, 'policy-rc.d'))).rejects.toThrow('ENOENT');
});

test('a browser is looked for only for the tests', async () => {
  await hasAll({
    'redis-server': redis7,
    jsonnet: '',
    git: '',
    npm: 'mkdir -p node_modules',
    node: node24,
    uname: 'echo Linux',
  });
  expect(await run()).toMatchObject({ code: 0 });
  expect(await run('--test')).toMatchObject({
    code: 1,
    output: expect.stringContaining('chromium: the tests click through the local workspace'),
  });
});

test("a browser that does not start, like Ubuntu's stand-in for a snap, does not count", async () => {
  await hasAll({
    'redis-server': redis7,
    jsonnet: '',
    git: '',
    npm: 'mkdir -p node_modules',
    node: node24,
    uname: 'echo Linux',
    chromium: 'exit 1',
    'google-chrome': '',
  });
  expect(await run('--test')).toMatchObject({ code: 0 });
  await rm(join(machine, 'bin/google-chrome'));
  expect(await run('--test')).toMatchObject({ code: 1, output: expect.stringContaining('chromium: ') });
});

test('on macOS it installs with Homebrew', async () => {
  await hasAll({
    git: '',
    node: node24,
    uname: 'echo Darwin',
    brew: `note; ${installs({ 'redis-server': redis7, jsonnet: '', npm: 'mkdir -p node_modules; note' })}`,
  });
  expect(await run()).toMatchObject({ code: 0 });
  expect(await notes()).toEqual(['brew install redis jsonnet node@24', 'npm ci --no-progress']);
});

test('on macOS an old Node is refused before anything is installed into the project', async () => {
  await hasAll({
    'redis-server': redis7,
    jsonnet: '',
    git: '',
    npm: 'note',
    node: node20,
    uname: 'echo Darwin',
    brew: 'note',
  });
  expect(await run()).toMatchObject({
    code: 1,
    output: expect.stringContaining(
      'found v20.20.2, eks-upgrade-bot needs Node 24 or newer: install it (macOS: brew install node@24',
    ),
  });
  expect(await notes()).toEqual([]);
});

test('on Linux an old Node is no matter when npm brings a new one', async () => {
  const bringsNode = `mkdir -p node_modules/.bin; printf '#!/bin/sh\\necho 24\\n' > node_modules/.bin/node; chmod 755 node_modules/.bin/node`;
  await hasAll({ 'redis-server': redis7, jsonnet: '', git: '', npm: bringsNode, node: node20, uname: 'echo Linux' });
  expect(await run()).toMatchObject({ code: 0 });
});

test('on Linux an old Node is refused when npm brings none', async () => {
  await hasAll({
    'redis-server': redis7,
    jsonnet: '',
    git: '',
    npm: 'mkdir -p node_modules',
    node: node20,
    uname: 'echo Linux',
  });
  expect(await run()).toMatchObject({
    code: 1,
    output: expect.stringContaining('found v20.20.2, eks-upgrade-bot needs Node 24'),
  });
});

test('without apt-get and brew it says what to install oneself', async () => {
  await hasAll({ git: '', npm: '', node: node24, uname: 'echo Linux' });
  const { code, output } = await run();
  expect(code).toBe(1);
  expect(output).toContain('  jsonnet: evaluates the eksctl configs');
  expect(output).toContain('found neither apt-get nor brew: install what is listed above yourself');
});

test('a package manager that fails is named', async () => {
  await hasAll({ git: '', npm: '', node: node24, uname: 'echo Linux', 'apt-get': 'exit 100' });
  expect(await run()).toMatchObject({
    code: 1,
    output: expect.stringContaining('apt-get could not install redis-server jsonnet'),
  });
});

test('without root and without sudo it says so', async () => {
  await hasAll({ git: '', npm: '', node: node24, uname: 'echo Linux', 'apt-get': 'note', id: 'echo 1000' });
  expect(await run()).toMatchObject({
    code: 1,
    output: expect.stringContaining('and there is no sudo: run it as root'),
  });
  expect(await notes()).toEqual([]);
});

test('without root it asks sudo', async () => {
  await hasAll({
    git: '',
    npm: 'mkdir -p node_modules',
    node: node24,
    uname: 'echo Linux',
    'apt-get': `note; ${installs({ 'redis-server': redis7, jsonnet: '' })}`,
    id: 'echo 1000',
    sudo: 'exec "$@"',
  });
  expect(await run()).toMatchObject({ code: 0 });
  expect(await notes()).toContain('apt-get update -qq');
});

test('a Redis older than 6.2 is refused', async () => {
  await hasAll({
    'redis-server': 'echo "Redis server v=6.0.16 sha=0"',
    jsonnet: '',
    git: '',
    npm: '',
    node: node24,
    uname: 'echo Linux',
  });
  expect(await run()).toMatchObject({
    code: 1,
    output: expect.stringContaining('redis-server 6.0 is older than 6.2: install a newer one'),
  });
});

test('an argument it does not know is refused', async () => {
  expect(await run('--tests')).toMatchObject({
    code: 1,
    output: 'script/setup: does not know "--tests": give --test, or nothing\n',
  });
});

/** Puts a program on the machine; `note` in its text writes its name and arguments down. */
async function has(name: string, text: string): Promise<void> {
  const path = join(machine, 'bin', name);
  const note = `note() { echo "${name} $args" >> "${machine}/notes"; }`;
  await writeFile(path, `#!/bin/sh\nargs="$*"\n${note}\n${text}\n`);
  await chmod(path, 0o755);
}

async function hasAll(programs: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(programs)) await has(name, text);
}

/** Shell text that puts programs on the machine when a package manager is told to install. */
function installs(programs: Record<string, string>): string {
  const writing = Object.entries(programs).map(([name, text]) => {
    const script = ['#!/bin/sh', 'args="$*"', `note() { echo "${name} $args" >> "${machine}/notes"; }`, text].join(
      '\n',
    );
    return `cat > "${machine}/bin/${name}" <<'PROGRAM'\n${script}\nPROGRAM\nchmod 755 "${machine}/bin/${name}"\n`;
  });
  return `case "$1" in install)\n${writing.join('')};;\nesac`;
}

async function notes(): Promise<string[]> {
  const text = await readFile(join(machine, 'notes'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

function run(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const options = { env: { PATH: join(machine, 'bin'), HOME: machine, POLICY_RC_D: join(machine, 'policy-rc.d') } };
    const child = execFile(
      join(machine, 'bin/bash'),
      [join(machine, 'checkout/script/setup'), ...args],
      options,
      (_error, stdout, stderr) => {
        done({ code: child.exitCode ?? 1, output: stdout + stderr });
      },
    );
  });
}

async function whereIs(name: string): Promise<string> {
  const found = await new Promise<string>((done) => {
    execFile('/bin/sh', ['-c', `command -v ${name}`], (_error, stdout) => done(stdout.trim()));
  });
  // printf is built into the shell of some systems only.
  return found.startsWith('/') ? found : `/usr/bin/${name}`;
}
