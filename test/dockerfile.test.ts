import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** The parts of the Dockerfile that can be tried without building it: its shell lines, its health check, its copies. */
const project = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

type Instruction = { name: string; text: string };

/** Instructions with their continued lines joined as Docker joins them. */
async function instructions(): Promise<Instruction[]> {
  const text = await readFile(join(project, 'Dockerfile'), 'utf8');
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll('\\\n', '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ')[0] ?? '', text: line.slice(line.indexOf(' ') + 1) }));
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dockerfile-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('eksctl and jsonnet', () => {
  test('are installed when the archives have the checksums that are written down', async () => {
    const archives = { eksctl: await archive('eksctl'), jsonnet: await archive('jsonnet') };
    const { stdout } = await install({ EKSCTL_SHA256_AMD64: archives.eksctl, JSONNET_SHA256_AMD64: archives.jsonnet });
    expect(stdout).toBe('eksctl.tar.gz: OK\njsonnet.tar.gz: OK\nI am eksctl version\nI am jsonnet --version\n');
    await access(join(folder, 'work/bin/eksctl'));
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe(
      'https://github.com/eksctl-io/eksctl/releases/download/v0.230.0/eksctl_Linux_amd64.tar.gz\n' +
        'https://github.com/google/go-jsonnet/releases/download/v0.21.0/go-jsonnet_Linux_x86_64.tar.gz\n',
    );
  });

  test('are not, when one archive is another one', async () => {
    const jsonnet = await archive('jsonnet');
    await archive('eksctl');
    await expect(install({ JSONNET_SHA256_AMD64: jsonnet })).rejects.toThrow('computed checksum did NOT match');
    await expect(access(join(folder, 'work/bin/eksctl'))).rejects.toThrow('ENOENT');
  });

  test('of arm64 come with their own checksums', async () => {
    const archives = { eksctl: await archive('eksctl'), jsonnet: await archive('jsonnet') };
    await install({ EKSCTL_SHA256_ARM64: archives.eksctl, JSONNET_SHA256_ARM64: archives.jsonnet }, 'arm64');
    expect(await readFile(join(folder, 'asked'), 'utf8')).toContain('go-jsonnet_Linux_arm64.tar.gz');
  });

  test('are refused for other machines', async () => {
    await expect(install({}, 'riscv64')).rejects.toThrow(
      'no eksctl and jsonnet are pinned for riscv64: build for amd64 or arm64',
    );
  });

  /** What the download of a program gives; returns its checksum. */
  async function archive(program: string): Promise<string> {
    await writeFile(join(folder, program), `#!/bin/sh\necho "I am ${program} $*"\n`, { mode: 0o755 });
    await run('tar', ['-czf', join(folder, `${program}.tar.gz`), '-C', folder, program]);
    return createHash('sha256')
      .update(await readFile(join(folder, `${program}.tar.gz`)))
      .digest('hex');
  }

  async function install(checksums: Record<string, string>, machine = 'amd64') {
    const all = await instructions();
    const defaults = all.filter(({ name }) => name === 'ARG').map(({ text }) => text.split('=') as [string, string]);
    const download = all.find(({ name, text }) => name === 'RUN' && text.includes('sha256sum'));
    await mkdir(join(folder, 'programs'));
    await program('dpkg', `echo ${machine}`);
    await program('curl', `for url; do :; done; echo "$url" >> ${folder}/asked; cp "${folder}/$5" "$5"`);
    await mkdir(join(folder, 'work'));
    const env = { ...Object.fromEntries(defaults), ...checksums, PATH: `${join(folder, 'programs')}:/usr/bin:/bin` };
    return run('/bin/bash', ['-euo', 'pipefail', '-c', download?.text ?? 'false'], { cwd: join(folder, 'work'), env });
  }

  async function program(name: string, text: string): Promise<void> {
    await writeFile(join(folder, 'programs', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, 'programs', name), 0o755);
  }
});

test.each([
  { status: 200, healthy: true },
  { status: 503, healthy: false },
])('the health check asks /healthz of the own port: $status', async ({ status, healthy }) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(status).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await check(port)).toBe(healthy);
  expect(asked).toEqual(['/healthz']);
  server.close();
  server.closeAllConnections();
});

test('the health check fails when nobody listens', async () => {
  expect(await check(1)).toBe(false);
});

async function check(port: number): Promise<boolean> {
  const healthcheck = (await instructions()).find(({ name }) => name === 'HEALTHCHECK');
  const command = JSON.parse(healthcheck?.text.slice(healthcheck.text.indexOf('CMD ') + 4) ?? '[]') as string[];
  expect(command[0]).toBe('node');
  return run(process.execPath, command.slice(1), { env: { PORT: String(port) } }).then(
    () => true,
    () => false,
  );
}

test('what is copied is there and is not ignored', async () => {
  const ignored = await readFile(join(project, '.dockerignore'), 'utf8');
  const copies = (await instructions()).filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from'));
  const sources = copies.flatMap(({ text }) => text.split(' ').slice(0, -1));
  expect(sources).toContain('src');
  for (const source of sources) {
    await access(join(project, source));
    expect(ignored).toContain(`!${source}`);
  }
});

test('it does not run as root, and Kubernetes can tell', async () => {
  const users = (await instructions()).filter(({ name }) => name === 'USER').map(({ text }) => text);
  expect(users).toEqual(['1000:1000']);
});
