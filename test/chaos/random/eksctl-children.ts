import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** kill -9 of each eksctl that one of these workers runs for the cluster now. The wrapper becomes the program (`exec`). */
export async function killEksctlOf(workers: readonly number[], cluster: string): Promise<void> {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,args=']);
  for (const line of stdout.split('\n')) {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const config = /--config-file=(\S+)/.exec(args)?.[1];
    if (config === undefined || !workers.includes(Number(parent))) continue;
    if ((await clusterIn(config)) === cluster) process.kill(Number(pid), 'SIGKILL');
  }
}

async function clusterIn(config: string): Promise<string | null> {
  const text = await readFile(config, 'utf8').catch(() => '');
  return /"name":\s*"(storm-\d+)"/.exec(text)?.[1] ?? null;
}
