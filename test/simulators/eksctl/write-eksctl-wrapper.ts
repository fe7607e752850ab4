import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClockSettings } from '../clock.ts';
import { type EksctlFault, VARIABLES } from './settings.ts';

export type EksctlWrapper = {
  /** The wrapper is written into it. */
  directory: string;
  clock: ClockSettings;
  faults?: readonly EksctlFault[];
  /** JSON lines, one array of arguments an invocation. */
  logPath?: string;
};

/**
 * Writes an `eksctl` for the setting EKSCTL and returns its path. The bot passes none of the simulator's variables to its
 * children, so that it need not know of it; the wrapper sets them.
 */
export async function writeEksctlWrapper({ directory, clock, faults = [], logPath }: EksctlWrapper): Promise<string> {
  const shim = fileURLToPath(new URL('../bin/eksctl', import.meta.url));
  const variables = {
    [VARIABLES.clock]: JSON.stringify(clock),
    [VARIABLES.faults]: faults.join(','),
    ...(logPath === undefined ? {} : { [VARIABLES.log]: logPath }),
  };
  const path = join(directory, 'eksctl');
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  await writeFile(path, ['#!/bin/sh', ...lines, `exec ${quoted(shim)} "$@"`, ''].join('\n'), { mode: 0o755 });
  return path;
}

function quoted(word: string): string {
  return `'${word.replaceAll(`'`, `'\\''`)}'`;
}
