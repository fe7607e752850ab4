import { InternalError, TransientError, UserError } from '#src/domain/errors.ts';
import { runSubprocess, type Subprocess } from './subprocess.ts';

/**
 * The git program, told to ask nobody anything, to run no hook, and to speak only with the kinds of remote we mean.
 * Credentials are the operator's: git's configuration under HOME, an ssh agent, GIT_SSH_COMMAND.
 */
export type GitDeps = {
  program: string;
  /** What git may see of ours, all of it: the list is src/config/inherited-env.ts. */
  inheritedEnv: Readonly<Record<string, string>>;
  timeoutMs?: number;
  subprocess?: Subprocess;
};

export type GitCall = {
  args: readonly string[];
  directory: string;
  env?: Readonly<Record<string, string>>;
  input?: string;
};

export type GitAnswer = { code: number; stdout: string; stderr: string };

/** Answers whatever the exit code. Throws when git did not run to its end. */
export type Git = (call: GitCall) => Promise<GitAnswer>;

const ALWAYS: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:https:ssh',
  // A path is a path, never a pattern.
  GIT_LITERAL_PATHSPECS: '1',
  // We tell "away" from "refused" by git's words.
  LC_ALL: 'C',
};

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'core.quotePath=false',
];

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

export function createGit({ program, inheritedEnv, timeoutMs = TIMEOUT_MS, subprocess = runSubprocess }: GitDeps): Git {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);

  return async ({ args, directory, env, input }) => {
    const result = await subprocess({
      program,
      args: [...settings, ...args],
      cwd: directory,
      env: { ...inheritedEnv, ...ALWAYS, ...env },
      timeoutMs,
      input,
      stdout: 'data',
      keepBytes: MAX_OUTPUT_BYTES,
    });
    switch (result.kind) {
      case 'exited':
        return { code: result.code, stdout: result.stdout, stderr: result.stderr.trim() };
      case 'spawn-failed':
        throw new InternalError('GitNotStarted', `${result.message}; install git where the worker runs`);
      case 'timed-out':
        throw new TransientError(
          'GitTimedOut',
          `git ${args[0]} did not end within ${timeoutMs / 1000} seconds: ${result.stderr.trim()}`,
        );
      case 'killed':
        throw new TransientError('GitKilled', `git ${args[0]} was ended by ${result.signal}`);
      default:
        return result satisfies never;
    }
  };
}

/** As text, of a command that has no business failing. */
export async function gitOutput(git: Git, call: GitCall): Promise<string> {
  const answer = await git(call);
  if (answer.code !== 0)
    throw (
      diskFull(answer) ??
      new InternalError('GitFailed', `git ${call.args[0]} exited with ${answer.code}: ${answer.stderr}`)
    );
  return answer.stdout;
}

// Words of git, of ssh and of the large hosts that will be the same in an hour.
const REFUSED =
  /permission denied|authentication failed|could not read (?:username|password)|does not appear to be a git repository|repository .*not found|returned error: 40[134]|access denied|host key verification failed|transport '.*' not allowed|dubious ownership/i;

// strerror(3) of ENOSPC, EDQUOT and EFBIG; of a write into the work tree git says no reason (entry.c, `write_entry`), and
// none is likelier. What a server says of its own disk begins with `remote: `.
const DISK_FULL =
  /^(?!remote: ).*(?:no space left on device|disk quota exceeded|file too large|error: unable to write file )/im;

/** Nothing is wrong with the cluster or its config, and no patience helps: somebody has to make room. */
function diskFull({ stderr }: Pick<GitAnswer, 'stderr'>): UserError | null {
  return DISK_FULL.test(stderr)
    ? new UserError(
        'DiskFull',
        `the disk of the worker is full (WORK_DIR; nothing in it needs to be kept): make room\n${stderr}`,
      )
    : null;
}

/** What a failed talk with a remote means: wrong settings are for people, the rest may work later. */
export function remoteError(what: string, answer: GitAnswer): TransientError | UserError {
  const full = diskFull(answer);
  if (full !== null) return full;
  const { stderr } = answer;
  const words = stderr === '' ? 'git gave no reason' : stderr;
  return REFUSED.test(words)
    ? new UserError('GitRemoteRefused', `${what}: ${words}`)
    : new TransientError('GitRemoteAway', `${what}: ${words}`);
}
