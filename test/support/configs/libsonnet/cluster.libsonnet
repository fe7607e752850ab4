// Builds a whole cluster from a few arguments; names of node groups are put together here.
local nodeGroup = import './node-group.libsonnet';

{
  makeCluster(name, region, version, coreSuffix='a', notebooks=[])::
    local group(parts) = nodeGroup {
      local name = std.join('-', std.filter(function(part) part != '', parts)),
      name: name,
      amiFamily: 'AmazonLinux2023',
      tags+: { 'example.org/node-group': name, 'example.org/generation': parts[std.length(parts) - 1] },
    };
    {
      apiVersion: 'eksctl.io/v1alpha5',
      kind: 'ClusterConfig',
      metadata: { name: name, region: region, version: version },
      availabilityZones: [region + zone for zone in ['a', 'b']],
      addons: [{ name: 'aws-ebs-csi-driver', version: 'latest' }],
      nodeGroups: [
        group(['core', coreSuffix]) { instanceType: 'r5.large', minSize: 2, maxSize: 4 },
      ] + [
        group(['nb', std.strReplace(type, '.', '-'), '']) { instanceType: type }
        for type in notebooks
      ],
    },
}
