import type { AwsAction } from '../authorize.ts';
import { groupOfInstance } from '../aws/auto-scaling.ts';
import type { AwsRequest } from '../aws/request.ts';
import type { Json } from '../json.ts';
import { textAt } from '../json.ts';
import { autoScalingGroupArn, eksResource, type Place, parameterArn, queryResource } from './resource-arns.ts';
import { managedLaunchNeeds } from './stack-actions.ts';

/** Everything that AWS asks about the caller before it does what a call says: its own action, and what hangs on it. */
export function eksActions(request: AwsRequest, operation: string): AwsAction[] {
  const place = placeOf(request);
  const own = { action: `eks:${operation}`, resource: eksResource(place, request.path) };
  return [own, ...ofUpdatedThing(request, own), ...ofRole(request), ...ofLaunchTemplate(request, operation)];
}

/** DescribeUpdate and ListUpdates are checked against the group or add-on too, where they name one. */
function ofUpdatedThing(request: AwsRequest, { action }: AwsAction): AwsAction[] {
  const cluster = request.path.split('/')[2] ?? '';
  const group = request.query.get('nodegroupName');
  const addon = request.query.get('addonName');
  if (!/^eks:(DescribeUpdate|ListUpdates)$/.test(action) || (group === null && addon === null)) return [];
  const path = `/clusters/${cluster}/${group === null ? `addons/${addon}` : `node-groups/${group}`}`;
  return [{ action, resource: eksResource(placeOf(request), path) }];
}

/** Handing over a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html */
function ofRole({ body }: AwsRequest): AwsAction[] {
  const role = body === '' ? undefined : textAt(JSON.parse(body) as Json, 'serviceAccountRoleArn');
  return role === undefined
    ? []
    : [{ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'eks.amazonaws.com' } }];
}

/** All managed groups that eksctl makes have a launch template: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html */
function ofLaunchTemplate({ world, path }: AwsRequest, operation: string): AwsAction[] {
  const cluster = world.clusters.find(({ name }) => name === path.split('/')[2]);
  return operation === 'UpdateNodegroupVersion' && cluster !== undefined ? managedLaunchNeeds(cluster) : [];
}

/** DescribeStacks of all needs ListStacks too (API_DescribeStacks), a stack made with tags TagResource. */
export function queryActions(request: AwsRequest, service: string, form: URLSearchParams): AwsAction[] {
  const operation = form.get('Action') ?? '';
  const resource = queryResource(service, form, placeOf(request));
  const own = { action: `${service}:${operation}`, resource };
  if (operation === 'TerminateInstanceInAutoScalingGroup')
    return [{ ...own, resource: groupArnOfInstance(request, form) }];
  if (service !== 'cloudformation') return [own];
  if (operation === 'DescribeStacks' && resource === '*')
    return [own, { action: 'cloudformation:ListStacks', resource }];
  return operation === 'CreateStack' && form.has('Tags.member.1.Key')
    ? [own, { action: 'cloudformation:TagResource', resource }]
    : [own];
}

/** The call names the instance, and is checked on its group: list_amazonec2autoscaling.html. */
function groupArnOfInstance(request: AwsRequest, form: URLSearchParams): string {
  const group = groupOfInstance(request, form.get('InstanceId'));
  return group === undefined ? '*' : autoScalingGroupArn(placeOf(request), group);
}

export function ssmActions(request: AwsRequest, operation: string): AwsAction[] {
  const name = textAt(JSON.parse(request.body) as Json, 'Name') ?? '';
  return [{ action: `ssm:${operation}`, resource: parameterArn(placeOf(request), name) }];
}

function placeOf({ region, principal }: AwsRequest): Place {
  return { region, account: principal.account };
}
