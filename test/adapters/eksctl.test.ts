import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEksctl, type EksctlDeps } from '#src/adapters/eksctl.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { EksctlCommand } from '#src/ports/eksctl.ts';

const CLUSTER: FleetCluster = {
  name: 'coast',
  region: 'us-west-2',
  account: '111122223333',
  roleArn: null,
  access: null,
  coreGroups: ['core-*'],
  skewPolicy: 'supported',
  allowAmiFamilyChange: false,
  healthUrls: [],
  proveEmptyGroups: 'none',
  core: { drain: true },
  config: { remote: 'https://example.org/x.git', branch: 'main', path: 'coast.jsonnet' },
};

let directory: string;
let checkout: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eksctl-'));
  checkout = await mkdtemp(join(directory, 'checkout-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** An eksctl that is `code`, which writes what it saw to `seen.json` in its working directory. */
async function run(code: string, command: Partial<EksctlCommand> = {}, deps: Partial<EksctlDeps> = {}) {
  const program = join(directory, 'eksctl');
  await writeFile(program, `#!${process.execPath}\n${code}\n`);
  await chmod(program, 0o755);
  const eksctl = createEksctl({
    program,
    inheritedEnv: { PATH: '/usr/bin:/bin', HOME: directory },
    credentialsOf: () => () => Promise.resolve({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' }),
    temporaryDirectory: join(directory, 'tmp'),
    limitMs: 20_000,
    leaseMs: 15_000,
    ...deps,
  });
  return await eksctl.run({
    cluster: CLUSTER,
    args: ['create', 'nodegroup', '--include=core-b'],
    config: '{"kind": "ClusterConfig"}',
    workingDirectory: checkout,
    signal: new AbortController().signal,
    ...command,
  });
}

const SEE = `
  const fs = require('fs');
  const file = process.argv.find((arg) => arg.startsWith('--config-file='))?.slice('--config-file='.length);
  fs.writeFileSync('seen.json', JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), env: process.env, file, config: file && fs.readFileSync(file, 'utf8') }));
`;

async function seen() {
  return JSON.parse(await readFile(join(checkout, 'seen.json'), 'utf8'));
}

describe('running eksctl', () => {
  it('gives it the rendered config beside the original, and takes that away afterwards', async () => {
    expect(await run(`${SEE} console.log('done')`)).toEqual({ kind: 'exited', code: 0, lastLines: 'done' });

    const { args, cwd, file, config } = await seen();
    expect(args).toEqual(['create', 'nodegroup', '--include=core-b', `--config-file=${file}`, '--color=false']);
    expect(file.startsWith(`${checkout}/.eks-upgrade-`)).toBe(true);
    expect(cwd).toBe(checkout);
    expect(config).toBe('{"kind": "ClusterConfig"}');
    expect(await readdir(checkout)).toEqual(['seen.json']);
    expect(await readdir(join(directory, 'tmp'))).toEqual([]);
  });

  it('gives it a profile and never keys, nor anything of ours', async () => {
    await run(
      SEE,
      {},
      {
        inheritedEnv: {
          PATH: '/usr/bin:/bin',
          HOME: directory,
          AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
          AWS_ACCESS_KEY_ID: 'AKIA',
          AWS_SECRET_ACCESS_KEY: 's',
          AWS_SESSION_TOKEN: 't',
          AWS_PROFILE: 'operator',
          AWS_WEB_IDENTITY_TOKEN_FILE: '/t',
          SLACK_BOT_TOKEN: 'xoxb-1',
          REDIS_URL: 'redis://x',
        },
      },
    );

    const { env } = await seen();
    expect(Object.keys(env).sort()).toEqual([
      'AWS_CONFIG_FILE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL',
      'AWS_PROFILE',
      'AWS_REGION',
      'AWS_SHARED_CREDENTIALS_FILE',
      'HOME',
      'PATH',
    ]);
    expect(env).toMatchObject({
      AWS_PROFILE: 'eks-upgrade-bot',
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
  });

  it('keeps the last lines of both streams, without secrets', async () => {
    const outcome = await run(
      `for (let n = 0; n < 100; n++) console.log('line ' + n); console.error('Error: AKIAIOSFODNN7EXAMPLE'); process.exitCode = 1`,
    );

    expect(outcome).toMatchObject({ kind: 'exited', code: 1 });
    const lines = outcome.kind === 'exited' ? outcome.lastLines.split('\n') : [];
    expect(lines).toHaveLength(40);
    expect(lines).toContain('line 99');
    expect(lines).toContain('Error: [access key]');
  });

  it('says that it could not be started', async () => {
    expect(await run('', {}, { program: '/no/such/eksctl' })).toEqual({
      kind: 'spawn-failed',
      message: 'cannot start /no/such/eksctl: no such file, or not executable',
    });
    expect(await readdir(checkout)).toEqual([]);
  });

  it('is ended at the time limit', async () => {
    expect(await run(`console.log('waiting'); setInterval(() => {}, 1000)`, {}, { limitMs: 700 })).toEqual({
      kind: 'timed-out',
      lastLines: 'waiting',
    });
    expect(await readdir(checkout)).toEqual([]);
  });

  it('is ended when the worker gives up', async () => {
    expect(await run(`setInterval(() => {}, 1000)`, { signal: AbortSignal.timeout(300) })).toMatchObject({
      kind: 'killed',
    });
  });
});
