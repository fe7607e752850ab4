import { awsNodeManifests, corednsManifests, kubeProxyManifests, type Manifest } from '../../addon-manifests.ts';
import type { JsonObject } from '../json.ts';
import { listAt, objectAt } from '../json.ts';
import { addonImage } from '../versions.ts';
import { putObject } from './objects.ts';
import type { Cluster, KubeObject } from './world.ts';

/** The workloads of kube-system that every EKS cluster has. */
export const CORE_WORKLOADS = {
  'vpc-cni': '/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node',
  'kube-proxy': '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy',
  coredns: '/apis/apps/v1/namespaces/kube-system/deployments/coredns',
} as const;

export type CoreAddonName = keyof typeof CORE_WORKLOADS;

export function isCoreAddon(name: string): name is CoreAddonName {
  return name in CORE_WORKLOADS;
}

export function workloadOf(cluster: Cluster, addon: CoreAddonName): KubeObject | undefined {
  return cluster.objects.get(CORE_WORKLOADS[addon]);
}

export function containersOf(workload: JsonObject | undefined): JsonObject[] {
  return listAt(objectAt(workload, 'spec', 'template', 'spec'), 'containers').filter(
    (container): container is JsonObject =>
      typeof container === 'object' && container !== null && !Array.isArray(container),
  );
}

/** Image of the main (first) container. */
export function imageOfWorkload(workload: JsonObject | undefined): string {
  const image = containersOf(workload)[0]?.['image'];
  return typeof image === 'string' ? image : '';
}

/** Installs an add-on afresh, as a new cluster has it: its workload, and what belongs to that. */
export function installWorkload(cluster: Cluster, addon: CoreAddonName, image: string, now: number): void {
  for (const { path, object } of manifestsOf(addon, image)) putObject(cluster, path, object, now);
}

function manifestsOf(addon: CoreAddonName, image: string): Manifest[] {
  switch (addon) {
    case 'vpc-cni': {
      const minor = Number(/:v1\.(\d+)/.exec(image)?.[1] ?? 0);
      const agent = image.replace(/amazon-k8s-cni:.*$/, 'amazon/aws-network-policy-agent:v1.0.4');
      const init = image.replace('amazon-k8s-cni:', 'amazon-k8s-cni-init:');
      return awsNodeManifests({ cni: image, init, agent: minor >= 14 ? agent : null });
    }
    case 'coredns':
      return corednsManifests(image);
    case 'kube-proxy':
      return kubeProxyManifests(image);
    default:
      addon satisfies never;
      throw new Error(`unknown add-on ${String(addon)}`);
  }
}

/** What an EKS add-on update does to the workload: another image, everything else stays (resolveConflicts PRESERVE). */
export function updateWorkloadImage(cluster: Cluster, addon: CoreAddonName, version: string, now: number): void {
  const workload = workloadOf(cluster, addon);
  if (workload === undefined) return;
  const copy = structuredClone(workload);
  const [container] = containersOf(copy);
  if (container !== undefined) container['image'] = addonImage(addon, version);
  putObject(cluster, CORE_WORKLOADS[addon], copy, now);
}

/** Self-managed images carry no `-eksbuild` for the CNI, as the upstream manifest has them. */
export function selfManagedImage(addon: CoreAddonName, version: string): string {
  return addonImage(addon, addon === 'vpc-cni' ? version.replace(/-eksbuild.*$/, '') : version);
}
