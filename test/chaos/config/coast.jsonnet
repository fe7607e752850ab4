// A small cluster with one of everything that an upgrade treats in its own way: a core group, a group for people,
// two add-ons of EKS (vpc-cni, kube-proxy) and one that only eksctl can replace (coredns).
local group = {
  amiFamily: 'AmazonLinux2',
  instanceType: 'm5.large',
  availabilityZones: ['us-west-2a'],
  maxSize: 3,
};

{
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'coast', region: 'us-west-2', version: '1.24' },
  availabilityZones: ['us-west-2a', 'us-west-2b'],
  addons: [{ name: 'vpc-cni' }, { name: 'kube-proxy' }],
  nodeGroups: [
    group { name: 'core-a', minSize: 1, desiredCapacity: 1 },
    group { name: 'nb-m5-large', minSize: 0, labels: { 'hub.jupyter.org/node-purpose': 'user' } },
  ],
}
