import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';

/**
 * Temporary folders that say whose they are: `<kind>-<host>-<pid>-<random>`. A worker that is killed leaves its
 * checkouts behind; the next one on the same host removes those whose process is gone. A folder of another host (a
 * volume that several containers share) is left alone: its process ids mean nothing here.
 */
export async function makeOwnedFolder(parent: string, kind: string): Promise<string> {
  const folder = await mkdtemp(join(parent, `${kind}-${HOST}-${process.pid}-`));
  ours.add(basename(folder));
  return folder;
}

/** A short word of letters and digits: the path of a socket goes below, and has few bytes. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
const OWNED = /^[a-z]+-(?<host>[0-9a-f]{6})-(?<pid>\d+)-[A-Za-z0-9]{6}$/;

/** Folders of this very process: process ids come again (in a container nearly always), so the id alone says nothing. */
const ours = new Set<string>();

/** Returns the names of the folders that were removed. */
export async function removeAbandonedFolders(parent: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const abandoned = names.filter((name) => {
    const { host, pid } = OWNED.exec(name)?.groups ?? {};
    return host === HOST && (Number(pid) === process.pid ? !ours.has(name) : !isAlive(Number(pid)));
  });
  await Promise.all(abandoned.map((name) => rm(join(parent, name), { recursive: true, force: true })));
  return abandoned;
}

/** EPERM: there is such a process, of somebody else. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
