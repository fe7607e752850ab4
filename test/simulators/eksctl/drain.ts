import { messageOf } from '#src/domain/errors.ts';
import type { ClusterCommand } from './command.ts';
import { durationOf } from './command-line.ts';
import { EksctlError } from './eksctl-error.ts';
import { type KubeObject, KubernetesError } from './kubernetes.ts';
import { polls } from './stacks.ts';
import { nodesOf } from './wait-for-nodes.ts';

/** Drains a group's nodes (pkg/drain/nodegroup.go): cordon all, evict what is no DaemonSet's, again until nothing is left. */
export async function drainGroup(command: ClusterCommand, group: string): Promise<void> {
  const { kubernetes, log } = command;
  const nodes = await nodesOf(command, group);
  if (nodes.length === 0) {
    log.warning(`no nodes found in nodegroup "${group}" (label selector: "alpha.eksctl.io/nodegroup-name=${group}")`);
    return;
  }
  for (const { metadata, spec } of nodes) {
    if ((spec as { unschedulable?: boolean } | undefined)?.unschedulable === true) continue;
    await kubernetes.patch(`/api/v1/nodes/${metadata.name}`, { spec: { unschedulable: true } });
    log.info(`cordon node "${metadata.name}"`);
  }
  const names = nodes.map(({ metadata }) => metadata.name);
  for (const name of names) await evictAll(command, name);
  log.success(`drained all nodes: [${names.join(' ')}]`);
}

async function evictAll(command: ClusterCommand, node: string): Promise<void> {
  for await (const _ of polls(command, durationOf(command.flags.get('pod-eviction-wait-period') ?? '10s'))) {
    const pods = (await command.kubernetes.list(`/api/v1/pods`)).filter((pod) => isEvictable(pod, node));
    if (pods.length === 0) return;
    for (const pod of pods) await evict(command, pod);
  }
  throw new EksctlError(`timed out waiting for node "${node}" to be drained`);
}

function isEvictable({ metadata, spec, status }: KubeObject, node: string): boolean {
  const owners = (metadata['ownerReferences'] ?? []) as { kind: string }[];
  const { phase } = (status ?? {}) as { phase?: string };
  const isDone = phase === 'Succeeded' || phase === 'Failed' || metadata['deletionTimestamp'] !== undefined;
  return (
    (spec as { nodeName?: string } | undefined)?.nodeName === node &&
    !isDone &&
    !owners.some(({ kind }) => kind === 'DaemonSet' || kind === 'Node')
  );
}

/** A disruption budget says 429: tried again at the next look. */
async function evict({ kubernetes }: ClusterCommand, { metadata }: KubeObject): Promise<void> {
  const { name, namespace = 'default' } = metadata;
  try {
    await kubernetes.create(`/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
    });
  } catch (error) {
    if (error instanceof KubernetesError && (error.status === 429 || error.status === 404)) return;
    throw new EksctlError(`unrecoverable error evicting pod: ${namespace}/${name}: ${messageOf(error)}`);
  }
}
