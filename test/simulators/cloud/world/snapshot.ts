import type { KubernetesVersion } from '#src/domain/version.ts';
import { minorVersionOf } from '#src/domain/version.ts';
import type { ClusterSnapshot, GroupSnapshot } from '../options.ts';
import { imageOf } from '../versions.ts';
import { userPodsAt } from './activity.ts';
import { addonVersion } from './addons.ts';
import { clusterStatus, clusterVersion } from './control-plane.ts';
import { groupNameOf } from './groups.ts';
import { isReady, nodesAt } from './instances.ts';
import type { CoreAddonName } from './kube-system.ts';
import { CORE_WORKLOADS, imageOfWorkload, workloadOf } from './kube-system.ts';
import { managedGroupsAt, managedGroupVersion } from './managed-groups.ts';
import { liveStacks, stackStatus } from './stacks.ts';
import type { Cluster, Stack, World } from './world.ts';

/** What is true in the world now; versions are `1.N`. */
export function snapshotOf(world: World, cluster: Cluster): ClusterSnapshot {
  const now = world.clock.now();
  return {
    cluster: cluster.name,
    status: clusterStatus(cluster, now),
    version: clusterVersion(cluster, now),
    nodeGroups: liveStacks(cluster, now).flatMap((stack) => groupSnapshot(world, cluster, stack) ?? []),
    addons: addonSnapshots(cluster, now),
    activity: userPodsAt(cluster, now).length,
  };
}

function groupSnapshot(world: World, cluster: Cluster, stack: Stack): GroupSnapshot | null {
  const now = world.clock.now();
  const name = groupNameOf(stack);
  if (name === null) return null;
  const managed = managedGroupsAt(cluster, now).find((group) => group.stackName === stack.name);
  const kind = managed === undefined ? 'self-managed' : 'managed';
  const roles = new Set(stack.resources.map(({ physicalId }) => `arn:aws:iam::${cluster.account}:role/${physicalId}`));
  const nodes = nodesAt(world, cluster, now).filter(({ roleArn }) => roles.has(roleArn));
  const kubelets = nodes
    .map(({ kubeletVersion }) => minorVersionOf(kubeletVersion))
    .filter((version) => version !== undefined);
  return {
    name,
    kind,
    version:
      oldest(kubelets) ??
      (managed === undefined ? amiVersion(cluster, stack) : managedGroupVersion(cluster, managed, now)),
    nodes: nodes.length,
    readyNodes: nodes.filter((node) => isReady(world, cluster, node, now)).length,
    stackStatus: stackStatus(stack, now),
  };
}

/** A group with nodes of several versions counts as its oldest. */
function oldest(versions: KubernetesVersion[]): KubernetesVersion | undefined {
  return versions.toSorted((a, b) => Number(a.slice(2)) - Number(b.slice(2)))[0];
}

function amiVersion(cluster: Cluster, stack: Stack): KubernetesVersion | null {
  const imageId = /"ImageId":"([^"]+)"/.exec(stack.template.replaceAll(/\s/g, ''))?.[1];
  return imageId === undefined ? null : (imageOf(imageId, cluster.region)?.version ?? null);
}

/** EKS add-ons by their version, self-managed ones by their image's tag. */
function addonSnapshots(cluster: Cluster, now: number): ClusterSnapshot['addons'] {
  const managed = cluster.addons.map((addon) => ({ name: addon.name, detail: addonVersion(cluster, addon, now) }));
  const selfManaged = (Object.keys(CORE_WORKLOADS) as CoreAddonName[])
    .filter((name) => !managed.some((addon) => addon.name === name))
    .map((name) => ({ name, detail: imageOfWorkload(workloadOf(cluster, name)).split(':').at(-1) ?? '' }));
  return [...managed, ...selfManaged]
    .map(({ name, detail }) => ({ name, version: /^v?(\d+\.\d+)/.exec(detail)?.[1] ?? detail, detail }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}
