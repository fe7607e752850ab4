import type { Stack } from '@aws-sdk/client-cloudformation';

/** Current tags first, then those of eksctl before 0.2; see pkg/apis/eksctl.io/v1alpha5/types.go. */
const CLUSTER_TAGS = ['alpha.eksctl.io/cluster-name', 'eksctl.cluster.k8s.io/v1alpha1/cluster-name'];
const GROUP_TAGS = [
  'alpha.eksctl.io/nodegroup-name',
  'eksctl.io/v1alpha2/nodegroup-name',
  'eksctl.cluster.k8s.io/v1alpha1/nodegroup-id',
];

const SEPARATOR = '-nodegroup-';

type NamedStack = { StackName?: string | undefined; Tags?: Stack['Tags'] };

/**
 * The node group a stack was made for, if it was made for this cluster. `eksctl-a-nodegroup-b-nodegroup-c` is group
 * `b-nodegroup-c` of cluster `a` or group `c` of cluster `a-nodegroup-b`: the tags decide. A stack without tags counts
 * only where its name can be read in one way.
 */
export function groupOfStack(stack: NamedStack, cluster: string): string | undefined {
  const prefix = `eksctl-${cluster}${SEPARATOR}`;
  const name = stack.StackName ?? '';
  if (!name.startsWith(prefix)) return undefined;
  const owner = tagOf(stack, CLUSTER_TAGS);
  if (owner !== undefined && owner !== cluster) return undefined;
  const rest = name.slice(prefix.length);
  if (owner === undefined && name.split(SEPARATOR).length > 2) return undefined;
  return tagOf(stack, GROUP_TAGS) ?? rest;
}

function tagOf({ Tags = [] }: NamedStack, keys: string[]): string | undefined {
  for (const key of keys) {
    const value = Tags?.find((tag) => tag.Key === key)?.Value;
    if (value !== undefined) return value;
  }
  return undefined;
}
