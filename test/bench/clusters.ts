import type { ClusterConfig } from '#test/simulators/cloud/options.ts';

type Shape = { name: string; from: string };

/** The runbook's shape: one core group that always runs, and `others` that the autoscaler fills; nobody manages the add-ons. */
export function selfManagedCluster({ name, from, others }: Shape & { others: number }): ClusterConfig {
  const group = { amiFamily: 'AmazonLinux2', instanceType: 'm5.large', maxSize: 20, volumeSize: 80 };
  return {
    apiVersion: 'eksctl.io/v1alpha5',
    kind: 'ClusterConfig',
    metadata: { name, region: 'us-west-2', version: from },
    availabilityZones: ['us-west-2a', 'us-west-2b'],
    nodeGroups: [
      { ...group, name: 'core-a', minSize: 1, desiredCapacity: 2 },
      ...Array.from({ length: others }, (_, index) => ({
        ...group,
        name: `${index % 2 === 0 ? 'nb' : 'dask'}-${index + 1}`,
        minSize: 0,
        desiredCapacity: 0,
      })),
    ],
  };
}

/** As one would make it today: a managed group and EKS add-ons. An upgrade of it needs no eksctl. */
export function managedCluster({ name, from }: Shape): ClusterConfig {
  return {
    apiVersion: 'eksctl.io/v1alpha5',
    kind: 'ClusterConfig',
    metadata: { name, region: 'us-west-2', version: from },
    availabilityZones: ['us-west-2a', 'us-west-2b'],
    addons: [
      { name: 'vpc-cni', version: 'latest' },
      { name: 'coredns', version: 'latest' },
      { name: 'kube-proxy', version: 'latest' },
    ],
    managedNodeGroups: [
      {
        name: 'core',
        amiFamily: 'AmazonLinux2023',
        instanceType: 'm7i.large',
        minSize: 1,
        maxSize: 4,
        desiredCapacity: 1,
      },
    ],
  };
}
