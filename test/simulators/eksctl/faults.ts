import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What each does and where that is known from: README.md. */
export const EKSCTL_FAULTS = [
  'eksctl-exits-1',
  'exit-0-nothing',
  'hang',
  'killed',
  'output-100-mb',
  'will-be-excluded',
  'gone-at-exec',
  'missing',
] as const;
export type EksctlFault = (typeof EKSCTL_FAULTS)[number];

/** What is left out means all: every cluster, every command, every time. */
export type EksctlFaultRule = {
  name: EksctlFault;
  cluster?: string;
  /** e.g. `create nodegroup` */
  command?: string;
  times?: number;
};

/** One JSON line each; the id counts its turns, so a rule that is written again counts anew. */
type FaultLine = EksctlFaultRule & { id: string };

const PROGRAM = 'eksctl';
const FAULTS_FILE = 'eksctl-faults.jsonl';
const USED_FOLDER = 'eksctl-faults-used';

function faultsFileIn(directory: string): string {
  return join(directory, FAULTS_FILE);
}

/**
 * From the next command on, the eksctl in this folder (write-eksctl-wrapper.ts) has these faults and no others. It may be
 * called at any time and by any process.
 */
export async function setEksctlFaults(
  directory: string,
  faults: readonly (EksctlFault | EksctlFaultRule)[],
): Promise<void> {
  const lines = faults.map(lineOf);
  await mkdir(join(directory, USED_FOLDER), { recursive: true });
  const path = faultsFileIn(directory);
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await rename(fresh, path);
  await setPresence(directory, !lines.some(({ name }) => name === 'missing'));
}

function lineOf(fault: EksctlFault | EksctlFaultRule): FaultLine {
  const rule = typeof fault === 'string' ? { name: fault } : fault;
  checkName(rule.name);
  return { ...rule, id: randomUUID() };
}

function checkName(name: string): void {
  if (!EKSCTL_FAULTS.some((known) => known === name))
    throw new Error(`unknown fault ${name}: use one of ${EKSCTL_FAULTS.join(', ')}`);
}

/** A program that is not there cannot read any file: this fault is of the whole machine. */
async function setPresence(directory: string, present: boolean): Promise<void> {
  const [here, away] = [join(directory, PROGRAM), join(directory, `${PROGRAM}.missing`)];
  await rename(...(present ? ([away, here] as const) : ([here, away] as const))).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

/** The faults of this one command, each counted as used. */
export function faultsFor(
  directory: string | undefined,
  { cluster, command }: { cluster: string | null; command: string },
): EksctlFault[] {
  if (directory === undefined) return [];
  const lines = readFileSync(faultsFileIn(directory), 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const rule = JSON.parse(line) as FaultLine;
    const isMeant =
      (rule.cluster === undefined || rule.cluster === cluster) &&
      (rule.command === undefined || rule.command === command);
    return isMeant && use(join(directory, USED_FOLDER, rule.id), rule.times ?? null) ? [rule.name] : [];
  });
}

/** Two commands at the same time cannot have the same turn: a file is created once. */
function use(path: string, times: number | null): boolean {
  if (times === null) return true;
  for (let turn = 1; turn <= times; turn += 1) {
    try {
      closeSync(openSync(`${path}-${turn}`, 'wx'));
      return true;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  return false;
}
