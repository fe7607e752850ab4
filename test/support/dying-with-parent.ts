import { existsSync } from 'node:fs';

/** A test process that is killed runs no exit handler; on Linux the kernel takes its children with it. */
export function dyingWithParent(command: [string, ...string[]]): [string, ...string[]] {
  const setpriv = process.platform === 'linux' && existsSync('/usr/bin/setpriv');
  return setpriv ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', ...command] : command;
}
