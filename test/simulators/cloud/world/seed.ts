import { stringify } from 'yaml';
import type { KubernetesVersion } from '#src/domain/version.ts';
import { minorOf, parseVersion } from '#src/domain/version.ts';
import type { AuthenticationMode, ClusterConfig, GroupConfig, WorldSeed } from '../options.ts';
import { SHIPPED } from '../rights/shipped.ts';
import { addonImage, addonVersionsOf, factsOf, knownVersions } from '../versions.ts';
import { ADMIN_POLICY, roleOfSession, withoutPath } from './access.ts';
import { setActivity } from './activity.ts';
import { mapRoleInAwsAuth, writeAwsAuth } from './aws-auth.ts';
import { seedBudgets } from './budgets.ts';
import { seedHubWorkloads } from './hub-workloads.ts';
import type { CoreAddonName } from './kube-system.ts';
import { CORE_WORKLOADS, installWorkload, isCoreAddon, selfManagedImage } from './kube-system.ts';
import { settle } from './placement.ts';
import { clusterStackTemplate, groupStack } from './seed-stacks.ts';
import { createStack } from './stacks.ts';
import { seedVolumes } from './volumes.ts';
import type { Cluster, World } from './world.ts';

const DAY = 24 * 60 * 60_000;

/** A new cluster of a seed, without anything in it; the endpoint is known once its API server listens. */
export function newCluster(seed: WorldSeed, now: number): Cluster {
  const { name, region } = seed.config.metadata;
  const version = parseVersion(seed.version ?? seed.config.metadata.version ?? '');
  if (version === undefined || factsOf(version) === undefined) {
    throw new Error(
      `cannot seed cluster ${name} at version ${seed.version ?? seed.config.metadata.version}: the simulator knows ${knownVersions.join(', ')}`,
    );
  }
  return {
    name,
    region,
    account: seed.account,
    createdAt: now - 60 * DAY,
    baseVersion: version,
    authenticationMode: authenticationModeOf(seed, version),
    endpoint: '',
    certificateAuthority: '',
    foreignAuthority: '',
    renewCertificate: () => undefined,
    expiredKeys: new Set(),
    updates: [],
    stacks: [],
    managedGroups: [],
    instances: [],
    groupInstances: new Map(),
    addons: [],
    accessEntries: [],
    authHistory: [],
    objects: new Map(),
    rollouts: new Map(),
    userPods: [],
    rolePolicies: [],
    endpointAccess: seed.endpointAccess ?? { public: true, private: false, publicCidrs: ['0.0.0.0/0'] },
    placed: [],
    resourceVersion: 1000,
  };
}

/** New clusters of eksctl have access entries since early 2024; older ones kept aws-auth alone. */
function authenticationModeOf(
  { authenticationMode, config }: WorldSeed,
  version: KubernetesVersion,
): AuthenticationMode {
  const asked = authenticationMode ?? config.accessConfig?.authenticationMode;
  if (asked === 'CONFIG_MAP' || asked === 'API' || asked === 'API_AND_CONFIG_MAP') return asked;
  return minorOf(version) < 29 ? 'CONFIG_MAP' : 'API_AND_CONFIG_MAP';
}

/** Fills a cluster as eksctl would have left it some weeks ago. */
export function seedCluster(world: World, cluster: Cluster, seed: WorldSeed): void {
  const then = cluster.createdAt;
  seedAccess(world, cluster, seed);
  seedAddons(cluster, seed, then);
  const clusterStack = {
    name: `eksctl-${cluster.name}-cluster`,
    template: clusterStackTemplate(),
    tags: stackTags(cluster, seed.config),
    capabilities: ['CAPABILITY_IAM'],
    disableRollback: false,
  };
  createStack(world, cluster, { ...clusterStack, seeded: { at: then, nodes: 0 } });
  for (const group of seed.config.nodeGroups ?? []) seedGroup(world, cluster, { seed, group, kind: 'unmanaged' });
  for (const group of seed.config.managedNodeGroups ?? []) seedGroup(world, cluster, { seed, group, kind: 'managed' });
  if (seed.workloads !== 'none') seedVolumes(cluster, { zone: seed.volumeZone, then });
  settle(world, cluster);
  if (seed.activity !== undefined && seed.activity > 0) setActivity(world, cluster, seed.activity);
}

function stackTags({ name }: Cluster, config: ClusterConfig): Record<string, string> {
  return {
    'alpha.eksctl.io/cluster-name': name,
    'alpha.eksctl.io/eksctl-version': '0.231.0',
    'eksctl.cluster.k8s.io/v1alpha1/cluster-name': name,
    ...config.metadata.tags,
  };
}

type SeedGroup = { seed: WorldSeed; group: GroupConfig; kind: 'unmanaged' | 'managed' };

