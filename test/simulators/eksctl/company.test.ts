import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noteCompany, TWO_AT_ONCE } from './company.ts';

test('an eksctl that begins while another works on the same cluster is noted; one that was killed is no company', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'company-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const log = join(directory, 'eksctl.jsonl');
  await writeFile(log, '');
  const noted = async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean);

  noteCompany(log, 'coast');
  noteCompany(log, 'harbor');
  expect(await noted()).toEqual([]);
  noteCompany(log, 'coast');
  expect(await noted()).toEqual([JSON.stringify([TWO_AT_ONCE, 'coast'])]);

  await writeFile(`${log}.coast`, String(spawnSync('true').pid));
  noteCompany(log, 'coast');
  expect(await noted()).toHaveLength(1);
});
