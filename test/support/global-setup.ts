import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '../../script/require-node.js';
import { bundle } from './bundle.ts';
import { PROGRAMS_FOLDER, sourcesOfPrograms } from './programs.ts';

const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url));

/**
 * Once per run, before the workers are forked: refuses a Node that cannot run the project, and makes the folder in
 * which `startRedis` keeps its data, and the programs that tests start. A folder that is left at the end is a server that
 * nobody stopped.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'eks-upgrade-bot-test-'));
  const programs = await mkdtemp(join(tmpdir(), 'eks-upgrade-bot-programs-'));
  await bundle(sourcesOfPrograms(), programs);
  process.env[PROGRAMS_FOLDER] = programs;
  process.env['TEST_RUN_DIR'] = folder;
  // Hundreds of processes load the same files: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
  process.env['NODE_COMPILE_CACHE'] ??= COMPILE_CACHE;
  return async () => {
    const left = await readdir(folder);
    await Promise.all([folder, programs].map((path) => rm(path, { recursive: true, force: true })));
    if (left.length > 0) throw new Error(`left behind by the tests, call stop() on each: ${left.join(', ')}`);
  };
}
