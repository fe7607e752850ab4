import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSubprocess, type SubprocessRequest } from '#src/adapters/subprocess.ts';

const NODE = process.execPath;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'subprocess-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function script(code: string, more: Partial<SubprocessRequest> = {}): SubprocessRequest {
  return { program: NODE, args: ['-e', code], cwd: directory, env: {}, timeoutMs: 20_000, ...more };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const started = Date.now(); Date.now() - started < 10_000; await sleep(10)) {
    if (await condition()) return;
  }
  throw new Error(`never came true: ${what}`);
}

async function pidIn(file: string): Promise<number> {
  const path = join(directory, file);
  await until(`${file} is written`, async () => (await readFile(path, 'utf8').catch(() => '')).endsWith('\n'));
  return Number(await readFile(path, 'utf8'));
}

describe('how a child process can end', () => {
  it('exited: code and both streams', async () => {
    const result = await runSubprocess(script(`console.log('to out'); console.error('to err'); process.exitCode = 3`));

    expect(result).toMatchObject({ kind: 'exited', code: 3, stdout: 'to out\n', stderr: 'to err\n', truncated: false });
  });

  it.each([
    [
      'a program that is not in PATH',
      { program: 'no-such-program', env: { PATH: '/usr/bin' } },
      'cannot start no-such-program: not found in PATH (/usr/bin)',
    ],
    [
      'a path that is not there',
      { program: '/no/such/program' },
      'cannot start /no/such/program: no such file, or not executable',
    ],
    [
      'a working directory that is not there',
      { program: '/bin/true', cwd: '/no/such/folder' },
      'cannot start /bin/true in /no/such/folder: no such directory',
    ],
  ])('spawn-failed: %s', async (_title, request, message) => {
    expect(await runSubprocess(script('', request))).toEqual({ kind: 'spawn-failed', message });
  });

  it('spawn-failed: a file that is not executable', async () => {
    const file = join(directory, 'plain');
    await writeFile(file, 'text');

    expect(await runSubprocess(script('', { program: file }))).toEqual({
      kind: 'spawn-failed',
      message: `cannot start ${file}: no such file, or not executable`,
    });
  });

  it('killed: by a signal that was not ours', async () => {
    const result = await runSubprocess(script(`process.kill(process.pid, 'SIGINT'); setInterval(() => {}, 1000)`));

    expect(result).toMatchObject({ kind: 'killed', signal: 'SIGINT', aborted: false });
  });

  it('killed: aborted, with what it had printed', async () => {
    const abort = new AbortController();
    const running = runSubprocess(
      script(
        `console.log('working'); require('fs').writeFileSync('pid', process.pid + '\\n'); setInterval(() => {}, 1000)`,
        { signal: abort.signal },
      ),
    );
    const pid = await pidIn('pid');
    abort.abort();

    expect(await running).toMatchObject({ kind: 'killed', aborted: true, stdout: 'working\n' });
    expect(isAlive(pid)).toBe(false);
  });

  it('killed: aborted before it was started, it never runs', async () => {
    const result = await runSubprocess(
      script(`require('fs').writeFileSync('ran', '')`, { signal: AbortSignal.abort() }),
    );

    expect(result).toMatchObject({ kind: 'killed', aborted: true });
    await expect(readFile(join(directory, 'ran'))).rejects.toThrow('ENOENT');
  });

  it('timed-out: the whole group, a grandchild and one that ignores SIGTERM included', async () => {
    const grandchild = `process.on('SIGTERM', () => {}); require('fs').writeFileSync('grandchild', process.pid + '\\n'); setInterval(() => {}, 1000)`;
    const running = runSubprocess(
      script(
        `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
       process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`,
        { timeoutMs: 1_500, graceMs: 100 },
      ),
    );
    const pid = await pidIn('grandchild');

    expect(await running).toMatchObject({ kind: 'timed-out', timeoutMs: 1_500 });
    await until('the grandchild is gone', () => !isAlive(pid));
  });

  it('exited: what it leaves behind is killed and does not hold us up', async () => {
    const result = await runSubprocess(
      script(
        `const left = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
       console.log(left.pid); left.unref();`,
      ),
    );

    expect(result).toMatchObject({ kind: 'exited', code: 0 });
    const pid = result.kind === 'exited' ? Number(result.stdout) : NaN;
    await until('the left-over process is gone', () => !isAlive(pid));
  });
});

