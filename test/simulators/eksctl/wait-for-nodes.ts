import { messageOf } from '#src/domain/errors.ts';
import type { ClusterCommand } from './command.ts';
import type { GroupConfig } from './config-file.ts';
import { EksctlError } from './eksctl-error.ts';
import type { KubeObject } from './kubernetes.ts';
import { sizesOf } from './node-group-template.ts';
import { polls } from './stacks.ts';

/** eksctl watches, which ends at once here; looking every few simulated seconds comes to the same. */
const LOOK_MS = 10_000;

/** pkg/eks/client.go, `WaitForNodes`: as many Ready nodes as the minimum size, so a group of minimum 0 is not waited for. */
export async function waitForNodes(command: ClusterCommand, group: GroupConfig): Promise<void> {
  const { log } = command;
  const { min } = sizesOf(group);
  if (min === 0) return;
  await watchNodes(command);
  if (logNodes(command, group, await nodesOf(command, group.name)) < min) {
    log.info(`waiting for at least ${min} node(s) to become ready in "${group.name}"`);
    await untilReady(command, group, min);
  }
  logNodes(command, group, await nodesOf(command, group.name));
}

async function watchNodes({ kubernetes }: ClusterCommand): Promise<void> {
  await kubernetes.watch('/api/v1/nodes').catch((error: unknown) => {
    throw new EksctlError(`creating node watcher: ${messageOf(error)}`);
  });
}

async function untilReady(command: ClusterCommand, group: GroupConfig, min: number): Promise<void> {
  for await (const _ of polls(command, LOOK_MS)) {
    if ((await nodesOf(command, group.name)).filter(isReady).length >= min) return;
  }
  throw new EksctlError(
    `timed out waiting for at least ${min} nodes to join the cluster and become ready in "${group.name}": context deadline exceeded`,
  );
}

function logNodes({ log }: ClusterCommand, group: GroupConfig, nodes: readonly KubeObject[]): number {
  log.info(`nodegroup "${group.name}" has ${nodes.length} node(s)`);
  for (const node of nodes) log.info(`node "${node.metadata.name}" is ${isReady(node) ? 'ready' : 'not ready'}`);
  return nodes.filter(isReady).length;
}

export function nodesOf({ kubernetes }: ClusterCommand, group: string): Promise<KubeObject[]> {
  return kubernetes.list('/api/v1/nodes', `alpha.eksctl.io/nodegroup-name=${group}`);
}

function isReady(node: KubeObject): boolean {
  const { conditions = [] } = (node['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
