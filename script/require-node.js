/**
 * Imported first by every entry, and preloaded by `npm run`: refuses a Node that cannot run TypeScript as it stands.
 * Plain JavaScript that very old Nodes can read, because they fail on the first `.ts` file with
 * `ERR_UNKNOWN_FILE_EXTENSION`, which helps nobody.
 * https://nodejs.org/docs/latest-v24.x/api/typescript.html#type-stripping
 */
import process from 'node:process';

const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(
    `this is Node ${process.versions.node}, eks-upgrade-bot needs ${NEEDED} or newer: ` +
      'run script/setup, which installs it here or says how, then start with "npm run …"\n',
  );
  process.exit(1);
}