function seedGroup(world: World, cluster: Cluster, { seed, group, kind }: SeedGroup): void {
  const isCore = group.name.startsWith('core') || group.labels?.['hub.jupyter.org/node-purpose'] === 'core';
  const desired = group.desiredCapacity ?? group.minSize ?? (isCore ? 1 : 0);
  const nodes = seed.nodesPerGroup?.[group.name] ?? Math.max(desired, isCore ? 1 : 0);
  const mapsItself = cluster.authenticationMode === 'CONFIG_MAP';
  const stack = createStack(world, cluster, {
    name: `eksctl-${cluster.name}-nodegroup-${group.name}`,
    template: groupStack(cluster, { group, kind, accessEntry: !mapsItself }),
    tags: {
      ...stackTags(cluster, seed.config),
      'alpha.eksctl.io/nodegroup-name': group.name,
      'alpha.eksctl.io/nodegroup-type': kind,
    },
    capabilities: ['CAPABILITY_IAM'],
    disableRollback: false,
    seeded: { at: cluster.createdAt + 20 * 60_000, nodes },
  });
  const role = stack.outputs.find(({ key }) => key === 'InstanceRoleARN');
  if (kind === 'unmanaged' && mapsItself && role !== undefined) mapRoleInAwsAuth(cluster, role.value, stack.createdAt);
}

function seedAccess(world: World, cluster: Cluster, seed: WorldSeed): void {
  const candidates = [...world.principals.map(({ arn }) => arn), ...world.assumableRoles];
  const known = seed.mapped ?? candidates.filter((arn) => arn.split(':')[4] === cluster.account);
  const mapped = world.faults.isOn(cluster.name, 'no-access') ? [] : known.map(roleOfSession);
  const groupsOf = (arn: string): string[] => {
    const name = world.rights.nameOf(arn);
    return [name === 'admin' ? 'system:masters' : SHIPPED[name].group];
  };
  if (cluster.authenticationMode !== 'API') {
    const users = mapped
      .filter((arn) => arn.includes(':user/'))
      .map((userarn) => ({ userarn, username: nameIn(userarn), groups: groupsOf(userarn) }));
    const roles = mapped
      .filter((arn) => arn.includes(':role/'))
      .map((rolearn) => ({ rolearn: withoutPath(rolearn), username: nameIn(rolearn), groups: groupsOf(rolearn) }));
    writeAwsAuth(cluster, { mapRoles: stringify(roles), mapUsers: stringify(users) }, cluster.createdAt);
    return;
  }
  for (const principalArn of mapped) {
    cluster.accessEntries.push({
      principalArn,
      type: 'STANDARD',
      // `system:` groups are refused in an entry.
      kubernetesGroups: groupsOf(principalArn).filter((group) => !group.startsWith('system:')),
      username: principalArn,
      policies: world.rights.nameOf(principalArn) === 'admin' ? [ADMIN_POLICY] : [],
      createdAt: cluster.createdAt,
      deletedAt: null,
    });
  }
}

function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function seedAddons(cluster: Cluster, seed: WorldSeed, then: number): void {
  const listed = seed.config.addons ?? [];
  const mode = seed.addons ?? 'auto';
  for (const addon of Object.keys(CORE_WORKLOADS) as CoreAddonName[]) {
    const version = seed.addonVersions?.[addon] ?? addonVersionsOf(addon, cluster.baseVersion)?.defaultVersion;
    if (version === undefined) continue;
    const managed = mode === 'eks' || (mode === 'auto' && listed.some(({ name }) => name === addon));
    installWorkload(cluster, addon, managed ? addonImage(addon, version) : selfManagedImage(addon, version), then);
    if (managed) seedEksAddon(cluster, addon, seed, then);
  }
  for (const { name } of listed) if (!isCoreAddon(name)) seedEksAddon(cluster, name, seed, then);
  if (seed.workloads !== 'none') seedHubWorkloads(cluster, { memory: seed.hubMemory, then });
  seedBudgets(cluster, then);
  // seeded workloads have long been rolled out
  cluster.rollouts.clear();
}

function seedEksAddon(cluster: Cluster, name: string, seed: WorldSeed, then: number): void {
  const offered = addonVersionsOf(name, cluster.baseVersion);
  if (offered === undefined) return;
  const config = (seed.config.addons ?? []).find((addon) => addon.name === name);
  const given = seed.addonSettings?.[name];
  const exact = offered.versions.find((version) => version === config?.version);
  cluster.addons.push({
    name,
    baseVersion: seed.addonVersions?.[name] ?? exact ?? offered.defaultVersion,
    createdAt: then,
    configurationValues: given?.configurationValues ?? config?.configurationValues ?? null,
    serviceAccountRoleArn: given?.serviceAccountRoleArn ?? config?.serviceAccountRoleARN ?? null,
    podIdentityAssociations:
      config === undefined
        ? []
        : [`arn:aws:eks:${cluster.region}:${cluster.account}:podidentityassociation/${cluster.name}/a-${name}`],
  });
}
