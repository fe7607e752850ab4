import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS_FOLDER, programFile } from '#test/support/programs.ts';
import { managed, writeConfigs } from '#test/support/scenario-clusters.ts';
import { demoFleet } from './fleet.ts';
import { parseDemoOptions } from './options.ts';
import type { Report } from './report.ts';

/** Whole worlds of processes, beside those of other tests. */

const MAIN = join(import.meta.dirname, 'main.ts');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auto-'));
  await writeConfigs(folder, [managed('harbor', { version: '1.33' }), managed('lagoon', { version: '1.36' })]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run demo -- --auto --json', () => {
  test.concurrent('prints one JSON object with what was seen, and exits 0 when the cluster is where it should be', async () => {
    const { code, stdout } = await auto('--config', join(folder, 'harbor.yaml'), '--activity', '2');
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(0);
    expect(report).toEqual({
      ok: true,
      run: { id: expect.stringMatching(/^harbor-/), state: 'succeeded', reason: null },
      before: clusterAt('1.33'),
      after: clusterAt('1.34'),
      notices: [
        expect.stringMatching(/^Maintenance of harbor begins/),
        expect.stringMatching(/^Maintenance of harbor is finished/),
      ],
      thread: expect.arrayContaining([expect.stringMatching(/^Step 4 of \d+ is done: control plane 1\.33 → 1\.34/)]),
      eksctl: [['version']],
      awsCalls: expect.objectContaining({ UpdateClusterVersion: 1, UpdateNodegroupVersion: 2 }),
      configDiff: expect.stringContaining('+  version: "1.34"'),
      wallMs: expect.any(Number),
      simulatedMs: expect.any(Number),
    });
    expect(report.simulatedMs, 'a control plane takes ten minutes').toBeGreaterThan(10 * 60_000);
    expect(report.simulatedMs / report.wallMs).toBeCloseTo(1000, -1);
  });

  test.concurrent('prints the stop of a run that failed, without a finish notice, and exits 1', async () => {
    const { code, stdout } = await auto('--config', join(folder, 'harbor.yaml'), '--fault', 'update-fails');
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(1);
    expect(report).toMatchObject({
      ok: false,
      run: { state: 'stopped', reason: expect.stringContaining('IpNotAvailable') },
      after: clusterAt('1.33'),
      notices: [
        expect.stringMatching(/^Maintenance of harbor begins/),
        expect.stringMatching(/^The upgrade of harbor from 1\.33 to 1\.34 stopped/),
      ],
      configDiff: '',
    });
  });

  test.concurrent('has no notices where nothing is to do, and exits 0', async () => {
    const { code, stdout } = await auto('--config', join(folder, 'lagoon.yaml'), '--to', '1.36');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      run: { state: 'nothing-to-do', reason: null },
      notices: [],
      configDiff: '',
    });
  });

  test.concurrent('refuses bad arguments in words, prints nothing and exits 2', async () => {
    const refusals = await Promise.all([auto('--fault', 'meteor'), auto('--cluster', 'atlantis')]);
    expect(refusals).toMatchObject([
      { code: 2, stdout: '', stderr: expect.stringMatching(/^--fault "meteor" is not one of update-fails, /) },
      { code: 2, stdout: '', stderr: '--cluster "atlantis" is not in the fleet: it has coast, harbor, lagoon\n' },
    ]);
  });

  test.each([
    { args: ['--to', 'v1.34'], why: /^--to "v1\.34" is not a version like 1\.24$/ },
    { args: ['--speed', '0'], why: /^--speed "0" is not a number from 1 to 10000$/ },
    { args: ['--skew', 'wild'], why: /^--skew "wild" is not one of supported, runbook$/ },
    { args: ['--colour'], why: /^Unknown option '--colour'.*\nusage: npm run demo/ },
  ])('does not understand $args', ({ args, why }) => {
    expect(() => parseDemoOptions(args)).toThrow(why);
  });

  test('says what is wrong with a config', async () => {
    const missing = demoFleet({ config: '/nowhere/reef.yaml', skew: 'supported' });
    await expect(missing).rejects.toThrow(/^\/nowhere\/reef\.yaml is no eksctl ClusterConfig: ENOENT/);
  });
});

test('npm run demo has its page ready within 6 seconds, and ends with Ctrl-C', async () => {
  const times: number[] = [];
  // Other tests run at the same time: one good start of three shows what it takes.
  while (times.length < 3 && !times.some((took) => took < 6000)) times.push((await timeToPage()) / (await howBusy()));
  expect(Math.min(...times), `took ${times.join(', ')} ms`).toBeLessThan(6000);
});

/** How many times longer than on a quiet machine, where it is 40 ms, an empty Node takes now; 1 up to twice as long. */
async function howBusy(): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'exit');
  return Math.max(1, (performance.now() - began) / 80);
}

async function timeToPage(): Promise<number> {
  const began = Date.now();
  const { [PROGRAMS_FOLDER]: _, ...env } = process.env;
  // From its sources, as `npm run demo` starts it.
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'], env });
  const ended = once(child, 'exit');
  try {
    const response = await fetch(await addressIn(child.stdout));
    const took = Date.now() - began;
    expect(await response.text()).toContain('<main class="channel"');
    return took;
  } finally {
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  }
}

async function addressIn(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [, found] = /Open (http:\S+)/.exec(line) ?? [];
    if (found !== undefined) {
      output.resume();
      return found;
    }
  }
  throw new Error('the demo ended without an address');
}

async function auto(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = ['--auto', '--json', '--speed', '1000', '--timeout', '60'];
  const child = spawn(process.execPath, [programFile('demo'), ...options, ...args]);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: Number(code), stdout, stderr };
}

function clusterAt(version: string): Report['after'] {
  return {
    version,
    nodeGroups: [
      { name: 'core', kind: 'managed', version, nodes: expect.any(Number) },
      { name: 'nb-small', kind: 'managed', version, nodes: expect.any(Number) },
    ],
    addons: expect.arrayContaining([expect.objectContaining({ name: 'kube-proxy', version })]),
  };
}
