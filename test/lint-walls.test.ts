import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The walls of the rooms, as `biome.json` enforces them: what each file may not import, and what it may. */
const project = resolve(import.meta.dirname, '..');

type Sample = [file: string, refused: string[], allowed: string[]];

const domain = '#src/domain/run.ts';
const ports = '#src/ports/eks.ts';
const adapters = '#src/adapters/eks.ts';
const operations = '#src/operations/operations.ts';
const listeners = '#src/listeners/index.ts';
const messages = '#src/messages/card.ts';
const [config, context, queue] = ['#src/config.ts', '#src/context.ts', '#src/queue.ts'];
const jobs = '#jobs/advance-run.ts';
const simulators = '#test/simulators/clock.ts';
const everywhereRefused = [simulators, '../../test/simulators/clock.ts'];
const spawning = ['child_process', 'node:child_process', 'execa', 'node:cluster'];

const samples: Sample[] = [
  [
    'src/domain/sample.ts',
    [
      ports,
      adapters,
      operations,
      listeners,
      messages,
      config,
      context,
      queue,
      jobs,
      ...everywhereRefused,
      ...spawning,
      'zod',
      'node:fs',
      'ioredis',
      '../ports/eks.ts',
      './../ports/eks.ts',
      './a/../../ports/eks.ts',
    ],
    ['./run.ts', domain, 'node:crypto'],
  ],
  [
    'src/ports/sample.ts',
    [
      adapters,
      operations,
      listeners,
      messages,
      config,
      context,
      queue,
      jobs,
      ...everywhereRefused,
      ...spawning,
      'ioredis',
      '../adapters/eks.ts',
    ],
    ['./eks.ts', domain],
  ],
  [
    'src/messages/sample.ts',
    [
      ports,
      adapters,
      operations,
      listeners,
      config,
      context,
      queue,
      jobs,
      ...everywhereRefused,
      ...spawning,
      '@slack/web-api',
      '../ports/eks.ts',
    ],
    ['./card.ts', domain, 'node:crypto'],
  ],
  [
    'src/operations/sample.ts',
    [
      adapters,
      listeners,
      messages,
      config,
      context,
      queue,
      jobs,
      ...everywhereRefused,
      ...spawning,
      'bullmq',
      '@slack/bolt',
      '../adapters/eks.ts',
    ],
    ['./approve-run.ts', domain, ports, 'node:crypto'],
  ],
  [
    'src/listeners/index.ts',
    [
      adapters,
      ports,
      config,
      context,
      queue,
      jobs,
      ...everywhereRefused,
      ...spawning,
      'bullmq',
      'ioredis',
      '../adapters/eks.ts',
    ],
    ['./actions/approve.ts', domain, operations, messages, '@slack/bolt', 'zod'],
  ],
  [
    'src/listeners/actions/sample.ts',
    [
      adapters,
      ports,
      config,
      context,
      queue,
      jobs,
      ...everywhereRefused,
      ...spawning,
      '../../adapters/eks.ts',
      './../../adapters/eks.ts',
    ],
    ['./approve.ts', '../reply.ts', domain, operations, messages, '@slack/bolt'],
  ],
  [
    'src/adapters/sample.ts',
    [
      operations,
      listeners,
      messages,
      config,
      context,
      jobs,
      ...everywhereRefused,
      ...spawning,
      '../operations/approve-run.ts',
      './../messages/card.ts',
    ],
    ['./eks.ts', './subprocess.ts', domain, ports, queue, '@aws-sdk/client-eks', 'node:fs/promises'],
  ],
  [
    'src/adapters/subprocess.ts',
    [operations, context, jobs, simulators],
    ['node:child_process', 'execa', domain, './find-program.ts'],
  ],
  [
    'src/queue.ts',
    [ports, adapters, context, jobs, simulators, 'bullmq', 'node:fs', './adapters/eks.ts'],
    [domain, 'zod'],
  ],
  [
    'src/config.ts',
    [ports, adapters, context, jobs, simulators, ...spawning, './adapters/eks.ts'],
    [domain, 'zod', 'node:path', './config/load-fleet.ts'],
  ],
  [
    'src/config/sample.ts',
    [ports, adapters, context, jobs, simulators, 'node:process', '../context.ts'],
    [domain, 'zod', './problem.ts'],
  ],
  [
    'src/context.ts',
    [jobs, simulators, ...spawning, '../jobs/advance-run.ts', '../test/simulators/clock.ts'],
    [domain, ports, adapters, operations, listeners, messages, config, queue, './adapters/eks.ts', 'ioredis'],
  ],
  [
    'src/context/sample.ts',
    [jobs, simulators, ...spawning, '../../jobs/advance-run.ts', '../context.ts'],
    [
      domain,
      ports,
      adapters,
      operations,
      listeners,
      messages,
      config,
      './open-storage.ts',
      '../../package.json',
      'ioredis',
    ],
  ],
  [
    'src/sample.ts',
    [
      ports,
      adapters,
      operations,
      listeners,
      messages,
      config,
      context,
      queue,
      jobs,
      simulators,
      ...spawning,
      './adapters/eks.ts',
    ],
    [domain, './run-until-signal.ts', 'node:timers/promises'],
  ],
  [
    'src/local-context.ts',
    [jobs, simulators, ...spawning],
    [domain, ports, adapters, operations, './adapters/jsonnet.ts'],
  ],
  [
    'src/main.ts',
    [
      jobs,
      simulators,
      adapters,
      listeners,
      ...spawning,
      '../jobs/main.ts',
      './adapters/health.ts',
      './listeners/index.ts',
    ],
    [context, config, './context.ts', './config.ts', '../script/require-node.js'],
  ],
  [
    'src/cli/sample.ts',
    [jobs, simulators, adapters, listeners, ...spawning, '../../jobs/main.ts', '../adapters/eks.ts'],
    [context, config, '#src/local-context.ts', domain, operations, messages, '../../script/require-node.js'],
  ],
  [
    'jobs/sample.ts',
    [
      adapters,
      operations,
      listeners,
      config,
      context,
      simulators,
      ...spawning,
      '../src/adapters/eks.ts',
      '../test/simulators/clock.ts',
    ],
    [domain, ports, messages, queue, jobs, './phases.ts', 'bullmq'],
  ],
  [
    'jobs/phases/sample.ts',
    [adapters, operations, listeners, config, context, simulators, ...spawning, '../../src/adapters/eks.ts'],
    [domain, ports, messages, './verify.ts', '../phase.ts'],
  ],
  [
    'jobs/main.ts',
    [adapters, operations, listeners, simulators, ...spawning, '../src/adapters/eks.ts'],
    [context, config, './plan-upgrade.ts', '../script/require-node.js'],
  ],
  [
    'script/sample.ts',
    [simulators, '../test/simulators/clock.ts', ...spawning],
    [context, '#src/main.ts', '#jobs/main.ts', './require-node.js'],
  ],
  ['test/scenarios/sample.test.ts', [], [context, adapters, jobs, simulators, 'node:child_process']],
];

