import type { ClusterCommand } from './command.ts';
import type { GroupConfig } from './config-file.ts';
import { EksctlError } from './eksctl-error.ts';
import { architectureOf, hasGpu, instanceTypesOf } from './node-group-template.ts';

export type ResolvedAmi = { imageId: string; amiFamily: string };

const LAST_AL2_MINOR = 32;

/**
 * The AMI of a self-managed group, by SSM parameter (pkg/ami/ssm_resolver.go). Without `amiFamily` it is AmazonLinux2023
 * (pkg/apis/eksctl.io/v1alpha5/defaults.go), which turns an old group into another operating system. Of minors that AL2023
 * was never built for, today's eksctl can make no such group; the one of their era made AmazonLinux2, and so does this one.
 */
export async function resolveAmi(command: ClusterCommand, group: GroupConfig, version: string): Promise<ResolvedAmi> {
  if (group.ami?.startsWith('ami-') === true)
    return { imageId: group.ami, amiFamily: group.amiFamily ?? 'AmazonLinux2023' };
  if (group.amiFamily === 'AmazonLinux2' && Number(version.split('.')[1]) > LAST_AL2_MINOR) {
    throw new EksctlError(`AmazonLinux2 is not supported for Kubernetes version ${version}`);
  }
  const families = group.amiFamily === undefined ? ['AmazonLinux2023', 'AmazonLinux2'] : [group.amiFamily];
  for (const amiFamily of families) {
    const imageId = await command.aws.parameter(parameterName(group, amiFamily, version));
    if (imageId !== null) return { imageId, amiFamily };
  }
  throw new EksctlError(
    `unable to determine AMI to use: unable to determine AMI for region ${command.aws.region}, version ${version}, instance type ${instanceTypesOf(group)[0]} and image family ${families[0]}`,
  );
}

function parameterName(group: GroupConfig, amiFamily: string, version: string): string {
  const root = `/aws/service/eks/optimized-ami/${version}`;
  const architecture = architectureOf(group);
  switch (amiFamily) {
    case 'AmazonLinux2023':
      return `${root}/amazon-linux-2023/${architecture}/${hasGpu(group) ? 'nvidia' : 'standard'}/recommended/image_id`;
    case 'AmazonLinux2':
      return `${root}/amazon-linux-2${hasGpu(group) ? '-gpu' : architecture === 'arm64' ? '-arm64' : ''}/recommended/image_id`;
    case 'Bottlerocket':
      return `/aws/service/bottlerocket/aws-k8s-${version}/${architecture}/latest/image_id`;
    default:
      throw new EksctlError(`unknown image family ${amiFamily}`);
  }
}
