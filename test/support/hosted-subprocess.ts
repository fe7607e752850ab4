import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Subprocess, SubprocessRequest, SubprocessResult } from '#src/adapters/subprocess.ts';
import { dyingWithParent } from './dying-with-parent.ts';
import { programFile } from './programs.ts';
import type { HostAnswer, HostRequest } from './subprocess-host.ts';

/**
 * The bot's own door for child processes, in a small process beside this one. A process forks by copying its page tables,
 * and every page that it writes to then costs a fault: in a test process, which holds simulators, bot and worker, that is
 * 20 to 40 ms of a processor for each git, and a run starts a hundred. In a small process it is one.
 */
export const hostedSubprocess: Subprocess = async (request) => {
  host ??= startHost();
  return host.run(request);
};

const MOST_OUTPUT = 16 * 1024 * 1024;

/** A program that has no business failing, with what it prints. */
export async function hostedProgram(
  program: string,
  args: string[],
  { env, cwd = '/' }: { env: Record<string, string>; cwd?: string },
): Promise<{ stdout: string }> {
  const result = await hostedSubprocess({
    program,
    args,
    cwd,
    env,
    timeoutMs: 60_000,
    stdout: 'data',
    keepBytes: MOST_OUTPUT,
  });
  if (result.kind === 'exited' && result.code === 0) return result;
  throw new Error(`${[program, ...args].join(' ')} failed: ${'all' in result ? result.all : result.message}`);
}

type Host = { run: (request: SubprocessRequest) => Promise<SubprocessResult> };
type Waiting = { resolve: (result: SubprocessResult) => void; reject: (error: Error) => void };

/** One for this process. It ends with us, and keeps us only while it owes an answer. */
let host: Host | undefined;

function startHost(): Host {
  const [program, ...args] = dyingWithParent([process.execPath, programFile('subprocess-host')]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  // It is on its way out with us.
  child.stdin.on('error', () => undefined);
  const waiting = new Map<number, Waiting>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as HostAnswer;
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asked?.reject(new Error(answer.error));
    else asked?.resolve(answer.result);
  });
  child.once('exit', (code, signal) => {
    host = undefined;
    for (const { reject } of waiting.values())
      reject(new Error(`the host of child processes ended (${signal ?? code})`));
  });
  let last = 0;
  const say = (request: HostRequest) => void child.stdin.write(`${JSON.stringify(request)}\n`);
  return {
    run: async ({ signal, ...request }) => {
      const id = ++last;
      const abort = (): void => say({ kind: 'abort', id });
      const answer = new Promise<SubprocessResult>((resolve, reject) => waiting.set(id, { resolve, reject }));
      hold(child, true);
      say({ kind: 'run', id, request });
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) abort();
      try {
        return await answer;
      } finally {
        signal?.removeEventListener('abort', abort);
        if (waiting.size === 0) hold(child, false);
      }
    },
  };
}

/** Pipes of a child are sockets. */
function hold(child: ChildProcessByStdio<Writable, Readable, null>, isNeeded: boolean): void {
  for (const handle of [child, child.stdin as unknown as Socket, child.stdout as unknown as Socket]) {
    if (isNeeded) handle.ref();
    else handle.unref();
  }
}
