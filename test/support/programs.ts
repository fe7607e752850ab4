import { join, resolve } from 'node:path';

/**
 * The Node programs that tests start, most of them many times. A start from 300 files of TypeScript and 3,000 of packages
 * takes a second of a processor; from one file of each made beforehand (global-setup.ts) a fifth of that. Outside the tests
 * they are started from their sources, and a test that is about that itself does so too.
 */
const SOURCES = {
  eksctl: 'simulators/eksctl/main.ts',
  bot: 'simulators/demo/bot.ts',
  worker: 'simulators/demo/worker.ts',
  demo: 'simulators/demo/main.ts',
  cloud: 'simulators/cloud/process.ts',
  slack: 'simulators/slack/process.ts',
  requester: 'support/requester.ts',
  'subprocess-host': 'support/subprocess-host.ts',
  ops: '../src/cli/ops.ts',
} as const;

export type Program = keyof typeof SOURCES;

/** Names, when it is set, the folder with one file of each. */
export const PROGRAMS_FOLDER = 'TEST_PROGRAMS';

const TEST = resolve(import.meta.dirname, '..');

export function sourcesOfPrograms(): Record<Program, string> {
  const sources = Object.entries(SOURCES).map(([name, path]) => [name, resolve(TEST, path)]);
  return Object.fromEntries(sources) as Record<Program, string>;
}

/** What to give to Node. */
export function programFile(name: Program): string {
  const folder = process.env[PROGRAMS_FOLDER];
  return folder === undefined ? resolve(TEST, SOURCES[name]) : join(folder, `${name}.mjs`);
}
