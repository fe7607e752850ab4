/*
  The cluster "coast": notebooks and dask workers for people who study the shore.
  Rendered with: jsonnet coast.jsonnet > coast.eksctl.json
*/
local nodeGroup = import './libsonnet/node-group.libsonnet';

local region = 'us-west-2';
local zones = ['us-west-2a', 'us-west-2b', 'us-west-2c'];
// Home directories are on volumes of one zone, so are the nodes.
local nodeZone = 'us-west-2b';

local notebooks = ['m5.large', 'm5.xlarge', 'm5.4xlarge'];
local workers = ['m5.xlarge', 'm5.4xlarge'];

// Names of node groups must not contain a dot.
local dashed(type) = std.strReplace(type, '.', '-');

{
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: {
    name: 'coast',
    region: region,
    // Was 1.21 until spring; the control plane comes first, see the runbook.
    version: '1.22',
  },
  availabilityZones: zones,
  iam: { withOIDC: true },
  nodeGroups: [
    nodeGroup {
      name: 'core-a',
      availabilityZones: [nodeZone],
      instanceType: 'm5.xlarge',
      minSize: 1,
      maxSize: 6,
      ssh: { publicKeyPath: 'ssh-keys/coast.key.pub' },
      labels: { 'hub.jupyter.org/node-purpose': 'core' },
      iam: { withAddonPolicies: { autoScaler: true } },
    },
  ] + [
    nodeGroup {
      name: 'nb-%s' % dashed(type),
      availabilityZones: [nodeZone],
      instanceType: type,
      ssh: { publicKeyPath: 'ssh-keys/coast.key.pub' },
      labels: { 'hub.jupyter.org/node-purpose': 'user' },
      taints: { 'hub.jupyter.org/dedicated': 'user:NoSchedule' },
    }
    for type in notebooks
  ] + [
    nodeGroup {
      name: 'dask-%s' % dashed(type),
      availabilityZones: [nodeZone],
      ssh: { publicKeyPath: 'ssh-keys/coast.key.pub' },
      labels: { 'k8s.dask.org/node-purpose': 'worker' },
      taints: { 'k8s.dask.org/dedicated': 'worker:NoSchedule' },
      instancesDistribution: {
        instanceTypes: [type],
        onDemandBaseCapacity: 0,
        onDemandPercentageAboveBaseCapacity: 0,
        spotAllocationStrategy: 'capacity-optimized',
      },
    }
    for type in workers
  ],
}
