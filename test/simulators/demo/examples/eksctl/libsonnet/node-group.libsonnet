// What all node groups of our clusters share. The autoscaler can only start a node of an empty group when the group's
// tags tell it which labels and taints such a node would have.
local labelTags(labels) = {
  ['k8s.io/cluster-autoscaler/node-template/label/' + name]: labels[name]
  for name in std.objectFields(labels)
};
local taintTags(taints) = {
  ['k8s.io/cluster-autoscaler/node-template/taint/' + name]: taints[name]
  for name in std.objectFields(taints)
};

{
  amiFamily: 'AmazonLinux2',
  minSize: 0,
  maxSize: 100,
  desiredCapacity: self.minSize,
  volumeSize: 80,
  labels+: {},
  taints+: {},
  tags+: labelTags(self.labels) + taintTags(self.taints),
  iam: { withAddonPolicies: { autoScaler: true } },
}
