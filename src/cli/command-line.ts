import { messageOf, UserError } from '#src/domain/errors.ts';
import { type KubernetesVersion, parseVersion } from '#src/domain/version.ts';

/** Where a command writes, and what it was called with; a test hands in its own. */
export type CommandLine = {
  args: readonly string[];
  env: Record<string, string | undefined>;
  /** Epoch milliseconds. */
  now: () => number;
  out: (text: string) => void;
  err: (text: string) => void;
};

/** Exit codes: 0 done, 1 refused by policy, 2 the call was wrong. */
export type ExitCode = 0 | 1 | 2;

/** This process, for an entry. */
export function thisProcess(): CommandLine {
  return {
    args: process.argv.slice(2),
    env: process.env,
    now: Date.now,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  };
}

/** What goes wrong is told on stderr, with the usage when the arguments are wrong. */
export async function runCommand(
  line: CommandLine,
  { usage, run }: { usage: string; run: (line: CommandLine) => Promise<ExitCode> },
): Promise<ExitCode> {
  if (line.args.includes('--help')) {
    line.out(`${usage}\n`);
    return 0;
  }
  try {
    return await run(line);
  } catch (error) {
    const wrongArguments = error instanceof UserError && error.code === 'BadArguments';
    line.err(`error: ${messageOf(error)}\n${wrongArguments ? `\n${usage}\n` : ''}`);
    return 2;
  }
}

export function badArguments(message: string): UserError {
  return new UserError('BadArguments', message);
}

/** `parseArgs` of node:util throws its own errors, in words that fit. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw badArguments(messageOf(error));
  }
}

export function required(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw badArguments(`${option} is missing`);
  return value;
}

export function versionOption(value: string, option: string): KubernetesVersion {
  const version = parseVersion(value);
  if (version === undefined) {
    throw new UserError(
      'InvalidVersion',
      `${option} "${value}" is not a Kubernetes version: write it as 1.N, for example 1.24`,
    );
  }
  return version;
}
