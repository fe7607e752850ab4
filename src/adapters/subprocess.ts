import type { ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { execa } from 'execa';
import { type DeathGuard, dieWithParent, type GuardedCommand } from './die-with-parent.ts';
import { findProgram } from './find-program.ts';
import { createOutputTail } from './output-tail.ts';
import { redactSecrets } from './redact-secrets.ts';

/**
 * The one door for child processes.
 *
 * argv only, never a shell, so nothing a person typed is ever parsed again. The child sees exactly the environment its
 * caller lists. It leads a process group of its own: an abort or the time limit ends the whole group (SIGTERM, then
 * SIGKILL), and whatever the child leaves behind in the group when it ends is killed too. It dies when we die
 * (die-with-parent.ts). Of its output the last bytes are kept, the rest is read and thrown away, so a child that prints
 * without end is neither blocked nor paid for in memory. An abort is a result (`killed`), not an error.
 */
export type SubprocessRequest = {
  program: string;
  args: readonly string[];
  cwd: string;
  /** All the child gets: PATH is looked up here too. */
  env: Readonly<Record<string, string>>;
  /** Real milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  input?: string | undefined;
  /**
   * `log`: for people, secrets are redacted. `data`: standard output is an answer to be parsed and comes as it is;
   * standard error is redacted all the same.
   */
  stdout?: 'log' | 'data' | undefined;
  /** Bytes kept of the end of each stream. */
  keepBytes?: number | undefined;
  /** Real milliseconds between SIGTERM and SIGKILL. */
  graceMs?: number | undefined;
  guard?: DeathGuard | undefined;
  /** Real milliseconds after which the child is killed when we do not run (stopped, hanging); absent: it goes on. */
  silenceMs?: number | undefined;
};

export type SubprocessResult =
  | ({ kind: 'exited'; code: number } & SubprocessOutput)
  | { kind: 'spawn-failed'; message: string }
  /** By a signal: our abort (`aborted`), or somebody else's, e.g. the kernel out of memory. */
  | ({ kind: 'killed'; signal: string; aborted: boolean } & SubprocessOutput)
  | ({ kind: 'timed-out'; timeoutMs: number } & SubprocessOutput);

export type SubprocessOutput = {
  stdout: string;
  stderr: string;
  /** Both streams in the order in which they came, redacted. */
  all: string;
  /** The front of standard output is missing. */
  truncated: boolean;
};

export type Subprocess = (request: SubprocessRequest) => Promise<SubprocessResult>;

const KEEP_BYTES = 64 * 1024;
const GRACE_MS = 5_000;
/** How long a grandchild that left the group may keep our pipes open after the child ended. */
const PIPES_AFTER_EXIT_MS = 500;

export async function runSubprocess(request: SubprocessRequest): Promise<SubprocessResult> {
  if (request.signal?.aborted === true) return { kind: 'killed', signal: 'none', aborted: true, ...NO_OUTPUT };
  const found = await findOrSayWhyNot(request);
  if (found.kind === 'spawn-failed') return found;
  const command = await dieWithParent(found.path, request.args, request);
  return await followChild(startChild(command, request), request);
}

const NO_OUTPUT: SubprocessOutput = { stdout: '', stderr: '', all: '', truncated: false };

/** `setpriv` would turn "not found" into an exit code, so what can be known before is asked before. */
async function findOrSayWhyNot({
  program,
  cwd,
  env,
}: SubprocessRequest): Promise<{ kind: 'found'; path: string } | { kind: 'spawn-failed'; message: string }> {
  const isDirectory = await stat(cwd).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isDirectory) return { kind: 'spawn-failed', message: `cannot start ${program} in ${cwd}: no such directory` };
  const searchPath = env['PATH'] ?? '';
  const path = await findProgram(program, { cwd, path: searchPath });
  if (path !== null) return { kind: 'found', path };
  const why = program.includes('/') ? 'no such file, or not executable' : `not found in PATH (${searchPath})`;
  return { kind: 'spawn-failed', message: `cannot start ${program}: ${why}` };
}

type Child = { process: ChildProcess; settled: Promise<{ failure: string | null }> };

