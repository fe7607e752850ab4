import type { ConfigNodeGroup, ObservedConfig } from './observation.ts';

/** What is read of an evaluated eksctl ClusterConfig; the rest of the document passes through untouched. */
export type ClusterConfig = {
  metadata: { name: string; region: string; version: string };
  nodeGroups: ClusterConfigGroup[];
  managedNodeGroups: ClusterConfigGroup[];
  addons: { name: string; version: string | null }[];
  /** EKS Auto Mode: EKS itself runs nodes and core add-ons. */
  autoMode: boolean;
};

export type ClusterConfigGroup = {
  name: string;
  amiFamily: string | null;
  minSize: number | null;
  maxSize: number | null;
  desiredCapacity: number | null;
  instanceType: string | null;
  instanceTypes: string[];
  instancesDistribution: { instanceTypes: string[] } | null;
};

/** What the planner looks at. */
export function observedConfigOf(config: ClusterConfig): Omit<ObservedConfig, 'commit' | 'path'> {
  return {
    clusterName: config.metadata.name,
    region: config.metadata.region,
    version: config.metadata.version,
    nodeGroups: [
      ...config.nodeGroups.map((group) => nodeGroupOf(group, 'self-managed')),
      ...config.managedNodeGroups.map((group) => nodeGroupOf(group, 'managed')),
    ],
  };
}

function nodeGroupOf(group: ClusterConfigGroup, kind: ConfigNodeGroup['kind']): ConfigNodeGroup {
  const { name, amiFamily, minSize, maxSize, desiredCapacity } = group;
  return { name, kind, amiFamily, minSize, maxSize, desiredCapacity, instanceTypes: instanceTypesOf(group) };
}

function instanceTypesOf({ instanceType, instanceTypes, instancesDistribution }: ClusterConfigGroup): string[] {
  if (instanceTypes.length > 0) return instanceTypes;
  if (instancesDistribution !== null && instancesDistribution.instanceTypes.length > 0)
    return instancesDistribution.instanceTypes;
  return instanceType === null ? [] : [instanceType];
}
