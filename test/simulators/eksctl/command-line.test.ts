import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createEksctl } from '#src/adapters/eksctl.ts';
import { clockFromNow } from '../clock.ts';
import { durationOf, parseCommandLine } from './command-line.ts';
import type { EksctlFault } from './faults.ts';
import { globMatches } from './node-group-filter.ts';
import { COAST, COAST_B, type EksctlWorld, startEksctlWorld } from './testing.ts';
import { writeEksctlWrapper } from './write-eksctl-wrapper.ts';

let world: EksctlWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

describe('the command line', () => {
  it.each([
    [
      ['create', 'ng', '-f', 'x', '--include', 'a', '--include=b,c'],
      'create nodegroup',
      { 'config-file': 'x', include: 'a,b,c' },
    ],
    [
      ['delete', 'nodegroup', '-f=x', '--approve', '--drain=false', '--wait'],
      'delete nodegroup',
      { 'config-file': 'x', approve: 'true', drain: 'false', wait: 'true' },
    ],
    [['version'], 'version', {}],
  ])('reads %j', (argv, command, flags) => {
    const parsed = parseCommandLine(argv);
    expect(parsed.command).toBe(command);
    expect(Object.fromEntries(parsed.flags)).toEqual(flags);
  });

  it.each([
    [['upgrade', 'cluster'], 'unknown command "upgrade cluster" for "eksctl"'],
    [['create', 'nodegroup', '--approve'], 'unknown flag: --approve'],
    [['create', 'nodegroup', '--include'], 'flag needs an argument: --include'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(argv)).toThrow(message);
  });

  it.each([
    ['25m', 1_500_000],
    ['1h30m', 5_400_000],
    ['90s', 90_000],
  ])('reads the duration %s', (text, ms) => {
    expect(durationOf(text)).toBe(ms);
  });

  it.each([
    ['nb-*', 'nb-m5-large', true],
    ['core-a', 'core-a', true],
    ['core-a', 'core-ab', false],
    ['core-?', 'core-b', true],
    ['core-[ab]', 'core-c', false],
    ['{nb,dask}-*', 'dask-x', true],
    ['a.b', 'axb', false],
  ])('the glob %s and the name %s: %s', (glob, name, matches) => {
    expect(globMatches(glob, name)).toBe(matches);
  });
});

describe('the config', () => {
  it.each([
    [
      'an unknown field',
      { ...COAST, nodegroups: [] },
      'error unmarshaling JSON: while decoding JSON: json: unknown field "nodegroups"',
    ],
    ['an unknown field of a group', { ...COAST, nodeGroups: [{ name: 'a', size: 3 }] }, 'json: unknown field "size"'],
    [
      'a version that is a number',
      { ...COAST, metadata: { ...COAST.metadata, version: 1.23 } },
      'json: cannot unmarshal number into Go struct field ClusterMeta.metadata.version of type string',
    ],
    [
      'an old API version',
      { ...COAST, apiVersion: 'eksctl.io/v1alpha3' },
      'no kind "ClusterConfig" is registered for version "eksctl.io/v1alpha3" in scheme',
    ],
    ['no name', { ...COAST, metadata: { region: 'us-west-2' } }, 'Error: metadata.name must be set'],
  ])('with %s is refused', async (_title, config, message) => {
    world = await startEksctlWorld();
    expect(await world.eksctl(['create', 'nodegroup'], config)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(message),
    });
  });

  it('and --name exclude each other', async () => {
    world = await startEksctlWorld();
    expect(await world.eksctl(['delete', 'nodegroup', '--name=core-a', '--approve'])).toMatchObject({
      exitCode: 1,
      stderr: 'Error: cannot use --name when --config-file/-f is set',
    });
  });

  it('may be YAML', async () => {
    world = await startEksctlWorld();
    const yaml = `apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: coast, region: us-west-2, version: "1.23"}\nnodeGroups: [{name: core-a}]\n`;
    expect(await world.eksctl(['delete', 'nodegroup', '--include=core-a'], yaml)).toMatchObject({ exitCode: 0 });
  });
});

describe('the wrapper', () => {
  it('says its version, and logs each invocation', async () => {
    world = await startEksctlWorld();
    expect(await world.eksctl(['version'])).toEqual({ exitCode: 0, stdout: '0.230.0', stderr: '' });
    expect(await world.invocations()).toEqual([['version']]);
  });
});

describe("run by the bot's adapter", () => {
  async function throughAdapter(faults: EksctlFault[], limitMs: number) {
    world = await startEksctlWorld();
    const { cloud } = world;
    const directory = await mkdtemp(join(tmpdir(), 'adapter-'));
    const [principal] = cloud.principals;
    try {
      const eksctl = createEksctl({
        program: await writeEksctlWrapper({ directory, clock: clockFromNow(600), faults }),
        inheritedEnv: { PATH: '/usr/bin:/bin', HOME: directory, AWS_ENDPOINT_URL: cloud.awsUrl },
        credentialsOf: () => () =>
          Promise.resolve({
            accessKeyId: principal?.accessKeyId ?? '',
            secretAccessKey: principal?.secretAccessKey ?? '',
          }),
        temporaryDirectory: directory,
        limitMs,
        leaseMs: 15_000,
      });
      return await eksctl.run({
        cluster: {
          name: 'coast',
          region: 'us-west-2',
          account: '111122223333',
          roleArn: null,
          access: null,
          coreGroups: [],
          skewPolicy: 'supported',
          allowAmiFamilyChange: false,
          healthUrls: [],
          proveEmptyGroups: 'none',
          core: { drain: true },
          config: { remote: 'r', branch: 'main', path: 'coast.json' },
        },
        args: ['create', 'nodegroup', '--include=core-b'],
        config: JSON.stringify(COAST_B),
        workingDirectory: directory,
        signal: new AbortController().signal,
      });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  it('works with the credentials of the refreshable profile alone', async () => {
    const outcome = await throughAdapter([], 15_000);
    expect(outcome).toMatchObject({
      kind: 'exited',
      code: 0,
      lastLines: expect.stringContaining('[✔]  created 1 nodegroup(s) in cluster "coast"'),
    });
  });

  it('one that hangs is ended at the time limit', async () => {
    expect(await throughAdapter(['hang'], 1_000)).toMatchObject({ kind: 'timed-out' });
  });

  it('one that prints 100 MB is shown by its end', async () => {
    const outcome = await throughAdapter(['output-100-mb'], 15_000);
    expect(outcome).toMatchObject({
      kind: 'exited',
      code: 1,
      lastLines: expect.stringMatching(/Error: failed to create nodegroups for cluster "coast"$/),
    });
    expect('lastLines' in outcome && outcome.lastLines.length).toBeLessThan(10_000);
  });

  it('one that went away between the look and the exec is an exit code that says so', async () => {
    expect(await throughAdapter(['gone-at-exec'], 15_000)).toMatchObject({
      kind: 'exited',
      code: 127,
      lastLines: expect.stringContaining('No such file or directory'),
    });
  });

  it('one that is missing could not be started', async () => {
    expect(await throughAdapter(['missing'], 15_000)).toMatchObject({
      kind: 'spawn-failed',
      message: expect.stringContaining('no such file, or not executable'),
    });
  });
});
