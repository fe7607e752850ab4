import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A process of the demo's world; its standard error goes where ours goes, or into a file's descriptor. */
export type DemoProcess = { child: ChildProcess; name: string; firstLine: string; stop: () => Promise<void> };

type Launch = {
  name: string;
  script: string;
  args?: string[];
  /** For Node itself. */
  flags?: string[];
  env?: Record<string, string | undefined>;
  /** Where its log lines go. */
  stderr: 'inherit' | 'ignore' | number;
};

/** Starts a Node process and waits for its first line on standard output. Throws with its name when it ends before. */
export async function startProcess({
  name,
  script,
  args = [],
  flags = [],
  env = process.env,
  stderr,
}: Launch): Promise<DemoProcess> {
  const child = spawn(process.execPath, [...flags, script, ...args], { stdio: ['pipe', 'pipe', stderr], env });
  const exited = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended before it was ready (${signal ?? `exit code ${code}`})`);
  });
  const firstLine = await Promise.race([readLine(child.stdout as Readable), exited]);
  exited.catch(() => undefined);
  return { child, name, firstLine, stop: () => stopProcess(child) };
}

async function readLine(stream: Readable): Promise<string> {
  const lines = createInterface({ input: stream });
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

/** A clean hand-over first; a process that does not take it is killed. */
async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(timer);
}
