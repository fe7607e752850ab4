import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { makeOwnedFolder, removeAbandonedFolders } from '#src/adapters/owned-folders.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'owned-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
});

/** The name that a process with this id on this host would have given. */
async function folderOf(pid: number): Promise<string> {
  const ours = basename(await makeOwnedFolder(parent, 'checkout'));
  const name = ours.replace(`-${process.pid}-`, `-${pid}-`).replace(/.{6}$/, 'abcdef');
  await rm(join(parent, ours), { recursive: true });
  await mkdir(join(parent, name, 'tree'), { recursive: true });
  return name;
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('what a process left behind that is gone is removed with all that is in it', async () => {
  const name = await folderOf(await deadPid());
  expect(await removeAbandonedFolders(parent)).toEqual([name]);
  expect(await readdir(parent)).toEqual([]);
});

test('what a living process has is left alone: our own, and that of another worker', async () => {
  const own = basename(await makeOwnedFolder(parent, 'checkout'));
  const others = await folderOf(process.ppid);
  expect(await removeAbandonedFolders(parent)).toEqual([]);
  expect((await readdir(parent)).sort()).toEqual([own, others].sort());
});

test('a predecessor in the same container had the same id: what it left is removed', async () => {
  const name = await folderOf(process.pid);
  expect(await removeAbandonedFolders(parent)).toEqual([name]);
});

test('what is of another host, or of nobody, is left alone', async () => {
  const foreign = (await folderOf(await deadPid())).replace(/^checkout-[0-9a-f]{6}/, 'checkout-ffffff');
  await mkdir(join(parent, foreign));
  await mkdir(join(parent, 'mirrors'));
  await removeAbandonedFolders(parent);
  expect((await readdir(parent)).sort()).toEqual([foreign, 'mirrors'].sort());
});

test('a folder that is not there yet has nothing to remove', async () => {
  expect(await removeAbandonedFolders(join(parent, 'none'))).toEqual([]);
});
