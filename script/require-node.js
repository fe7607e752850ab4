/**
 * Preloaded by `npm run` and imported first by every entry: refuses a Node that cannot run TypeScript as it stands, and
 * a checkout without its packages. Plain JavaScript that old Nodes can read, because they fail on the first `.ts` file
 * with `ERR_UNKNOWN_FILE_EXTENSION`, which helps nobody.
 * https://nodejs.org/docs/latest-v24.x/api/typescript.html#type-stripping
 */
import { existsSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

/** @type {(why: string) => never} */
function refuse(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  refuse(
    `this is Node ${process.versions.node}, eks-upgrade-bot needs ${NEEDED} or newer: ` +
      'run script/setup, which installs it here or says how, then start with "npm run …"',
  );
}
if (!existsSync(new URL('../node_modules', import.meta.url))) {
  refuse('the packages of eks-upgrade-bot are not installed: run script/setup, then start with "npm run …"');
}

// Compiled once, loaded from there at every later start: half of a start is compiling. Where nothing may be written it
// does nothing. https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url)));
