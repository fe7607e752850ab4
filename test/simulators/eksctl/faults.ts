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

/** `writing` tells one writing of the file from the next: what was used up before is there again. */
type FaultFile = { writing: number; rules: EksctlFaultRule[] };

const PROGRAM = 'eksctl';
const FAULTS_FILE = 'eksctl-faults.json';
const USED_FOLDER = 'eksctl-faults-used';

export function faultsFileIn(directory: string): string {
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
  const rules = faults.map((fault) => (typeof fault === 'string' ? { name: fault } : fault));
  for (const { name } of rules) checkName(name);
  await mkdir(join(directory, USED_FOLDER), { recursive: true });
  const path = faultsFileIn(directory);
  const fresh = `${path}.${process.pid}`;
  const content: FaultFile = { writing: Date.now(), rules };
  await writeFile(fresh, JSON.stringify(content));
  await rename(fresh, path);
  await setPresence(directory, !rules.some(({ name }) => name === 'missing'));
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
  const { writing, rules } = JSON.parse(readFileSync(faultsFileIn(directory), 'utf8')) as FaultFile;
  return rules.flatMap((rule, index) => {
    const isMeant =
      (rule.cluster === undefined || rule.cluster === cluster) &&
      (rule.command === undefined || rule.command === command);
    return isMeant && use(join(directory, USED_FOLDER, `${writing}-${index}`), rule.times ?? null) ? [rule.name] : [];
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
