import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startScript } from './processes.ts';

async function started(source: string) {
  const folder = await mkdtemp(join(tmpdir(), 'process-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'it.mjs'), source);
  const child = startScript(join(folder, 'it.mjs'), {});
  onTestFinished(child.kill);
  return child;
}

test('a process that is told to leave may do so in its own way', async () => {
  const child = await started(
    `process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`,
  );
  await child.ready;
  expect(await child.terminate()).toEqual({ code: 7, ms: expect.any(Number) });
});

test('one that ends before it was ready says what it wrote', async () => {
  const child = await started(`console.error('no way'); process.exit(1)`);
  await expect(child.ready).rejects.toThrow(/before it was ready: no way/);
});
