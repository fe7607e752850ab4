import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

/** What stands in the log when an eksctl begins while another one works on the same cluster. */
export const TWO_AT_ONCE = 'two at once';

/**
 * Nothing in eksctl keeps two of them apart: they race for aws-auth, and each takes the other's stacks for existing ones. So
 * it is only noted. Who was killed leaves its number behind, and is not alive any more.
 */
export function noteCompany(logPath: string, cluster: string): void {
  const path = `${logPath}.${cluster}`;
  if (isAlive(readPid(path))) appendFileSync(logPath, `${JSON.stringify([TWO_AT_ONCE, cluster])}\n`);
  writeFileSync(path, String(process.pid));
}

function readPid(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
