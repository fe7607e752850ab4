import { minorOf } from '#src/domain/version.ts';
import type { JsonObject } from '../json.ts';
import type { GroupConfig } from '../options.ts';
import { recommendedImage } from '../versions.ts';
import type { Cluster } from './world.ts';

/** CloudFormation's placeholder, for Fn::Sub. */
const STACK_NAME = `\${AWS::StackName}`;

/** Templates as eksctl leaves them, cut to what the simulated world reads. */
export function clusterStackTemplate(): string {
  return JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'EKS cluster (dedicated VPC: true, dedicated IAM: true) [created and managed by eksctl]',
    Resources: {
      ServiceRole: { Type: 'AWS::IAM::Role', Properties: {} },
      VPC: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '192.168.0.0/16' } },
      ControlPlane: { Type: 'AWS::EKS::Cluster', Properties: {} },
    },
    Outputs: { ServiceRoleARN: { Value: { 'Fn::GetAtt': ['ServiceRole', 'Arn'] } } },
  });
}

export type GroupStack = { group: GroupConfig; kind: 'unmanaged' | 'managed'; accessEntry: boolean };

export function groupStack(cluster: Cluster, { group, kind, accessEntry }: GroupStack): string {
  const role = { NodeInstanceRole: nodeRole() };
  const resources = kind === 'managed' ? managedResources(cluster, group) : selfManagedResources(cluster, group);
  const entry = {
    Type: 'AWS::EKS::AccessEntry',
    Properties: { PrincipalArn: roleArn(), ClusterName: cluster.name, Type: 'EC2_LINUX' },
  };
  return JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Description:
      kind === 'managed'
        ? 'EKS Managed Nodes (SSH access: true) [created by eksctl]'
        : `EKS nodes (AMI family: ${amiFamily(cluster, group)}, SSH access: true, private networking: false) [created and managed by eksctl]`,
    Resources: { ...role, ...resources, ...(kind === 'unmanaged' && accessEntry ? { AccessEntry: entry } : {}) },
    Outputs: {
      InstanceRoleARN: { Value: roleArn(), Export: { Name: { 'Fn::Sub': `${STACK_NAME}::InstanceRoleARN` } } },
      ...(kind === 'unmanaged' ? { FeaturePrivateNetworking: { Value: 'false' } } : {}),
    },
  });
}

/** pkg/cfn/builder/iam_helper.go, `createRole`: the policies of a group whose config names none, with the autoscaler's. */
export function nodeRole(): JsonObject {
  const names = ['AmazonEKSWorkerNodePolicy', 'AmazonEKS_CNI_Policy', 'AmazonEC2ContainerRegistryPullOnly'];
  const arn = (name: string) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:iam::aws:policy/${name}` });
  return { Type: 'AWS::IAM::Role', Properties: { Path: '/', ManagedPolicyArns: names.map(arn) } };
}

/** pkg/cfn/builder/iam.go, `attachAllowPolicy`. */
export function policyAutoScaling(): JsonObject {
  const PolicyName = { 'Fn::Sub': `${STACK_NAME}-PolicyAutoScaling` };
  return { Type: 'AWS::IAM::Policy', Properties: { PolicyName, Roles: [{ Ref: 'NodeInstanceRole' }] } };
}

/** The inline policy of a group with `withAddonPolicies.autoScaler`, and the security group of its own. */
function besideTheRole(): JsonObject {
  return {
    PolicyAutoScaling: policyAutoScaling(),
    SG: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: { GroupDescription: 'Communication between the control plane and worker nodes' },
    },
  };
}

function roleArn(): JsonObject {
  return { 'Fn::GetAtt': ['NodeInstanceRole', 'Arn'] };
}

function instanceTypes({ instanceType, instanceTypes: several, instancesDistribution }: GroupConfig): string[] {
  return several ?? instancesDistribution?.instanceTypes ?? [instanceType ?? 'm5.large'];
}

/** Before eksctl 0.2xx (2025) a group without `amiFamily` was AmazonLinux2. */
function amiFamily(cluster: Cluster, { amiFamily: asked }: GroupConfig): string {
  return asked ?? (minorOf(cluster.baseVersion) <= 32 ? 'AmazonLinux2' : 'AmazonLinux2023');
}

function isAccelerated(group: GroupConfig): boolean {
  return instanceTypes(group).some((type) => /^[gp]\d/.test(type));
}

function imageIdOf(cluster: Cluster, group: GroupConfig): string {
  if (group.ami?.startsWith('ami-') === true) return group.ami;
  const family = amiFamily(cluster, group) === 'AmazonLinux2' ? 'AL2' : 'AL2023';
  const query = { version: cluster.baseVersion, region: cluster.region, accelerated: isAccelerated(group) };
  const image =
    recommendedImage({ ...query, family }) ??
    recommendedImage({ ...query, family: 'AL2023' }) ??
    recommendedImage({ ...query, family: 'AL2' });
  if (image === undefined)
    throw new Error(`no AMI for node group ${group.name} at ${cluster.baseVersion}: add one to versions.json`);
  return image.imageId;
}

function selfManagedResources(cluster: Cluster, group: GroupConfig): JsonObject {
  const min = group.minSize ?? group.desiredCapacity ?? 2;
  return {
    ...besideTheRole(),
    NodeGroupLaunchTemplate: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: {
        LaunchTemplateName: { 'Fn::Sub': STACK_NAME },
        LaunchTemplateData: { ImageId: imageIdOf(cluster, group), InstanceType: instanceTypes(group)[0] ?? 'm5.large' },
      },
    },
    NodeGroup: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Properties: {
        MinSize: String(min),
        MaxSize: String(group.maxSize ?? min),
        DesiredCapacity: String(group.desiredCapacity ?? min),
        VPCZoneIdentifier: ['subnet-0a1b2c3d4e5f60001'],
        Tags: Object.entries({ Name: `${cluster.name}-${group.name}-Node`, ...group.tags }).map(([Key, Value]) => ({
          Key,
          Value,
          PropagateAtLaunch: 'true',
        })),
      },
    },
  };
}

function managedResources(cluster: Cluster, group: GroupConfig): JsonObject {
  const min = group.minSize ?? group.desiredCapacity ?? 2;
  const family = amiFamily(cluster, group) === 'AmazonLinux2' ? 'AL2_x86_64' : 'AL2023_x86_64_STANDARD';
  const accelerated = family === 'AL2_x86_64' ? 'AL2_x86_64_GPU' : 'AL2023_x86_64_NVIDIA';
  return {
    LaunchTemplate: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateName: { 'Fn::Sub': STACK_NAME }, LaunchTemplateData: {} },
    },
    ManagedNodeGroup: {
      Type: 'AWS::EKS::Nodegroup',
      Properties: {
        ClusterName: cluster.name,
        NodegroupName: group.name,
        AmiType: isAccelerated(group) ? accelerated : family,
        InstanceTypes: instanceTypes(group),
        Labels: {
          ...group.labels,
          'alpha.eksctl.io/cluster-name': cluster.name,
          'alpha.eksctl.io/nodegroup-name': group.name,
        },
        NodeRole: roleArn(),
        ScalingConfig: { MinSize: min, MaxSize: group.maxSize ?? min, DesiredSize: group.desiredCapacity ?? min },
      },
    },
  };
}
