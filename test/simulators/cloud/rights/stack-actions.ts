import type { AwsAction } from '../authorize.ts';
import { firstDenied } from '../authorize.ts';
import type { Cluster, Principal, StackResource, World } from '../world/world.ts';
import { stackDenial } from './denials.ts';
import { autoScalingGroupArn, placeOf } from './resource-arns.ts';

/**
 * Without a service role CloudFormation works with the rights of who asks for the stack:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
 * Which actions a resource needs is in the `handlers` of its schema (`aws cloudformation describe-type`), here without
 * those that only other templates than eksctl's need. The stack's tags are passed on to what can have tags.
 * Launching an instance of a launch template is checked when the group is made:
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
 * https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
 */
type Making = 'create' | 'delete';

type Part = { cluster: Cluster; resource: StackResource; role: string };

type Needs = (part: Part) => Record<Making, AwsAction[]>;

const EC2_SERVICE = { 'iam:PassedToService': 'ec2.amazonaws.com' };
const EKS_SERVICE = { 'iam:PassedToService': 'eks.amazonaws.com' };

const NEEDS: Record<string, Needs> = {
  'AWS::IAM::Role': ({ cluster, resource }) => {
    const on = actionsOn(`arn:aws:iam::${cluster.account}:role/${resource.physicalId}`);
    return {
      create: on('iam:CreateRole', 'iam:TagRole', 'iam:AttachRolePolicy', 'iam:GetRole'),
      delete: on(
        'iam:GetRole',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:DetachRolePolicy',
        'iam:DeleteRole',
      ),
    };
  },
  'AWS::IAM::Policy': ({ role }) => {
    const on = actionsOn(role);
    return {
      create: on('iam:PutRolePolicy', 'iam:GetRolePolicy'),
      delete: on('iam:GetRolePolicy', 'iam:DeleteRolePolicy'),
    };
  },
  'AWS::IAM::InstanceProfile': ({ cluster, resource, role }) => {
    const on = actionsOn(`arn:aws:iam::${cluster.account}:instance-profile/${resource.physicalId}`);
    return {
      create: [
        ...on('iam:CreateInstanceProfile', 'iam:GetInstanceProfile', 'iam:AddRoleToInstanceProfile'),
        { action: 'iam:PassRole', resource: role, context: EC2_SERVICE },
      ],
      delete: on('iam:GetInstanceProfile', 'iam:RemoveRoleFromInstanceProfile', 'iam:DeleteInstanceProfile'),
    };
  },
  'AWS::EC2::SecurityGroup': ({ cluster, resource }) => {
    const on = actionsOn(ec2(cluster, `security-group/${resource.physicalId}`));
    return {
      create: [
        ...on('ec2:CreateSecurityGroup', 'ec2:CreateTags', 'ec2:AuthorizeSecurityGroupIngress'),
        ...anywhere('ec2:DescribeSecurityGroups'),
      ],
      delete: [...anywhere('ec2:DescribeSecurityGroups', 'ec2:DescribeInstances'), ...on('ec2:DeleteSecurityGroup')],
    };
  },
  'AWS::EC2::SecurityGroupIngress': ({ cluster }) => ruleNeeds(cluster, 'Ingress'),
  'AWS::EC2::SecurityGroupEgress': ({ cluster }) => ruleNeeds(cluster, 'Egress'),
  'AWS::EC2::LaunchTemplate': ({ cluster, resource }) => {
    const on = actionsOn(ec2(cluster, `launch-template/${resource.physicalId}`));
    return {
      create: [...on('ec2:CreateLaunchTemplate'), ...anywhere('ec2:DescribeLaunchTemplates')],
      delete: [...anywhere('ec2:DescribeLaunchTemplates'), ...on('ec2:DeleteLaunchTemplate')],
    };
  },
  'AWS::AutoScaling::AutoScalingGroup': ({ cluster, resource, role }) => {
    const on = actionsOn(autoScalingGroupArn(placeOf(cluster), resource.physicalId));
    const looks = anywhere('autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeScalingActivities');
    return {
      create: [
        ...on('autoscaling:CreateAutoScalingGroup', 'autoscaling:CreateOrUpdateTags'),
        ...launchNeeds(cluster),
        { action: 'iam:PassRole', resource: role, context: EC2_SERVICE },
        ...looks,
      ],
      delete: [...looks, ...on('autoscaling:UpdateAutoScalingGroup', 'autoscaling:DeleteAutoScalingGroup')],
    };
  },
  'AWS::EKS::AccessEntry': ({ cluster, role }) => {
    const name = role.slice(role.lastIndexOf('/') + 1);
    const on = actionsOn(
      `arn:aws:eks:${cluster.region}:${cluster.account}:access-entry/${cluster.name}/role/${cluster.account}/${name}/5ac1e7b4`,
    );
    return {
      create: [
        ...actionsOn(clusterArn(cluster))('eks:CreateAccessEntry'),
        ...on('eks:TagResource', 'eks:DescribeAccessEntry', 'eks:ListAssociatedAccessPolicies'),
      ],
      delete: on('eks:DescribeAccessEntry', 'eks:DeleteAccessEntry'),
    };
  },
  'AWS::EKS::Nodegroup': ({ cluster, resource, role }) => {
    const on = actionsOn(
      `arn:aws:eks:${cluster.region}:${cluster.account}:nodegroup/${cluster.name}/${resource.physicalId}/5ac1e7b4`,
    );
    return {
      create: [
        ...actionsOn(clusterArn(cluster))('eks:CreateNodegroup'),
        ...on('eks:TagResource', 'eks:DescribeNodegroup'),
        ...actionsOn(role)('iam:GetRole', 'iam:ListAttachedRolePolicies'),
        { action: 'iam:PassRole', resource: role, context: EKS_SERVICE },
        ...anywhere('ec2:DescribeSubnets'),
        ...managedLaunchNeeds(cluster),
      ],
      delete: on('eks:DescribeNodegroup', 'eks:DeleteNodegroup'),
    };
  },
};

