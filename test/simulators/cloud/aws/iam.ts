import { attachPolicy, detachPolicy, policiesOf, rolesOf } from '../world/role-policies.ts';
import type { Cluster } from '../world/world.ts';
import { AwsError } from './errors.ts';
import type { QueryHandler } from './query-protocol.ts';
import { pageOf } from './query-protocol.ts';
import type { AwsRequest } from './request.ts';
import type { Xml } from './xml.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/ The roles are those of the node groups' stacks. */
export const iamOperations: Record<string, QueryHandler<AwsRequest>> = {
  ListAttachedRolePolicies: (request, form) => {
    const attached = policiesOn(request, form).filter(({ arn }) => arn !== null);
    const { page, ...more } = paged(form, attached);
    return {
      AttachedPolicies: { member: page.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })) },
      ...more,
    };
  },
  ListRolePolicies: (request, form) => {
    const inline = policiesOn(request, form).filter(({ arn }) => arn === null);
    const { page, ...more } = paged(form, inline);
    return { PolicyNames: { member: page.map(({ name }) => name) }, ...more };
  },
  AttachRolePolicy: (request, form) => {
    const arn = form.get('PolicyArn') ?? '';
    attachPolicy(
      clusterOfRole(request, form),
      { role: roleIn(form), name: nameIn(arn), arn },
      request.world.clock.now(),
    );
    return {};
  },
  DetachRolePolicy: (request, form) => {
    const name = nameIn(form.get('PolicyArn') ?? '');
    detachPolicy(request.world, clusterOfRole(request, form), { role: roleIn(form), name });
    return {};
  },
  PutRolePolicy: (request, form) => {
    const name = form.get('PolicyName') ?? '';
    attachPolicy(clusterOfRole(request, form), { role: roleIn(form), name, arn: null }, request.world.clock.now());
    return {};
  },
  DeleteRolePolicy: (request, form) => {
    detachPolicy(request.world, clusterOfRole(request, form), {
      role: roleIn(form),
      name: form.get('PolicyName') ?? '',
    });
    return {};
  },
};

const PAGE = 100;

function paged<T>(form: URLSearchParams, items: T[]): { page: T[]; IsTruncated: boolean; Marker: Xml } {
  const { page, next } = pageOf(items, form.get('Marker'), PAGE);
  return { page, IsTruncated: next !== undefined, Marker: next };
}

function policiesOn(request: AwsRequest, form: URLSearchParams) {
  const cluster = clusterOfRole(request, form);
  return policiesOf(cluster, roleIn(form), request.nowOf(cluster));
}

/** IAM knows no region. */
function clusterOfRole({ world, principal }: AwsRequest, form: URLSearchParams): Cluster {
  const role = roleIn(form);
  const cluster = world.clusters.find(
    ({ account, stacks }) => account === principal.account && stacks.some((stack) => rolesOf(stack).includes(role)),
  );
  if (cluster === undefined) throw new AwsError('NoSuchEntity', `The role with name ${role} cannot be found.`, 404);
  return cluster;
}

function roleIn(form: URLSearchParams): string {
  return form.get('RoleName') ?? '';
}

function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
