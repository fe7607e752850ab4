import { readFile } from 'node:fs/promises';
import { eksctlChildrenOf } from '#test/support/eksctl-children.ts';

/** kill -9 of each eksctl that one of these workers runs for the cluster now. */
export async function killEksctlOf(workers: readonly number[], cluster: string): Promise<void> {
  for (const { pid, config } of await eksctlChildrenOf(workers)) {
    if ((await clusterIn(config)) === cluster) process.kill(pid, 'SIGKILL');
  }
}

async function clusterIn(config: string): Promise<string | null> {
  const text = await readFile(config, 'utf8').catch(() => '');
  return /"name":\s*"(storm-\d+)"/.exec(text)?.[1] ?? null;
}
