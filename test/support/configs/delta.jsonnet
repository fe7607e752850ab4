// The cluster "delta" says little itself: a library makes the rest, names of node groups included.
local lib = import './libsonnet/cluster.libsonnet';
// version='1.29' until May

lib.makeCluster(
  name='delta', region="eu-west-1", version='1.30', coreSuffix="b",
  notebooks=['r5.xlarge', 'r5.4xlarge'],
) + { cloudWatch: { clusterLogging: { enableTypes: ['audit'], logRetentionInDays: 7 } } }
