import { minorsBetween } from '#src/domain/version.ts';
import type { Json, JsonObject } from '../json.ts';
import { textAt } from '../json.ts';
import { knownFactsOf, knownVersions, newestVersion } from '../versions.ts';
import { clusterStatus, clusterVersion, updateStatus } from '../world/control-plane.ts';
import { startVersionUpdate } from '../world/version-update.ts';
import type { Cluster, Update, World } from '../world/world.ts';
import type { EksCall, EksRoute } from './eks-call.ts';
import { clusterOf, page, seconds } from './eks-call.ts';
import { AwsError } from './errors.ts';

export const clusterRoutes: EksRoute[] = [
  { operation: 'ListClusters', method: 'GET', path: '/clusters', handle: listClusters },
  { operation: 'DescribeCluster', method: 'GET', path: '/clusters/{name}', handle: describeCluster },
  { operation: 'DescribeClusterVersions', method: 'GET', path: '/cluster-versions', handle: describeClusterVersions },
  { operation: 'UpdateClusterVersion', method: 'POST', path: '/clusters/{name}/updates', handle: updateClusterVersion },
  { operation: 'ListUpdates', method: 'GET', path: '/clusters/{name}/updates', handle: listUpdates },
  { operation: 'DescribeUpdate', method: 'GET', path: '/clusters/{name}/updates/{updateId}', handle: describeUpdate },
  {
    operation: 'ListInsights',
    method: 'POST',
    path: '/clusters/{name}/insights',
    handle: listInsights,
  },
];

/** EKS has no finding of its own here: the simulator looks at no workload. */
function listInsights({ request, parameters }: EksCall): Json {
  clusterOf(request, parameters[0]);
  return { insights: [] };
}

function listClusters({ request }: EksCall): Json {
  const { world, region, principal, query } = request;
  const names = world.clusters
    .filter((cluster) => cluster.region === region && cluster.account === principal.account)
    .map(({ name }) => name);
  return page(names, query, 'clusters');
}

function describeCluster({ request, parameters }: EksCall): Json {
  return { cluster: clusterJson(request.world, clusterOf(request, parameters[0])) };
}

function clusterJson(world: World, cluster: Cluster): JsonObject {
  const now = world.clock.now();
  const version = clusterVersion(cluster, now);
  return {
    name: cluster.name,
    arn: `arn:aws:eks:${cluster.region}:${cluster.account}:cluster/${cluster.name}`,
    createdAt: seconds(cluster.createdAt),
    version,
    endpoint: endpointOf(world, cluster),
    roleArn: `arn:aws:iam::${cluster.account}:role/eksctl-${cluster.name}-cluster-ServiceRole`,
    resourcesVpcConfig: {
      subnetIds: ['subnet-0a1b2c3d4e5f60001', 'subnet-0a1b2c3d4e5f60002', 'subnet-0a1b2c3d4e5f60003'],
      securityGroupIds: ['sg-0a1b2c3d4e5f60001'],
      clusterSecurityGroupId: 'sg-0a1b2c3d4e5f60002',
      vpcId: 'vpc-0a1b2c3d4e5f60001',
      endpointPublicAccess: cluster.endpointAccess.public,
      endpointPrivateAccess: cluster.endpointAccess.private,
      publicAccessCidrs: cluster.endpointAccess.publicCidrs,
    },
    kubernetesNetworkConfig: {
      serviceIpv4Cidr: '10.100.0.0/16',
      ipFamily: 'ipv4',
      elasticLoadBalancing: { enabled: false },
    },
    logging: { clusterLogging: [] },
    identity: {
      oidc: { issuer: `https://oidc.eks.${cluster.region}.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE` },
    },
    status: clusterStatus(cluster, now),
    certificateAuthority: { data: Buffer.from(authorityOf(world, cluster)).toString('base64') },
    platformVersion: knownFactsOf(version).platformVersion,
    tags: { 'alpha.eksctl.io/cluster-name': cluster.name },
    health: { issues: [] },
    accessConfig: { authenticationMode: cluster.authenticationMode },
    upgradePolicy: { supportType: 'EXTENDED' },
    deletionProtection: false,
  };
}

