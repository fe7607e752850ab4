import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../script/require-node.js';

/**
 * Once per run, before the workers are forked: refuses a Node that cannot run the project, and makes the folder in
 * which `startRedis` keeps its data. A folder that is left at the end is a server that nobody stopped.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'eks-upgrade-bot-test-'));
  process.env['TEST_RUN_DIR'] = folder;
  return async () => {
    const left = await readdir(folder);
    await rm(folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`left behind by the tests, call stop() on each: ${left.join(', ')}`);
  };
}
