import type { Json, JsonObject } from '../json.ts';
import { textAt } from '../json.ts';
import { releaseVersionOf } from '../versions.ts';
import {
  deleteGroup,
  managedGroupStatus,
  managedGroupsAt,
  managedGroupVersion,
  startGroupUpdate,
} from '../world/managed-groups.ts';
import type { Cluster, ManagedGroup } from '../world/world.ts';
import type { EksCall, EksRoute } from './eks-call.ts';
import { clusterOf, page, seconds } from './eks-call.ts';
import { updateJson } from './eks-clusters.ts';
import { AwsError } from './errors.ts';

export const nodegroupRoutes: EksRoute[] = [
  { operation: 'ListNodegroups', method: 'GET', path: '/clusters/{name}/node-groups', handle: listNodegroups },
  {
    operation: 'DescribeNodegroup',
    method: 'GET',
    path: '/clusters/{name}/node-groups/{group}',
    handle: describeNodegroup,
  },
  {
    operation: 'DeleteNodegroup',
    method: 'DELETE',
    path: '/clusters/{name}/node-groups/{group}',
    handle: deleteNodegroup,
  },
  {
    operation: 'UpdateNodegroupVersion',
    method: 'POST',
    path: '/clusters/{name}/node-groups/{group}/update-version',
    handle: updateNodegroupVersion,
  },
];

function listNodegroups({ request, parameters }: EksCall): Json {
  const cluster = clusterOf(request, parameters[0]);
  const names = managedGroupsAt(cluster, request.world.clock.now()).map(({ name }) => name);
  return page(names, request.query, 'nodegroups');
}

function groupOf({ request, parameters }: EksCall): { cluster: Cluster; group: ManagedGroup } {
  const cluster = clusterOf(request, parameters[0]);
  const group = managedGroupsAt(cluster, request.world.clock.now()).find(({ name }) => name === parameters[1]);
  if (group === undefined)
    throw new AwsError('ResourceNotFoundException', `No node group found for name: ${parameters[1]}.`, 404);
  return { cluster, group };
}

function describeNodegroup(call: EksCall): Json {
  const { cluster, group } = groupOf(call);
  return { nodegroup: groupJson(cluster, group, call.request.world.clock.now()) };
}

function groupJson(cluster: Cluster, group: ManagedGroup, now: number): JsonObject {
  const version = managedGroupVersion(cluster, group, now);
  return {
    nodegroupName: group.name,
    nodegroupArn: `arn:aws:eks:${cluster.region}:${cluster.account}:nodegroup/${cluster.name}/${group.name}/5ac1e7b4`,
    clusterName: cluster.name,
    version,
    releaseVersion: releaseVersionOf(version),
    createdAt: seconds(group.createdAt),
    modifiedAt: seconds(group.activeAt),
    status: managedGroupStatus(cluster, group, now),
    capacityType: 'ON_DEMAND',
    scalingConfig: { minSize: group.sizes.min, maxSize: group.sizes.max, desiredSize: group.sizes.desired },
    instanceTypes: group.instanceTypes,
    subnets: ['subnet-0a1b2c3d4e5f60001'],
    amiType: group.amiType,
    nodeRole: group.roleArn,
    labels: group.labels,
    resources: { autoScalingGroups: [{ name: `eks-${group.name}-5ac1e7b4` }] },
    health: {
      issues: group.issues
        .filter(({ from }) => from <= now)
        .map(({ code, message, resourceIds }) => ({ code, message, resourceIds })),
    },
    updateConfig: { maxUnavailable: 1 },
    launchTemplate: { name: group.stackName, version: '1', id: 'lt-0a1b2c3d4e5f60001' },
    tags: { 'alpha.eksctl.io/nodegroup-name': group.name, 'alpha.eksctl.io/nodegroup-type': 'managed' },
  };
}

function deleteNodegroup(call: EksCall): Json {
  const { cluster, group } = groupOf(call);
  const { world, actor } = call.request;
  deleteGroup(world, cluster, { group, actor });
  return { nodegroup: groupJson(cluster, group, world.clock.now()) };
}

function updateNodegroupVersion(call: EksCall): Json {
  const { cluster, group } = groupOf(call);
  const { request, body } = call;
  const update = startGroupUpdate(request.world, cluster, {
    group,
    version: textAt(body, 'version') ?? null,
    token: textAt(body, 'clientRequestToken') ?? null,
    actor: request.actor,
  });
  return { update: updateJson(request.world, update) };
}
