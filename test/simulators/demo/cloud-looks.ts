import type { CallCount } from '../cloud/effects.ts';
import type { ClusterSnapshot } from '../cloud/options.ts';

/** The cluster as the simulated cloud itself knows it. */
export async function clusterSnapshot(cloudUrl: string, cluster: string): Promise<ClusterSnapshot> {
  return (await look(cloudUrl, `state?cluster=${encodeURIComponent(cluster)}`)) as ClusterSnapshot;
}

/** How often the bot and its worker called each AWS operation; eksctl's own calls are left out. */
export async function botCallCounts(cloudUrl: string): Promise<Record<string, number>> {
  const calls = (await look(cloudUrl, 'calls')) as CallCount[];
  const counts: Record<string, number> = {};
  for (const { caller, service, operation, count } of calls) {
    if (caller !== 'eksctl' && service !== 'kubernetes') counts[operation] = (counts[operation] ?? 0) + count;
  }
  return counts;
}

async function look(cloudUrl: string, path: string): Promise<unknown> {
  const response = await fetch(`${cloudUrl}/_sim/${path}`);
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`the cloud simulator refused ${path}: ${JSON.stringify(body)}`);
  return body;
}