describe('what goes in and what comes out', () => {
  it('passes arguments as they are: no shell reads them', async () => {
    const evil = '$(touch pwned); `touch pwned` && "quotes" * ~';
    const result = await runSubprocess({
      ...script('console.log(process.argv[1])'),
      args: ['-e', 'console.log(process.argv[1])', '--', evil],
    });

    expect(result).toMatchObject({ stdout: `${evil}\n` });
  });

  it('gives the child the listed environment and nothing else', async () => {
    const result = await runSubprocess(script('console.log(JSON.stringify(process.env))', { env: { ONLY: 'this' } }));

    expect(JSON.parse(result.kind === 'exited' ? result.stdout : '')).toEqual({ ONLY: 'this' });
  });

  it('gives input on standard input', async () => {
    const result = await runSubprocess(script('process.stdin.pipe(process.stdout)', { input: 'from us' }));

    expect(result).toMatchObject({ stdout: 'from us' });
  });

  it('keeps the end of 250 MB of output in little memory, without blocking the child', async () => {
    const before = process.memoryUsage().rss;
    const result = await runSubprocess(
      script(
        `const line = 'x'.repeat(1023) + '\\n'; let n = 0;
       (function more() { while (n++ < 250_000) if (!process.stdout.write(line)) return process.stdout.once('drain', more); console.log('the end'); })()`,
      ),
    );

    expect(result).toMatchObject({ kind: 'exited', code: 0, truncated: true });
    const stdout = result.kind === 'exited' ? result.stdout : '';
    expect(stdout.endsWith('the end\n')).toBe(true);
    expect(stdout.length).toBeLessThanOrEqual(64 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });

  it('redacts what is for people, and leaves data as it is', async () => {
    const code = `console.log('key AKIAIOSFODNN7EXAMPLE'); console.error('https://me:secret@host/x')`;

    expect(await runSubprocess(script(code))).toMatchObject({
      stdout: 'key [access key]\n',
      stderr: 'https://[credentials]@host/x\n',
    });
    expect(await runSubprocess(script(code, { stdout: 'data' }))).toMatchObject({
      stdout: 'key AKIAIOSFODNN7EXAMPLE\n',
      stderr: 'https://[credentials]@host/x\n',
    });
  });
});

describe.each(['setpriv', 'supervisor'] as const)('with %s', (guard) => {
  it.runIf(guard === 'supervisor' || process.platform === 'linux')(
    'a child dies with its parent, also when that is killed with -9',
    async () => {
      const door = fileURLToPath(import.meta.resolve('#src/adapters/subprocess.ts'));
      const child = `require('fs').writeFileSync('child', process.pid + '\\n'); setInterval(() => {}, 1000)`;
      const request = { program: NODE, args: ['-e', child], cwd: directory, env: {}, timeoutMs: 60_000, guard };
      await writeFile(
        join(directory, 'parent.ts'),
        `
      import { runSubprocess } from ${JSON.stringify(door)};
      await runSubprocess(${JSON.stringify(request)});
    `,
      );
      const parent = spawn(NODE, [join(directory, 'parent.ts')], { stdio: 'ignore', cwd: process.cwd() });
      const pid = await pidIn('child');
      expect(isAlive(pid)).toBe(true);

      parent.kill('SIGKILL');
      await once(parent, 'exit');

      await until('the child is gone', () => !isAlive(pid));
    },
  );

  it('exit code, signal and output are those of the program', async () => {
    expect(await runSubprocess(script(`console.log('x'); process.exit(7)`, { guard }))).toMatchObject({
      kind: 'exited',
      code: 7,
      stdout: 'x\n',
    });
    expect(await runSubprocess(script(`process.kill(process.pid, 'SIGKILL')`, { guard }))).toMatchObject({
      kind: 'killed',
      signal: 'SIGKILL',
    });
    expect(await runSubprocess(script(`setInterval(() => {}, 1000)`, { guard, timeoutMs: 1_000 }))).toMatchObject({
      kind: 'timed-out',
    });
  });
});

describe('a child that must not go on without us', () => {
  it('is killed when we are stopped for longer than it may be left alone, and only then', async () => {
    const door = fileURLToPath(import.meta.resolve('#src/adapters/subprocess.ts'));
    const code = `require('fs').writeFileSync('watched', process.pid + '\\n'); setInterval(() => {}, 1000)`;
    const request = { program: NODE, args: ['-e', code], cwd: directory, env: {}, timeoutMs: 60_000, silenceMs: 1000 };
    await writeFile(
      join(directory, 'stopped.ts'),
      `
      import { writeFileSync } from 'node:fs';
      import { runSubprocess } from ${JSON.stringify(door)};
      writeFileSync('result', JSON.stringify(await runSubprocess(${JSON.stringify(request)})));
    `,
    );
    const parent = spawn(NODE, [join(directory, 'stopped.ts')], { stdio: 'ignore', cwd: directory });
    const pid = await pidIn('watched');
    parent.kill('SIGSTOP');
    await until('the child is gone', () => !isAlive(pid));
    expect(existsSync(join(directory, 'result'))).toBe(false);

    parent.kill('SIGCONT');
    await once(parent, 'exit');
    expect(JSON.parse(await readFile(join(directory, 'result'), 'utf8'))).toMatchObject({ kind: 'killed' });
  });

  it('goes on for as long as it needs while we run', async () => {
    const result = await runSubprocess(script(`setTimeout(() => console.log('done'), 1500)`, { silenceMs: 1000 }));
    expect(result).toMatchObject({ kind: 'exited', code: 0, stdout: 'done\n' });
  });
});
