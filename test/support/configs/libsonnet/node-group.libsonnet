// What every node group of the example clusters has in common. The autoscaler learns a group's labels and taints from
// tags, because a group with no node has nothing else to show.
{
  local group = self,

  minSize: 0,
  maxSize: 200,
  desiredCapacity: group.minSize,
  volumeSize: 80,
  labels: {},
  taints: {},
  tags: {
    ['k8s.io/cluster-autoscaler/node-template/label/' + name]: group.labels[name]
    for name in std.objectFields(group.labels)
  } + {
    ['k8s.io/cluster-autoscaler/node-template/taint/' + name]: group.taints[name]
    for name in std.objectFields(group.taints)
  },
}
