import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineDiff } from '#src/cli/line-diff.ts';
import { runEditConfig } from '#src/cli/run-edit-config.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edit-'));
  await cp(join(import.meta.dirname, '../support/configs'), directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function edit(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const env = { PATH: process.env.PATH };
  const write = (to: string[]) => (text: string) => void to.push(text);
  const code = await runEditConfig({ args, env, now: () => 0, out: write(out), err: write(err) });
  return { code, out: out.join(''), err: err.join('') };
}

describe('npm run edit-config', () => {
  it('prints the diff and leaves the file alone', async () => {
    const config = join(directory, 'delta.jsonnet');
    const before = await readFile(config, 'utf8');
    const { code, out } = await edit('--config', config, '--to', '1.33', '--rename', 'core-b=core-a');
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => /^[-+] /.test(line))).toEqual([
      `-  name='delta', region="eu-west-1", version='1.30', coreSuffix="b",`,
      `+  name='delta', region="eu-west-1", version='1.33', coreSuffix="a",`,
    ]);
    expect(await readFile(config, 'utf8')).toBe(before);
  });

  it.each([
    ['coast.jsonnet', '1.24', 'core-a=core-b'],
    ['delta.jsonnet', '1.31', 'core-b=core-a'],
    ['harbour.yaml', '1.35', 'core-a=core-b'],
  ])('writes %s when told to, and then has nothing to change', async (name, to, rename) => {
    const args = ['--config', join(directory, name), '--to', to, '--rename', rename, '--write'];
    expect(await edit(...args)).toMatchObject({ code: 0, err: '' });
    const again = await edit(...args);
    expect(again).toEqual({ code: 0, err: '', out: `${join(directory, name)} says so already: nothing to change\n` });
  });

  it.each<[string, string[], string]>([
    [
      'a rename without a new name',
      ['--rename', 'core-a'],
      'error: --rename "core-a" is not OLD=NEW, for example core-a=core-b\n',
    ],
    [
      'a group that is not there',
      ['--rename', 'core-x=core-y'],
      'it has no node group "core-x"; its node groups are core-a, nb-m5-large',
    ],
  ])('exits with 2 on %s', async (_, more, message) => {
    const { code, out, err } = await edit('--config', join(directory, 'coast.jsonnet'), '--to', '1.24', ...more);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('lineDiff', () => {
  const lines = (...changed: number[]): string =>
    Array.from({ length: 20 }, (_, i) => (changed.includes(i + 1) ? `new ${i + 1}` : `${i + 1}`)).join('\n');

  it('joins changes that are near, and leaves out what is far', () => {
    const diff = lineDiff('x', lines(), lines(1, 4, 18));
    expect(diff.split('\n').filter((line) => /^(@@|[-+]\d|[-+]new)/.test(line))).toEqual([
      '@@ -1,7 +1,7 @@',
      '-1',
      '+new 1',
      '-4',
      '+new 4',
      '@@ -15,6 +15,6 @@',
      '-18',
      '+new 18',
    ]);
  });

  it('is empty for the same text', () => {
    expect(lineDiff('x', lines(), lines())).toBe('');
  });
});