/** What EKS asks of the caller when a managed group with a launch template is made or updated. */
export function managedLaunchNeeds(cluster: Cluster): AwsAction[] {
  return [...launchNeeds(cluster), ...anywhere('ec2:DescribeLaunchTemplateVersions')];
}

function launchNeeds(cluster: Cluster): AwsAction[] {
  return actionsOn(ec2(cluster, 'instance/*'))('ec2:RunInstances', 'ec2:CreateTags');
}

/** Rules between the group's security group and the control plane's are made and deleted one by one. */
function ruleNeeds(cluster: Cluster, way: 'Ingress' | 'Egress'): Record<Making, AwsAction[]> {
  const on = actionsOn(ec2(cluster, 'security-group/sg-0c0a1b2c3d4e5f601'));
  const looks = anywhere('ec2:DescribeSecurityGroupRules');
  return {
    create: [...looks, ...on(`ec2:AuthorizeSecurityGroup${way}`)],
    delete: [...looks, ...on(`ec2:RevokeSecurityGroup${way}`)],
  };
}

function actionsOn(resource: string): (...actions: string[]) => AwsAction[] {
  return (...actions) => actions.map((action) => ({ action, resource }));
}

function anywhere(...actions: string[]): AwsAction[] {
  return actionsOn('*')(...actions);
}

function ec2({ region, account }: Cluster, rest: string): string {
  return `arn:aws:ec2:${region}:${account}:${rest}`;
}

function clusterArn({ region, account, name }: Cluster): string {
  return `arn:aws:eks:${region}:${account}:cluster/${name}`;
}

export type DeniedResource = { logicalId: string; type: string; reason: string };

type StackWork = { cluster: Cluster; principal: Principal; resources: readonly StackResource[] };

/** The first resource of a stack that CloudFormation may not make or delete for this caller, and the words for it. */
export function deniedInStack(
  world: World,
  { cluster, principal, resources }: StackWork,
  making: Making,
): DeniedResource | null {
  const roleId = resources.find(({ type }) => type === 'AWS::IAM::Role')?.physicalId ?? '';
  const role = `arn:aws:iam::${cluster.account}:role/${roleId}`;
  for (const resource of resources) {
    const actions = NEEDS[resource.type]?.({ cluster, resource, role })[making] ?? [];
    const denied = firstDenied(world, principal, actions);
    if (denied !== null)
      return { logicalId: resource.logicalId, type: resource.type, reason: stackDenial(principal.arn, denied) };
  }
  return null;
}
