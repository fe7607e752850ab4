import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAMS_FOLDER, programFile } from '#test/support/programs.ts';
import type { ClockSettings } from '../clock.ts';
import { type EksctlFault, type EksctlFaultRule, setEksctlFaults } from './faults.ts';
import { VARIABLES } from './settings.ts';
import { VERSION } from './version.ts';

const SHIM = fileURLToPath(new URL('../bin/eksctl', import.meta.url));

export type EksctlWrapper = {
  /** The wrapper is written into it. */
  directory: string;
  clock: ClockSettings;
  /** Those it begins with; `setEksctlFaults` changes them. */
  faults?: readonly (EksctlFault | EksctlFaultRule)[];
  /** What it execs; else one file of it (programs.ts), or bin/eksctl. */
  launch?: readonly string[];
  /** JSON lines, one array of arguments an invocation. */
  logPath?: string;
};

/**
 * Writes an `eksctl` for the setting EKSCTL and returns its path. The bot passes none of the simulator's variables to its
 * children, so that it need not know of it; the wrapper sets them.
 */
export async function writeEksctlWrapper({
  directory,
  clock,
  faults = [],
  launch = eksctl(),
  logPath,
}: EksctlWrapper): Promise<string> {
  const variables = {
    [VARIABLES.clock]: JSON.stringify(clock),
    [VARIABLES.faults]: directory,
    ...(logPath === undefined ? {} : { [VARIABLES.log]: logPath }),
  };
  const path = join(directory, 'eksctl');
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const script = ['#!/bin/sh', ...lines, ...answerVersion(logPath), `exec ${launch.map(quoted).join(' ')} "$@"`, ''];
  await writeFile(path, script.join('\n'), { mode: 0o755 });
  await setEksctlFaults(directory, faults);
  return path;
}

function eksctl(): string[] {
  return process.env[PROGRAMS_FOLDER] === undefined ? [SHIM] : [process.execPath, programFile('eksctl')];
}

/** Every run asks for the version three times; starting Node for each costs more than all else that is done then. */
function answerVersion(logPath: string | undefined): string[] {
  const log = logPath === undefined ? [] : [`echo '["version"]' >> ${quoted(logPath)}`];
  return ['if [ "$*" = version ]; then', ...log, `echo ${VERSION}`, 'exit 0', 'fi'];
}

function quoted(word: string): string {
  return `'${word.replaceAll(`'`, `'\\''`)}'`;
}
