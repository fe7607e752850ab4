import { lostSettings } from '#src/domain/lost-settings.ts';
import type {
  CoreAddon,
  GroupVersion,
  ObservedAddon,
  ObservedNode,
  ObservedNodeGroup,
} from '#src/domain/observation.ts';
import { hopsBetween, type KubernetesVersion, minorOf, minorVersionOf } from '#src/domain/version.ts';
import type { CloudSight } from '#src/ports/cloud.ts';
import type { ManagedNodeGroup } from '#src/ports/eks.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';

export const CORE_ADDONS: readonly CoreAddon[] = ['vpc-cni', 'coredns', 'kube-proxy'];

/** Every node group of the cluster as AWS and Kubernetes show it now, by name. */
export async function seeNodeGroups(cloud: CloudSight, cluster: string): Promise<ObservedNodeGroup[]> {
  return (await seeGroups(cloud, cluster)).nodeGroups;
}

/** The same, with what they were made from. */
export async function seeGroups(
  cloud: CloudSight,
  cluster: string,
): Promise<{ nodeGroups: ObservedNodeGroup[]; stacks: NodeGroupStack[]; nodes: ObservedNode[] }> {
  const [stacks, managed, nodes] = await Promise.all([
    cloud.stacks.list(cluster),
    cloud.eks.managedNodeGroups(cluster),
    cloud.kubernetes.nodes(),
  ]);
  const nodesOf = (group: string) => nodes.filter((node) => node.group === group);
  const nodeGroups = [
    ...stacks.filter((stack) => stack.kind === 'self-managed').map((stack) => selfManaged(stack, nodesOf(stack.group))),
    ...managed.map((group) => managedGroup(group, nodesOf(group.name))),
  ].sort((a, b) => a.name.localeCompare(b.name));
  return { nodeGroups, stacks, nodes };
}

function selfManaged(stack: NodeGroupStack, nodes: ObservedNode[]): ObservedNodeGroup {
  const { group: name, kind, status, sizes, ami, amiFamily } = stack;
  const version: GroupVersion =
    ami.kind === 'known'
      ? { kind: 'ami', version: ami.version, amiName: ami.name }
      : { kind: 'could-not-check', why: ami.why };
  return { name, kind, status, sizes, nodes, amiFamily, version: kubeletVersion(nodes) ?? version };
}

function managedGroup(group: ManagedNodeGroup, nodes: ObservedNode[]): ObservedNodeGroup {
  const { name, status, sizes } = group;
  return {
    name,
    kind: 'managed',
    status,
    sizes,
    nodes,
    amiFamily: null,
    version: kubeletVersion(nodes) ?? { kind: 'eks', version: group.version },
  };
}

/** The oldest kubelet speaks for its group. */
function kubeletVersion(nodes: ObservedNode[]): GroupVersion | undefined {
  const minors = nodes.map((node) => minorVersionOf(node.kubeletVersion)).filter((minor) => minor !== undefined);
  const [oldest] = minors.sort((a, b) => minorOf(a) - minorOf(b));
  return oldest === undefined ? undefined : { kind: 'kubelet', version: oldest };
}

/** EKS add-ons with what EKS offers of them at each hop, and the three core ones even when EKS does not manage them. */
export async function seeAddons(
  cloud: CloudSight,
  { cluster, from, to, settings = false }: AddonsLook,
): Promise<ObservedAddon[]> {
  const minors = [from, ...hopsBetween(from, to)];
  const managed = await cloud.eks.listAddons(cluster);
  const names = [...new Set<string>([...CORE_ADDONS, ...managed])];
  const seen = await Promise.all(
    names.map((name) => seeAddon(cloud, { cluster, name, minors, settings, isListed: managed.includes(name) })),
  );
  return seen.flatMap((addon) => addon ?? []);
}

/** `settings`: look also for what eksctl would overwrite. */
type AddonsLook = { cluster: string; from: KubernetesVersion; to: KubernetesVersion; settings?: boolean };

/**
 * Only EKS's own "not found", or its list without it, makes an add-on self-managed, and only Kubernetes's own makes it
 * absent: whoever may not ask is told so (these calls throw). null: an add-on of EKS alone that was taken away since it was listed.
 */
async function seeAddon(
  cloud: CloudSight,
  {
    cluster,
    name,
    minors,
    settings,
    isListed,
  }: { cluster: string; name: string; minors: KubernetesVersion[]; settings: boolean; isListed: boolean },
): Promise<ObservedAddon | null> {
  const addon = isListed ? await cloud.eks.describeAddon(cluster, name) : null;
  if (addon !== null) {
    const offered = await Promise.all(
      minors.map(async (minor) => [minor, await cloud.eks.offeredAddonVersions(name, minor)] as const),
    );
    const known = offered.flatMap(([minor, versions]) => (versions === null ? [] : [[minor, versions] as const]));
    return { kind: 'eks', name, version: addon.version, offered: Object.fromEntries(known) };
  }
  const core = CORE_ADDONS.find((candidate) => candidate === name);
  if (core === undefined) return null;
  const workload = await cloud.kubernetes.addonWorkload(core);
  if (workload === null) return { kind: 'absent', name: core };
  const seen = { kind: 'self-managed', name: core, image: workload.image } as const;
  return settings ? { ...seen, lost: lostSettings(core, await cloud.kubernetes.addonObjects(core)) } : seen;
}
