import { roleOfSession } from '../world/access.ts';
import type { Cluster } from '../world/world.ts';

/**
 * The resource that AWS checks a call against: the Service Authorization Reference, "Resource types" of each action.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 * Actions without a resource type (`Describe…` of EC2 and Auto Scaling, ListStacks, DescribeClusterVersions) need `*`.
 */
export type Place = { region: string; account: string };

/** Stands for the unique part that AWS makes; nobody can know it beforehand, so patterns end in `*`. */
const UNIQUE = '5ac1e7b4-0000-4000-8000-000000000000';

/** By the path that every EKS operation on something in a cluster has. */
export function eksResource({ region, account }: Place, path: string): string {
  const [, clusters, cluster, kind, name] = path.split('/').map(decodeURIComponent);
  if (clusters !== 'clusters' || cluster === undefined) return '*';
  const arn = (rest: string) => `arn:aws:eks:${region}:${account}:${rest}`;
  if (kind === 'node-groups' && name !== undefined) return arn(`nodegroup/${cluster}/${name}/${UNIQUE}`);
  if (kind === 'addons' && name !== undefined) return arn(`addon/${cluster}/${name}/${UNIQUE}`);
  if (kind === 'access-entries' && name !== undefined) return arn(accessEntry(cluster, path));
  return arn(`cluster/${cluster}`);
}

/** `access-entry/<cluster>/<role or user>/<account>/<name>/<id>`; the principal's ARN is one part of the path. */
function accessEntry(cluster: string, path: string): string {
  const principal = roleOfSession(decodeURIComponent(path.split('/')[4] ?? ''));
  const [, , , , account = '', rest = ''] = principal.split(':');
  const parts = rest.split('/');
  return `access-entry/${cluster}/${parts[0] ?? ''}/${account}/${parts.at(-1) ?? ''}/${UNIQUE}`;
}

/** A call of the query protocol: by the parameter that names the thing. */
export function queryResource(service: string, form: URLSearchParams, place: Place): string {
  const { region, account } = place;
  switch (service) {
    case 'cloudformation':
      return form.has('StackName') ? stackArn(place, form.get('StackName') ?? '') : '*';
    case 'autoscaling': {
      const name = form.get('AutoScalingGroupName');
      return name === null ? '*' : autoScalingGroupArn(place, name);
    }
    case 'iam': {
      if (form.has('RoleName')) return `arn:aws:iam::${account}:role/${form.get('RoleName')}`;
      const profile = form.get('InstanceProfileName');
      return profile === null ? '*' : `arn:aws:iam::${account}:instance-profile/${profile}`;
    }
    case 'ec2':
      return form.get('Action') === 'ImportKeyPair'
        ? `arn:aws:ec2:${region}:${account}:key-pair/${form.get('KeyName')}`
        : '*';
    default:
      return '*';
  }
}

/** By name or by id. */
function stackArn({ region, account }: Place, nameOrId: string): string {
  return nameOrId.startsWith('arn:')
    ? nameOrId
    : `arn:aws:cloudformation:${region}:${account}:stack/${nameOrId}/${UNIQUE}`;
}

export function autoScalingGroupArn({ region, account }: Place, name: string): string {
  return `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:${UNIQUE}:autoScalingGroupName/${name}`;
}

export function parameterArn({ region }: Place, name: string): string {
  return `arn:aws:ssm:${region}::parameter${name}`;
}

export function placeOf({ region, account }: Cluster): Place {
  return { region, account };
}