function startChild({ program, args, lifeline }: GuardedCommand, { cwd, env, input }: SubprocessRequest): Child {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = execa(program, args, {
    cwd,
    env: { ...env },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdio: lifeline !== null ? [stdin, 'pipe', 'pipe', 'pipe'] : [stdin, 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  });
  if (lifeline !== null) keepBeating(child.nodeChildProcess, lifeline);
  return {
    process: child.nodeChildProcess,
    settled: child.then((result) => ({ failure: result instanceof Error ? (result.shortMessage ?? null) : null })),
  };
}

/** A beat is due from the event loop, so that one that hangs is as silent as a process that is stopped. */
function keepBeating(child: ChildProcess, { beatMs }: NonNullable<GuardedCommand['lifeline']>): void {
  const [, , , pipe] = child.stdio;
  if (!(pipe instanceof Writable)) return;
  // EPIPE: the child ended a moment ago.
  pipe.on('error', () => undefined);
  if (beatMs === null) return;
  const beat = setInterval(() => pipe.write('.'), beatMs);
  pipe.once('close', () => clearInterval(beat));
  child.once('exit', () => clearInterval(beat));
}

async function followChild(child: Child, request: SubprocessRequest): Promise<SubprocessResult> {
  const output = followOutput(child.process, request.keepBytes ?? KEEP_BYTES);
  const group = superviseGroup(child.process, request);
  const result = await child.settled;
  group.dispose();

  const seen = group.seen();
  const text = output.text(request.stdout ?? 'log');
  if (seen.exit === null)
    return { kind: 'spawn-failed', message: `cannot start ${request.program}: ${result.failure ?? 'no reason given'}` };
  if (seen.ended === 'timed-out') return { kind: 'timed-out', timeoutMs: request.timeoutMs, ...text };
  if (seen.ended === 'aborted')
    return { kind: 'killed', signal: seen.exit.signal ?? 'SIGTERM', aborted: true, ...text };
  if (seen.exit.signal !== null) return { kind: 'killed', signal: seen.exit.signal, aborted: false, ...text };
  return { kind: 'exited', code: seen.exit.code ?? 1, ...text };
}

function followOutput(child: ChildProcess, keepBytes: number): { text: (kind: 'log' | 'data') => SubprocessOutput } {
  const [stdout, stderr, all] = [createOutputTail(keepBytes), createOutputTail(keepBytes), createOutputTail(keepBytes)];
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    all.push(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr.push(chunk);
    all.push(chunk);
  });
  return {
    text: (kind) => ({
      stdout: kind === 'data' ? stdout.text() : redactSecrets(stdout.text()),
      stderr: redactSecrets(stderr.text()),
      all: redactSecrets(all.text()),
      truncated: stdout.truncated(),
    }),
  };
}

type Seen = {
  ended: 'by-itself' | 'aborted' | 'timed-out';
  /** null: it never ran. */
  exit: { code: number | null; signal: NodeJS.Signals | null } | null;
};

/** Ends the child's whole group on abort and at the time limit, and what is left of the group when the child has ended. */
function superviseGroup(child: ChildProcess, request: SubprocessRequest): { seen: () => Seen; dispose: () => void } {
  const seen: Seen = { ended: 'by-itself', exit: null };
  let grace: NodeJS.Timeout | undefined;

  const end = (ended: Seen['ended']): void => {
    if (seen.ended !== 'by-itself' || seen.exit !== null) return;
    seen.ended = ended;
    signalGroup(child, 'SIGTERM');
    grace = setTimeout(() => signalGroup(child, 'SIGKILL'), request.graceMs ?? GRACE_MS);
  };
  const onAbort = (): void => end('aborted');
  const limit = setTimeout(() => end('timed-out'), request.timeoutMs);
  request.signal?.addEventListener('abort', onAbort, { once: true });
  if (request.signal?.aborted === true) onAbort();

  child.once('exit', (code, signal) => {
    seen.exit = { code, signal };
    signalGroup(child, 'SIGKILL');
    const [, , , lifeline] = child.stdio;
    lifeline?.destroy();
    setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, PIPES_AFTER_EXIT_MS).unref();
  });
  return {
    seen: () => seen,
    dispose: () => {
      clearTimeout(limit);
      clearTimeout(grace);
      request.signal?.removeEventListener('abort', onAbort);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: nobody is left in the group, which is what we want.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}
