import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { ClusterSnapshot } from '../../simulators/cloud/options.ts';
import type { StormCluster } from './clusters.ts';
import { isCore } from './truth.ts';

const run = promisify(execFile);

/** What is not as it should be after a success; empty: the cluster is at its target. */
export function notAtTarget(before: ClusterSnapshot, now: ClusterSnapshot, to: string): string[] {
  return [
    ...(now.version === to && now.status === 'ACTIVE' ? [] : [`the control plane is ${now.status} at ${now.version}`]),
    ...wrongGroups(before, now),
    ...now.nodeGroups.flatMap(({ name, version, stackStatus, nodes, readyNodes }) =>
      version === to && nodes === readyNodes && /^(?:CREATE|UPDATE)_COMPLETE$/.test(stackStatus)
        ? []
        : [`group ${name} is ${stackStatus} at ${version}, ${readyNodes} of ${nodes} nodes ready`],
    ),
  ];
}

/** As many core groups as before, and the same others. */
function wrongGroups(before: ClusterSnapshot, now: ClusterSnapshot): string[] {
  const shape = ({ nodeGroups }: ClusterSnapshot): string =>
    nodeGroups
      .map(({ name }) => (isCore(name) ? 'core' : name))
      .sort()
      .join(', ');
  return shape(before) === shape(now) ? [] : [`the groups are ${now.nodeGroups.map(({ name }) => name).join(', ')}`];
}

/** Whether the run's branch on the remote has the config at the target, with the groups that are there. */
export async function isInGit(bare: string, { name, to }: StormCluster, now: ClusterSnapshot): Promise<boolean> {
  const show = ['-C', bare, 'show', `eks-upgrade/${name}-${to}:${name}.yaml`];
  const text = await run('git', show).catch(() => null);
  if (text === null) return false;
  const config = parse(text.stdout) as StormCluster['config'];
  const groups = [...(config.nodeGroups ?? []), ...(config.managedNodeGroups ?? [])].map((group) => group.name);
  const there = now.nodeGroups.map((group) => group.name);
  return config.metadata.version === to && groups.toSorted().join() === there.toSorted().join();
}
