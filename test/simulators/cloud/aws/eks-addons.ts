import type { Json, JsonObject } from '../json.ts';
import { at, listAt, textAt } from '../json.ts';
import { addonNames, addonVersionsOf, knownVersions } from '../versions.ts';
import { addonStatus, addonVersion, startAddonUpdate } from '../world/addons.ts';
import type { Cluster, EksAddon } from '../world/world.ts';
import type { EksCall, EksRoute } from './eks-call.ts';
import { clusterOf, page, seconds } from './eks-call.ts';
import { updateJson } from './eks-clusters.ts';
import { AwsError } from './errors.ts';

export const addonRoutes: EksRoute[] = [
  {
    operation: 'DescribeAddonVersions',
    method: 'GET',
    path: '/addons/supported-versions',
    handle: describeAddonVersions,
  },
  { operation: 'ListAddons', method: 'GET', path: '/clusters/{name}/addons', handle: listAddons },
  { operation: 'DescribeAddon', method: 'GET', path: '/clusters/{name}/addons/{addon}', handle: describeAddon },
  { operation: 'UpdateAddon', method: 'POST', path: '/clusters/{name}/addons/{addon}/update', handle: updateAddon },
];

function listAddons({ request, parameters }: EksCall): Json {
  const names = clusterOf(request, parameters[0]).addons.map(({ name }) => name);
  return page(names.toSorted(), request.query, 'addons');
}

function addonOf({ request, parameters }: EksCall): { cluster: Cluster; addon: EksAddon } {
  const cluster = clusterOf(request, parameters[0]);
  const addon = cluster.addons.find(({ name }) => name === parameters[1]);
  if (addon === undefined)
    throw new AwsError(
      'ResourceNotFoundException',
      `No addon: ${parameters[1]} found in cluster: ${cluster.name}`,
      404,
    );
  return { cluster, addon };
}

function describeAddon(call: EksCall): Json {
  const { cluster, addon } = addonOf(call);
  return { addon: addonJson(cluster, addon, call.request.world.clock.now()) };
}

function addonJson(cluster: Cluster, addon: EksAddon, now: number): JsonObject {
  const { configurationValues, serviceAccountRoleArn, podIdentityAssociations } = addon;
  return {
    addonName: addon.name,
    clusterName: cluster.name,
    status: addonStatus(cluster, addon, now),
    addonVersion: addonVersion(cluster, addon, now),
    health: { issues: [] },
    addonArn: `arn:aws:eks:${cluster.region}:${cluster.account}:addon/${cluster.name}/${addon.name}/8ec1e7b4`,
    createdAt: seconds(addon.createdAt),
    modifiedAt: seconds(addon.createdAt),
    tags: {},
    ...(configurationValues === null ? {} : { configurationValues }),
    ...(serviceAccountRoleArn === null ? {} : { serviceAccountRoleArn }),
    ...(podIdentityAssociations.length === 0 ? {} : { podIdentityAssociations }),
  };
}

function updateAddon(call: EksCall): Json {
  const { cluster, addon } = addonOf(call);
  const { request, body } = call;
  const update = startAddonUpdate(request.world, cluster, {
    addon,
    version: textAt(body, 'addonVersion') ?? null,
    configurationValues: textAt(body, 'configurationValues') ?? null,
    serviceAccountRoleArn: textAt(body, 'serviceAccountRoleArn') ?? null,
    podIdentityAssociations:
      at(body, 'podIdentityAssociations') === undefined ? null : listAt(body, 'podIdentityAssociations'),
    resolveConflicts: textAt(body, 'resolveConflicts') ?? 'NONE',
    token: textAt(body, 'clientRequestToken') ?? null,
    actor: request.actor,
  });
  return { update: updateJson(request.world, update) };
}

/** By add-on, its versions (newest first) and for which Kubernetes versions each is offered. */
function describeAddonVersions({ request }: EksCall): Json {
  const { query } = request;
  const asked = query.get('kubernetesVersion');
  const name = query.get('addonName');
  const kubernetes = knownVersions.filter((version) => asked === null || version === asked);
  const addons = addonNames
    .filter((addon) => name === null || addon === name)
    .map((addonName) => ({
      addonName,
      type: 'networking',
      owner: 'aws',
      publisher: 'eks',
      addonVersions: versionsOf(addonName, kubernetes),
    }))
    .filter(({ addonVersions }) => addonVersions.length > 0);
  return page(addons, query, 'addons');
}

function versionsOf(addon: string, kubernetes: string[]): JsonObject[] {
  const byVersion = new Map<string, JsonObject[]>();
  for (const clusterVersion of kubernetes.toReversed()) {
    const offer = addonVersionsOf(addon, clusterVersion);
    for (const version of offer?.versions ?? []) {
      const compatibilities = byVersion.get(version) ?? [];
      compatibilities.push({
        clusterVersion,
        platformVersions: ['*'],
        defaultVersion: version === offer?.defaultVersion,
      });
      byVersion.set(version, compatibilities);
    }
  }
  return [...byVersion].map(([addonVersion, compatibilities]) => ({
    addonVersion,
    architecture: ['amd64', 'arm64'],
    computeTypes: ['ec2'],
    compatibilities,
    requiresConfiguration: false,
    requiresIamPermissions: false,
  }));
}
