import { GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { messageOf } from '#src/domain/errors.ts';
import type { ClusterCommand } from './command.ts';
import type { GroupConfig } from './config-file.ts';
import { EksctlError } from './eksctl-error.ts';
import { allGroups } from './node-group-template.ts';

/**
 * What `create nodegroup` asks AWS and the cluster for on its way and this program has no use for: the calls are made all
 * the same, because each needs a right (pkg/actions/nodegroup/create.go). Of all groups of the file, before the filter.
 */
export async function lookAround(command: ClusterCommand): Promise<void> {
  const { aws, config } = command;
  // pkg/vpc/vpc.go, `UseFromClusterStack` and `importVPC`
  await aws.query('ec2', 'DescribeSubnets');
  await aws.query('ec2', 'DescribeVpcs');
  const groups = allGroups(config);
  for (const group of groups) await loadKey(command, group);
  // pkg/vpc/vpc.go, `SelectNodeGroupSubnets`: `validateZoneInstanceSupport`
  if (groups.some(({ availabilityZones }) => availabilityZones !== undefined)) {
    await aws.query('ec2', 'DescribeInstanceTypeOfferings');
    await aws.query('ec2', 'DescribeAvailabilityZones');
  }
}

/** pkg/ami/api.go, `Use`: the device that the root volume is. */
export async function lookAtImage({ aws }: ClusterCommand, imageId: string): Promise<void> {
  await aws.query('ec2', 'DescribeImages', { 'ImageId.1': imageId });
}

/** pkg/ssh/client/ssh.go, `importKey`: the file is not read here, so its fingerprint is always the same one. */
async function loadKey({ aws, cluster }: ClusterCommand, { name, ssh }: GroupConfig): Promise<void> {
  if (ssh?.publicKeyPath === undefined) return;
  const keyName = `eksctl-${cluster.name}-nodegroup-${name}-0a:1b:2c:3d:4e:5f`;
  const found = await aws.query('ec2', 'DescribeKeyPairs', { 'KeyName.1': keyName });
  if (found === null) await aws.query('ec2', 'ImportKeyPair', { KeyName: keyName, PublicKeyMaterial: 'c3NoLXJzYQ==' });
}

/** pkg/cfn/manager/compat.go and `ClusterHasDedicatedVPC`: the template of the cluster's own stack. */
export async function lookAtClusterStack({ aws, cluster }: ClusterCommand): Promise<void> {
  const stack = `eksctl-${cluster.name}-cluster`;
  const client = await aws.cloudFormation();
  await client.send(new GetTemplateCommand({ StackName: stack })).catch((error: unknown) => {
    throw new EksctlError(`error getting stack template "${stack}": ${messageOf(error)}`);
  });
}

/** pkg/eks/nodegroup.go, `DoesAWSNodeUseIRSA`: the policies of the role that aws-node has by its service account. */
export async function lookAtAwsNodeRole({ aws, kubernetes, log }: ClusterCommand): Promise<void> {
  const account = await kubernetes
    .find('/api/v1/namespaces/kube-system/serviceaccounts/aws-node')
    .catch((error: unknown) => {
      throw new EksctlError(
        `couldn't check aws-node for annotation: error retrieving aws-node arn: getting "aws-node": ${messageOf(error)}`,
      );
    });
  if (account === null) log.warning('"aws-node" was not found');
  const annotations = (account?.metadata['annotations'] ?? {}) as Record<string, string>;
  const role = annotations['eks.amazonaws.com/role-arn']?.split('/').at(-1);
  if (role !== undefined) await aws.query('iam', 'ListAttachedRolePolicies', { RoleName: role });
}
