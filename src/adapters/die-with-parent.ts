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
 */
export type DeathGuard = 'setpriv' | 'supervisor';

export type GuardedCommand = { program: string; args: string[]; needsLifeline: boolean };

export async function dieWithParent(
  program: string,
  args: readonly string[],
  wanted?: DeathGuard,
): Promise<GuardedCommand> {
  const setpriv = wanted === 'supervisor' ? null : await findSetpriv();
  if (setpriv !== null) {
    return { program: setpriv, args: ['--pdeathsig', 'KILL', '--', program, ...args], needsLifeline: false };
  }
  const supervisor = fileURLToPath(new URL('./subprocess-supervisor.ts', import.meta.url));
  return { program: process.execPath, args: [supervisor, program, ...args], needsLifeline: true };
}

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