/** Fault `api-server-name-unknown`: no label of a name may be that long, so no DNS server is asked. */
function endpointOf({ faults }: World, { name, region, endpoint }: Cluster): string {
  return faults.isOn(name, 'api-server-name-unknown')
    ? `https://${'0'.repeat(64)}.gr7.${region}.eks.amazonaws.com`
    : endpoint;
}

function authorityOf({ faults }: World, { name, certificateAuthority, foreignAuthority }: Cluster): string {
  return faults.isOn(name, 'wrong-certificate-authority') ? foreignAuthority : certificateAuthority;
}

/** Every version the simulator knows is offered, the two and a half newest years of them in standard support as of 2026-11. */
function describeClusterVersions({ request }: EksCall): Json {
  const { query } = request;
  const asked = query.getAll('clusterVersions').flatMap((value) => value.split(','));
  const versions = knownVersions
    .toReversed()
    .filter((version) => asked.length === 0 || asked.includes(version))
    .filter((version) => query.get('defaultOnly') !== 'true' || version === newestVersion)
    .map((version) => {
      const facts = knownFactsOf(version);
      const standard = minorsBetween(version, newestVersion) <= 2;
      return {
        clusterVersion: version,
        clusterType: 'eks',
        defaultPlatformVersion: facts.platformVersion,
        defaultVersion: version === newestVersion,
        releaseDate: seconds(Date.parse(facts.released)),
        endOfStandardSupportDate: seconds(Date.parse(facts.standardSupportEnds)),
        endOfExtendedSupportDate: seconds(Date.parse(facts.extendedSupportEnds)),
        status: standard ? 'standard-support' : 'extended-support',
        versionStatus: standard ? 'STANDARD_SUPPORT' : 'EXTENDED_SUPPORT',
        kubernetesPatchVersion: facts.apiServer.slice(1).split('-')[0] ?? version,
      };
    });
  return page(versions, query, 'clusterVersions');
}

function updateClusterVersion({ request, parameters, body }: EksCall): Json {
  const cluster = clusterOf(request, parameters[0]);
  const { world, actor } = request;
  const update = startVersionUpdate(world, cluster, {
    version: textAt(body, 'version') ?? '',
    token: textAt(body, 'clientRequestToken') ?? null,
    actor,
  });
  return { update: updateJson(world, update) };
}

export function updateJson(world: World, update: Update): JsonObject {
  const status = updateStatus(update, world.clock.now());
  return {
    id: update.id,
    status,
    type: update.type,
    params: update.params,
    createdAt: seconds(update.createdAt),
    errors: status === 'Failed' ? update.errors : [],
  };
}

/** The updates of the cluster, of a node group or of an add-on, as the query says. */
function updatesIn({ request, parameters }: EksCall): Update[] {
  const cluster = clusterOf(request, parameters[0]);
  const nodegroup = request.query.get('nodegroupName');
  const addon = request.query.get('addonName');
  const now = request.world.clock.now();
  return cluster.updates.filter(({ target, createdAt }) => {
    if (createdAt > now) return false;
    if (nodegroup !== null) return target.kind === 'nodegroup' && target.name === nodegroup;
    if (addon !== null) return target.kind === 'addon' && target.name === addon;
    return target.kind === 'cluster';
  });
}

function listUpdates(call: EksCall): Json {
  const newestFirst = updatesIn(call).toReversed();
  return page(
    newestFirst.map(({ id }) => id),
    call.request.query,
    'updateIds',
  );
}

function describeUpdate(call: EksCall): Json {
  const id = call.parameters[1];
  const update = updatesIn(call).find((candidate) => candidate.id === id);
  if (update === undefined) throw new AwsError('ResourceNotFoundException', `No update found for ID: ${id}`, 404);
  return { update: updateJson(call.request.world, update) };
}
