// The cluster of the coast hub: one core group that always runs, and groups for people that the autoscaler fills.
local nodeGroup = import 'libsonnet/node-group.libsonnet';

local zones = ['us-west-2a', 'us-west-2b', 'us-west-2c'];
local userZone = 'us-west-2a';

local userSizes = ['m5.large', 'm5.2xlarge', 'm5.8xlarge'];
local workerSizes = ['m5.large', 'm5.2xlarge', 'm5.8xlarge'];

local dashed(size) = std.strReplace(size, '.', '-');

{
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: {
    name: 'coast',
    region: 'us-west-2',
    // The version of the control plane and, once re-created, of the nodes.
    version: '1.22',
  },
  availabilityZones: zones,
  iam: { withOIDC: true },
  nodeGroups: [
    // Hub, proxy, autoscaler and DNS live here: its replacement must run before it goes.
    nodeGroup {
      name: 'core-a',
      availabilityZones: [userZone],
      instanceType: 'm5.xlarge',
      minSize: 1,
      maxSize: 6,
      desiredCapacity: 2,
      labels+: { 'hub.jupyter.org/node-purpose': 'core' },
    },
  ] + [
    nodeGroup {
      name: 'nb-' + dashed(size),
      availabilityZones: [userZone],
      instanceType: size,
      labels+: { 'hub.jupyter.org/node-purpose': 'user' },
      taints+: { 'hub.jupyter.org/dedicated': 'user:NoSchedule' },
    }
    for size in userSizes
  ] + [
    nodeGroup {
      name: 'dask-' + dashed(size),
      availabilityZones: [userZone],
      labels+: { 'k8s.dask.org/node-purpose': 'worker' },
      taints+: { 'k8s.dask.org/dedicated': 'worker:NoSchedule' },
      instancesDistribution: {
        instanceTypes: [size],
        onDemandBaseCapacity: 0,
        onDemandPercentageAboveBaseCapacity: 0,
        spotAllocationStrategy: 'capacity-optimized',
      },
    }
    for size in workerSizes
  ],
}
