import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPlan } from '#src/cli/run-plan.ts';

const CONFIGS = join(import.meta.dirname, '../support/configs');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plan-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function plan(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const env = { PATH: process.env.PATH };
  const write = (to: string[]) => (text: string) => void to.push(text);
  const code = await runPlan({ args, env, now: () => 0, out: write(out), err: write(err) });
  return { code, out: out.join(''), err: err.join('') };
}

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const titles = (out: string): string[] =>
  [...out.matchAll(/^ *\d+ {2}(.*?) {2,}\d.*min$/gm)].map((match) => match[1] ?? '');

describe('npm run plan', () => {
  it('shows the steps of a jsonnet config with its imports, the warnings, and what it did not check', async () => {
    const { code, out, err } = await plan('--config', join(CONFIGS, 'coast.jsonnet'), '--to', '1.24');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^coast {2}1\.22 → 1\.24\n/);
    expect(titles(out).slice(3)).toEqual([
      'control plane 1.22 → 1.23',
      'add-ons for 1.23: vpc-cni, coredns, kube-proxy',
      'control plane 1.23 → 1.24',
      'add-ons for 1.24: vpc-cni, coredns, kube-proxy',
      'node groups: create core-b at 1.24',
      'node groups: delete core-a',
      'node groups: delete nb-m5-large, nb-m5-xlarge, nb-m5-4xlarge and 2 more',
      'node groups: create nb-m5-large, nb-m5-xlarge, nb-m5-4xlarge and 2 more at 1.24',
      'node groups: prove nb-m5-large by a node at 1.24',
      'verify that everything is healthy at 1.24',
      'commit the config at 1.24, core-a → core-b',
    ]);
    expect(out).toContain('       - nb-m5-large, nb-m5-xlarge, nb-m5-4xlarge, dask-m5-xlarge, dask-m5-4xlarge\n');
    expect(out).toContain('\nWarnings\n  ! It could not be told which operating system');
    expect(out).toContain('\nNot checked, because it needs AWS\n  ? the version of the control plane');
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('plans managed groups of a YAML config, with the add-ons it lists', async () => {
    const { code, out } = await plan('--config', join(CONFIGS, 'harbour.yaml'), '--to', '1.35');
    expect(code).toBe(0);
    expect(titles(out).slice(3, 6)).toEqual([
      'control plane 1.34 → 1.35',
      'add-ons for 1.35: vpc-cni, coredns, aws-ebs-csi-driver, kube-proxy',
      'node groups: update core-a, nb-r6i-xlarge to 1.35',
    ]);
    expect(out).toContain('coredns EKS default for 1.34 → EKS default for 1.35');
  });

  it.each([
    ['supported', 2],
    ['runbook', 1],
  ])('1.21 → 1.24 with %s takes %i rotation(s)', async (skew, rotations) => {
    const { code, out } = await plan(
      '--config',
      join(CONFIGS, 'coast.jsonnet'),
      '--from',
      '1.21',
      '--to',
      '1.24',
      '--skew',
      skew,
      '--json',
    );
    const json = JSON.parse(out) as {
      kind: string;
      from: string;
      steps: { id: string }[];
      warnings: { id: string }[];
      notChecked: string[];
    };
    expect(code).toBe(0);
    expect(json).toMatchObject({ kind: 'plan', from: '1.21', to: '1.24', skew, refusals: [] });
    expect(json.steps.filter(({ id }) => id.endsWith('-delete'))).toHaveLength(rotations);
    expect(json.warnings.some(({ id }) => id === 'nodes-ahead')).toBe(skew === 'runbook');
    expect(json.notChecked.length).toBeGreaterThan(3);
  });

  it('says when there is nothing to do', async () => {
    const { code, out } = await plan('--config', join(CONFIGS, 'harbour.yaml'), '--to', '1.34');
    expect({ code, first: out.split('\n')[0] }).toEqual({
      code: 0,
      first: 'Nothing to do: everything is at 1.34 already',
    });
    const json = await plan('--config', join(CONFIGS, 'harbour.yaml'), '--to', '1.34', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ kind: 'nothing-to-do', steps: [], refusals: [] });
  });

  it('exits with 1 when the plan is refused, and says why', async () => {
    const { code, out } = await plan('--config', join(CONFIGS, 'delta.jsonnet'), '--to', '1.29');
    expect(code).toBe(1);
    expect(out).toContain(
      'REFUSED: this plan may not run\n  ✗ 1.29 is not an upgrade: the control plane of delta is at 1.30',
    );
  });

  it('knows core groups by the patterns it is given', async () => {
    const config = await fileOf(
      'main.yaml',
      'kind: ClusterConfig\nmetadata: {name: x, version: "1.30"}\nnodeGroups: [{name: main-a}, {name: nb}]\n',
    );
    expect(await plan('--config', config, '--to', '1.31')).toMatchObject({ code: 1 });
    expect(await plan('--config', config, '--to', '1.31', '--core-groups', 'core-*,main-*')).toMatchObject({ code: 0 });
  });

  it.each<[title: string, args: string[], message: string]>([
    ['no config', ['--to', '1.24'], 'error: --config is missing\n'],
    ['no target', ['--config', 'x.jsonnet'], 'error: --to is missing\n'],
    [
      'a target that is no version',
      ['--config', 'x.jsonnet', '--to', 'v1.24'],
      'error: --to "v1.24" is not a Kubernetes version: write it as 1.N, for example 1.24\n',
    ],
    [
      'a start that is no version',
      ['--config', 'x.jsonnet', '--to', '1.24', '--from', '1.22.3'],
      'error: --from "1.22.3" is not a Kubernetes version: write it as 1.N, for example 1.24\n',
    ],
    [
      'an unknown policy',
      ['--config', 'x.jsonnet', '--to', '1.24', '--skew', 'bold'],
      'error: --skew "bold" is not known: use supported or runbook\n',
    ],
    ['an unknown option', ['--confg', 'x.jsonnet'], "error: Unknown option '--confg'"],
    [
      'a missing file',
      ['--config', 'no-such.jsonnet', '--to', '1.24'],
      'error: cannot read the config "no-such.jsonnet": ENOENT: no such file or directory',
    ],
  ])('exits with 2 on %s', async (_, args, message) => {
    const { code, out, err } = await plan(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it.each<[title: string, name: string, text: string, message: RegExp]>([
    [
      'does not evaluate',
      'bad.jsonnet',
      '{\n  metadata: nowhere,\n}',
      /^error: the config bad\.jsonnet does not evaluate: .*bad\.jsonnet:2:13-20: Unknown variable: nowhere/s,
    ],
    ['is no YAML', 'bad.yaml', 'a: [', /^error: the config bad\.yaml does not evaluate: bad\.yaml:/],
    [
      'is another document',
      'other.yaml',
      'kind: Deployment',
      /^error: the config is not an eksctl ClusterConfig: kind: /,
    ],
    [
      'has a version that YAML reads as a number',
      'number.yaml',
      'kind: ClusterConfig\nmetadata: {name: x, version: 1.22}',
      /metadata\.version: must be a quoted string such as "1\.24", but it is 1\.22/,
    ],
    [
      'has no version',
      'none.yaml',
      'kind: ClusterConfig\nmetadata: {name: x}',
      /says metadata\.version "", which is no version 1\.N: say with --from what runs now/,
    ],
    ['is of an unknown format', 'x.toml', '', /is not \.jsonnet, \.yaml, \.yml or \.json/],
  ])('exits with 2 when the config %s', async (_, name, text, message) => {
    const { code, out, err } = await plan('--config', await fileOf(name, text), '--to', '1.24');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('explains itself', async () => {
    expect(await plan('--help')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('usage: npm run plan'),
    });
  });
});