const readsEnvironment = 'export const home = process.env.HOME;\n';
const mayReadEnvironment = new Map([
  ['src/domain/env.ts', false],
  ['src/config/env.ts', false],
  ['src/adapters/env.ts', false],
  ['src/operations/env.ts', false],
  ['src/listeners/env.ts', false],
  ['src/env.ts', false],
  ['jobs/env.ts', false],
  ['src/cli/env.ts', true],
  ['script/env.ts', true],
  ['test/env.ts', true],
]);

type Finding = { rule: string; file: string; line: number };

let folder: string;
let findings: Finding[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-walls-'));
  await copyFile(join(project, 'biome.json'), join(folder, 'biome.json'));
  for (const [file, refused, allowed] of samples)
    await write(file, [...refused, ...allowed].map((name) => `import '${name}';\n`).join(''));
  for (const file of mayReadEnvironment.keys()) await write(file, readsEnvironment);
  await write('src/domain/forms.ts', forms.map((form) => `${form}\n`).join(''));
  findings = await lint();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every way to write an import. */
const forms = [
  "import type { Eks } from '#src/ports/eks.ts';",
  "export type { Eks } from '#src/ports/eks.ts';",
  "export * from '#src/ports/eks.ts';",
  "export const lazy = () => import('#src/ports/eks.ts');",
];

describe.each(samples)('%s', (file, refused, allowed) => {
  const refusedLines = (): number[] =>
    findings
      .filter(({ rule, file: found }) => rule.endsWith('noRestrictedImports') && found === file)
      .map(({ line }) => line);

  test('may not import what is behind its walls', () => {
    const imported = refusedLines();
    expect(refused.filter((_, index) => !imported.includes(index + 1))).toEqual([]);
  });

  test('may import what it needs', () => {
    const imported = refusedLines();
    expect(allowed.filter((_, index) => imported.includes(refused.length + index + 1))).toEqual([]);
  });
});

test.each([...mayReadEnvironment])('%s may read process.env: %s', (file, may) => {
  const found = findings.some((finding) => finding.rule.endsWith('noProcessEnv') && finding.file === file);
  expect(found).toBe(!may);
});

test.each(forms.map((form, index) => [form, index + 1] as const))('%s is an import like any other', (_, line) => {
  expect(
    findings
      .filter(({ rule, file }) => rule.endsWith('noRestrictedImports') && file === 'src/domain/forms.ts')
      .map((found) => found.line),
  ).toContain(line);
});

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
}

/** One run over all samples; Biome ends with 1 because it finds something. */
async function lint(): Promise<Finding[]> {
  const biome = join(project, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github', '.'];
  const output = await new Promise<string>((done) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1e8 }, (_error, stdout, stderr) =>
      done(stdout + stderr),
    );
  });
  const found = [...output.matchAll(/title=([\w/]+),file=([^,]+),line=(\d+)/g)];
  if (found.length === 0) throw new Error(`biome said nothing that can be read: ${output}`);
  return found.map(([, rule = '', file = '', line]) => ({ rule, file: relativeTo(folder, file), line: Number(line) }));
}

/** Biome names files as it found them; a temporary folder may be a link (macOS). */
function relativeTo(base: string, file: string): string {
  const start = file.indexOf(base);
  return start === -1 ? file : file.slice(start + base.length + 1);
}
