import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A Node process of the harness. It never outlives us, not even stopped by SIGSTOP. */
export type ChildProcessHandle = {
  pid: number;
  stdin: Writable;
  stdout: Readable;
  kill: (signal: NodeJS.Signals) => void;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

type Start = {
  script: string;
  argument: string;
  env: Record<string, string | undefined>;
  stderr: 'inherit' | number;
};

const SETPRIV = '/usr/bin/setpriv';
/**
 * Hundreds of processes compile the same files; `env` may name another place.
 * https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
const COMPILE_CACHE = join(tmpdir(), 'eks-chaos-compile-cache');

export function startChild({ script, argument, env, stderr }: Start): ChildProcessHandle {
  const command = [process.execPath, script, argument];
  const guarded = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...command] : command;
  const child = spawn(guarded[0] ?? '', guarded.slice(1), {
    stdio: ['pipe', 'pipe', stderr],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('a child without pipes');
  // It may be killed while we write.
  stdin.on('error', () => undefined);
  const exited = once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  return { pid: child.pid ?? 0, stdin, stdout, kill: (signal) => void child.kill(signal), exited };
}
