import { nodeRole, policyAutoScaling } from '../cloud/world/seed-stacks.ts';
import type { ClusterConfig, GroupConfig } from './config-file.ts';

/** Templates of node group stacks, cut to what the simulated CloudFormation reads: ../cloud/README.md, "Template contract". */
export type TemplateInput = { cluster: { name: string; subnets: string[] }; group: GroupConfig; amiFamily: string };

const ROLE = { NodeInstanceRole: nodeRole() };

/** pkg/cfn/builder/iam.go: the profile of a group that is not managed, and the policy of `withAddonPolicies.autoScaler`. */
function iamOf({ iam }: GroupConfig): Record<string, unknown> {
  return iam?.withAddonPolicies?.autoScaler === true ? { PolicyAutoScaling: policyAutoScaling() } : {};
}

/** pkg/cfn/builder/nodegroup.go, `addResourcesForSecurityGroups`. */
const OF_SELF_MANAGED = {
  NodeInstanceProfile: { Type: 'AWS::IAM::InstanceProfile', Properties: {} },
  SG: { Type: 'AWS::EC2::SecurityGroup', Properties: {} },
  EgressInterCluster: { Type: 'AWS::EC2::SecurityGroupEgress', Properties: {} },
  EgressInterClusterAPI: { Type: 'AWS::EC2::SecurityGroupEgress', Properties: {} },
  IngressInterClusterCP: { Type: 'AWS::EC2::SecurityGroupIngress', Properties: {} },
};
const ROLE_ARN = { 'Fn::GetAtt': ['NodeInstanceRole', 'Arn'] };
/** CloudFormation's placeholder, for Fn::Sub. */
const STACK_NAME_PLACEHOLDER = `\${AWS::StackName}`;
const STACK_NAME = { 'Fn::Sub': STACK_NAME_PLACEHOLDER };
const ROLE_OUTPUT = {
  InstanceRoleARN: { Value: ROLE_ARN, Export: { Name: { 'Fn::Sub': `${STACK_NAME_PLACEHOLDER}::InstanceRoleARN` } } },
};

export function selfManagedTemplate({
  cluster,
  group,
  amiFamily,
  imageId,
  accessEntry,
}: TemplateInput & { imageId: string; accessEntry: boolean }): unknown {
  const { min, max, desired } = sizesOf(group);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `EKS nodes (AMI family: ${amiFamily}, SSH access: false, private networking: false) [created and managed by eksctl]`,
    Resources: {
      ...ROLE,
      ...iamOf(group),
      ...OF_SELF_MANAGED,
      NodeGroupLaunchTemplate: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: {
          LaunchTemplateName: STACK_NAME,
          LaunchTemplateData: { ImageId: imageId, InstanceType: instanceTypesOf(group)[0] },
        },
      },
      NodeGroup: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          MinSize: String(min),
          MaxSize: String(max),
          DesiredCapacity: String(desired),
          VPCZoneIdentifier: cluster.subnets,
          Tags: Object.entries({ Name: `${cluster.name}-${group.name}-Node`, ...group.tags }).map(([Key, Value]) => ({
            Key,
            Value,
            PropagateAtLaunch: 'true',
          })),
        },
      },
      ...(accessEntry
        ? {
            AccessEntry: {
              Type: 'AWS::EKS::AccessEntry',
              Properties: { PrincipalArn: ROLE_ARN, ClusterName: cluster.name, Type: 'EC2_LINUX' },
            },
          }
        : {}),
    },
    Outputs: { ...ROLE_OUTPUT, ...(accessEntry ? { NodeGroupUsesAccessEntry: { Value: 'true' } } : {}) },
  };
}

export function managedTemplate({ cluster, group, amiFamily }: TemplateInput): unknown {
  const { min, max, desired } = sizesOf(group);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'EKS Managed Nodes (SSH access: false) [created by eksctl]',
    Resources: {
      ...ROLE,
      ...iamOf(group),
      LaunchTemplate: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: { LaunchTemplateName: STACK_NAME, LaunchTemplateData: {} },
      },
      ManagedNodeGroup: {
        Type: 'AWS::EKS::Nodegroup',
        Properties: {
          ClusterName: cluster.name,
          NodegroupName: group.name,
          AmiType: amiTypeOf(group, amiFamily),
          InstanceTypes: instanceTypesOf(group),
          ScalingConfig: { MinSize: min, MaxSize: max, DesiredSize: desired },
          NodeRole: ROLE_ARN,
          Labels: {
            ...group.labels,
            'alpha.eksctl.io/cluster-name': cluster.name,
            'alpha.eksctl.io/nodegroup-name': group.name,
          },
        },
      },
    },
    Outputs: ROLE_OUTPUT,
  };
}

/** Without sizes a group has two nodes (pkg/apis/eksctl.io/v1alpha5, `DefaultNodeCount`). */
export function sizesOf({ minSize, maxSize, desiredCapacity }: GroupConfig): {
  min: number;
  max: number;
  desired: number;
} {
  const desired = desiredCapacity ?? minSize ?? 2;
  const min = minSize ?? desired;
  return { min, max: maxSize ?? Math.max(desired, min), desired };
}

export function instanceTypesOf({ instanceType, instanceTypes, instancesDistribution }: GroupConfig): string[] {
  return instanceTypes ?? instancesDistribution?.instanceTypes ?? [instanceType ?? 'm5.large'];
}

export function architectureOf(group: GroupConfig): 'arm64' | 'x86_64' {
  return /^[a-z]+\d+g/.test(instanceTypesOf(group)[0] ?? '') ? 'arm64' : 'x86_64';
}

export function hasGpu(group: GroupConfig): boolean {
  return /^(?:p|g)\d/.test(instanceTypesOf(group)[0] ?? '');
}

function amiTypeOf(group: GroupConfig, amiFamily: string): string {
  const architecture = architectureOf(group) === 'arm64' ? 'ARM_64' : 'x86_64';
  if (amiFamily === 'AmazonLinux2') return hasGpu(group) ? 'AL2_x86_64_GPU' : `AL2_${architecture}`;
  return `AL2023_${architecture}_${hasGpu(group) ? 'NVIDIA' : 'STANDARD'}`;
}

export function allGroups({ nodeGroups, managedNodeGroups }: ClusterConfig): GroupConfig[] {
  return [...nodeGroups, ...managedNodeGroups];
}
