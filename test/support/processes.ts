import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockSettings } from '#test/simulators/clock.ts';
import { dyingWithParent } from './dying-with-parent.ts';
import { eksctlChildrenOf } from './eksctl-children.ts';
import { programFile } from './programs.ts';

/**
 * A half of the bot as operators run it, in a process of its own that can be killed, stopped and told to leave: the
 * switches of the fault catalogue's side "Processes" (see faults.md).
 */
export type BotProcess = {
  pid: number;
  /** Rejects with its log when it ends before. */
  ready: Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill: () => Promise<void>;
  /** SIGSTOP: it stands still and keeps its connections, until `goOn`. */
  hang: () => void;
  goOn: () => void;
  /** SIGTERM; resolves when it has left. `ms`: real milliseconds it took. */
  terminate: () => Promise<{ code: number | null; ms: number }>;
  /** What it wrote to standard error. */
  log: () => string;
};

export type Half = 'bot' | 'worker';
type Launch = { half: Half; env: Record<string, string>; clock: ClockSettings };

/** Leases as short as a test is patient; killed work is found after about half a second. */
export const SHORT_LEASES = { LOCK_DURATION_MS: '500', STALLED_INTERVAL_MS: '250' };

export function startBotProcess({ half, env, clock }: Launch): BotProcess {
  return startScript(programFile(half), { ...SHORT_LEASES, ...env, SIMULATED_CLOCK: JSON.stringify(clock) });
}

/** Any entry; ready with its first line on standard output. */
export function startScript(script: string, env: Record<string, string>): BotProcess {
  const [program, ...args] = dyingWithParent([process.execPath, script]);
  const compileCache = process.env['NODE_COMPILE_CACHE'];
  const child = spawn(program, args, {
    env: { ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const ready = Promise.race([
    once(child.stdout, 'data').then(() => undefined),
    exited.then(() => Promise.reject(new Error(`it ended before it was ready: ${log}`))),
  ]);
  ready.catch(() => undefined);
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    ready,
    kill: async () => {
      if (gone()) return;
      child.kill('SIGKILL');
      await exited;
    },
    hang: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    terminate: async () => {
      const toldAt = Date.now();
      child.kill('SIGTERM');
      const [code] = await exited;
      return { code, ms: Date.now() - toldAt };
    },
    log: () => log,
  };
}

/** Resolves with its process id as soon as this worker runs this command of eksctl. An eksctl takes long to start, so it is still there. */
export async function eksctlOf(worker: Pick<BotProcess, 'pid'>, command: RegExp): Promise<number> {
  for (;;) {
    const child = (await eksctlChildrenOf([worker.pid])).find(({ args }) => command.test(args));
    if (child !== undefined) return child.pid;
    await sleep(20);
  }
}

/** kill -9 of this eksctl of this worker; waits for it. */
export async function killEksctlOf(worker: Pick<BotProcess, 'pid'>, command: RegExp): Promise<void> {
  process.kill(await eksctlOf(worker, command), 'SIGKILL');
}
