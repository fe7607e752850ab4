import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** What a checkout that was not set up says: its only file is the one that is preloaded, and a program that would start. */
const project = resolve(import.meta.dirname, '../..');

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'require-node-test-'));
  await mkdir(join(checkout, 'script'));
  await copyFile(join(project, 'script/require-node.js'), join(checkout, 'script/require-node.js'));
  await writeFile(join(checkout, 'package.json'), '{"type":"module"}');
  await writeFile(join(checkout, 'old.cjs'), 'Object.defineProperty(process.versions, "node", { value: "20.20.2" });');
  await writeFile(join(checkout, 'program.js'), 'console.log("started");');
});
afterEach(() => rm(checkout, { recursive: true }));

test('without packages it says how to get them, and with them it starts', async () => {
  expect(await start()).toEqual({
    code: 1,
    output: 'the packages of eks-upgrade-bot are not installed: run script/setup, then start with "npm run …"\n',
  });
  await mkdir(join(checkout, 'node_modules'));
  expect(await start()).toEqual({ code: 0, output: 'started\n' });
});

test('an old Node says which it is and which is needed', async () => {
  expect(await start('--require', './old.cjs')).toEqual({
    code: 1,
    output: expect.stringMatching(/^this is Node 20\.20\.2, eks-upgrade-bot needs 24 or newer: run script\/setup/),
  });
});

test('every script of package.json that runs our code preloads it, because an old Node cannot read the rest', async () => {
  const { scripts } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const ours = Object.values(scripts).filter((command) => command.startsWith('node '));
  expect(ours).toContainEqual(expect.stringMatching(/ script\/start\.ts$/));
  for (const command of ours)
    expect(command).toMatch(/^node (?:--max-\S+ )?--import \.\/script\/require-node\.js \S+\.ts$/);
});

function start(...options: string[]): Promise<{ code: number; output: string }> {
  const args = [...options, '--import', './script/require-node.js', 'program.js'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: checkout, env: {} }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` }),
    );
  });
}
