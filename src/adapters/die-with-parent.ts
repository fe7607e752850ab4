import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/**
 * An eksctl that outlives its worker would go on deleting while nobody watches, and a second worker would start
 * another beside it. The kernel sees to it on Linux (`setpriv` sets PR_SET_PDEATHSIG and becomes the program: same
 * process id, no process between). Elsewhere a supervisor process holds a pipe to us and kills its group when the pipe
 * closes.
 *
 * PR_SET_PDEATHSIG is sent when the *thread* that forked ends (prctl(2)), and only to the child itself: grandchildren
 * are killed with their group on abort and time-out, but not when we are killed with -9. Programs we start (eksctl,
 * jsonnet, git) end by themselves when their own parent does not read any more.
 *
 * A parent that is stopped (SIGSTOP) or hangs is not dead. What must not go on without its attention gets the supervisor
 * on Linux too, and the supervisor ends it when it has not heard of us for `silenceMs`.
 */
export type DeathGuard = 'setpriv' | 'supervisor';

/** `lifeline`: standard in- and output number 3 is a pipe that the supervisor listens to. */
export type GuardedCommand = { program: string; args: string[]; lifeline: { beatMs: number | null } | null };

export async function dieWithParent(
  program: string,
  args: readonly string[],
  { guard, silenceMs }: { guard?: DeathGuard | undefined; silenceMs?: number | undefined } = {},
): Promise<GuardedCommand> {
  const setpriv = guard === 'supervisor' ? null : await findSetpriv();
  const command = setpriv === null ? [program, ...args] : [setpriv, '--pdeathsig', 'KILL', '--', program, ...args];
  if (setpriv !== null && silenceMs === undefined) return { program: setpriv, args: command.slice(1), lifeline: null };
  const supervisor = fileURLToPath(new URL('./subprocess-supervisor.js', import.meta.url));
  return {
    program: process.execPath,
    args: [supervisor, String(silenceMs ?? 0), ...command],
    lifeline: { beatMs: silenceMs === undefined ? null : silenceMs / BEATS_IN_SILENCE },
  };
}

/** So that one beat which comes late is not taken for silence. */
const BEATS_IN_SILENCE = 10;

let setprivPath: Promise<string | null> | undefined;

function findSetpriv(): Promise<string | null> {
  setprivPath ??= firstWorking(process.platform === 'linux' ? ['/usr/bin/setpriv', '/bin/setpriv'] : []);
  return setprivPath;
}

/** Busybox has a `setpriv` without `--pdeathsig`, so it is tried, not only looked for. */
async function firstWorking(candidates: readonly string[]): Promise<string | null> {
  for (const path of candidates) {
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const tried = await execa(path, ['--pdeathsig', 'KILL', '--', path, '--version'], {
      reject: false,
      extendEnv: false,
      env: {},
      timeout: 5_000,
      stdio: 'ignore',
    });
    if (tried.exitCode === 0) return path;
  }
  return null;
}
