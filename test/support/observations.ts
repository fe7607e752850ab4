import { NO_FINDINGS } from '#src/domain/group-findings.ts';
import type {
  ConfigNodeGroup,
  GroupVersion,
  Observation,
  ObservedAddon,
  ObservedNodeGroup,
} from '#src/domain/observation.ts';
import type { PlanRequest } from '#src/domain/plan-upgrade.ts';
import { hopsBetween, type KubernetesVersion } from '#src/domain/version.ts';

/**
 * Observations for tests of the planner: `anObservation()` is coast at 1.22, with the self-managed groups core-a,
 * nb-small and dask-worker as its config says, self-managed add-ons, and nobody using it.
 */
export type Changes = {
  version?: KubernetesVersion;
  groups?: ObservedNodeGroup[];
  /** Left out: the groups above, as they are. */
  configGroups?: ConfigNodeGroup[];
  addons?: ObservedAddon[];
  offered?: KubernetesVersion[];
  cluster?: Partial<Observation['cluster']>;
  config?: Partial<Observation['config']>;
  activity?: Observation['activity'];
  findings?: Partial<Observation['findings']>;
};

export function anObservation(changes: Changes = {}): Observation {
  const version = changes.version ?? '1.22';
  const groups = changes.groups ?? ['core-a', 'nb-small', 'dask-worker'].map((name) => aGroup(name, version));
  return {
    cluster: {
      name: 'coast',
      region: 'us-west-2',
      account: '111122223333',
      status: 'ACTIVE',
      version,
      platformVersion: 'eks.4',
      authenticationMode: 'CONFIG_MAP',
      autoMode: false,
      healthIssues: [],
      ...changes.cluster,
    },
    nodeGroups: groups,
    findings: { ...NO_FINDINGS, ...changes.findings },
    addons: changes.addons ?? selfManagedAddons(version),
    activity: changes.activity ?? { total: 0, byNamespace: {} },
    config: {
      commit: '4f2a9c07d1b3e5f60718293a4b5c6d7e8f901234',
      path: 'coast.jsonnet',
      clusterName: 'coast',
      region: 'us-west-2',
      version,
      nodeGroups: changes.configGroups ?? groups.map(({ name, kind }) => aConfigGroup(name, { kind })),
      ...changes.config,
    },
    offeredVersions: (changes.offered ?? hopsBetween('1.17', '1.36')).map((offered) => ({
      version: offered,
      support: 'standard',
      standardSupportEnds: null,
      extendedSupportEnds: null,
    })),
  };
}

/** A healthy group; self-managed and without a node unless said otherwise. */
export function aGroup(
  name: string,
  version: KubernetesVersion,
  changes: Partial<ObservedNodeGroup> = {},
): ObservedNodeGroup {
  const kind = changes.kind ?? 'self-managed';
  const seen: GroupVersion =
    kind === 'managed'
      ? { kind: 'eks', version }
      : { kind: 'ami', version, amiName: `amazon-eks-node-al2023-x86_64-standard-${version}-v20230105` };
  return {
    name,
    kind,
    version: seen,
    status: kind === 'managed' ? 'ACTIVE' : 'CREATE_COMPLETE',
    nodes: [],
    sizes: { min: 0, max: 10, desired: 0 },
    amiFamily: kind === 'managed' ? null : 'AmazonLinux2023',
    ...changes,
  };
}

export function unchecked(name: string, why = 'its AMI ami-0abc is a custom one'): ObservedNodeGroup {
  return aGroup(name, '1.22', { version: { kind: 'could-not-check', why } });
}

export function nodesOf(group: string, count: number, version: KubernetesVersion): ObservedNodeGroup['nodes'] {
  return Array.from({ length: count }, (_, i) => ({
    name: `ip-10-0-0-${i + 1}.us-west-2.compute.internal`,
    group,
    ready: true,
    kubeletVersion: `v${version}.17-eks-0a21954`,
    unschedulable: false,
    phasedOut: false,
  }));
}

export function aConfigGroup(name: string, changes: Partial<ConfigNodeGroup> = {}): ConfigNodeGroup {
  return {
    name,
    kind: 'self-managed',
    amiFamily: 'AmazonLinux2023',
    minSize: 0,
    maxSize: 10,
    desiredCapacity: null,
    instanceTypes: ['m5.large'],
    ...changes,
  };
}

export function selfManagedAddons(version: KubernetesVersion): ObservedAddon[] {
  const registry = '602401143452.dkr.ecr.us-west-2.amazonaws.com';
  return [
    { kind: 'self-managed', name: 'kube-proxy', image: `${registry}/eks/kube-proxy:v${version}.6-eksbuild.1` },
    { kind: 'self-managed', name: 'vpc-cni', image: `${registry}/amazon-k8s-cni:v1.11.4` },
    { kind: 'self-managed', name: 'coredns', image: `${registry}/eks/coredns:v1.8.7-eksbuild.1` },
  ];
}

/** An EKS add-on; `offered` by Kubernetes version, newest first, the first one being the default. */
export function eksAddon(name: string, version: string, offered: Record<string, string[]>): ObservedAddon {
  return {
    kind: 'eks',
    name,
    version,
    offered: Object.fromEntries(
      Object.entries(offered).map(([minor, versions]) => [minor, { defaultVersion: versions[0] ?? version, versions }]),
    ),
  };
}

/** Tuesday 2023-01-17 02:02 UTC. */
export const PLANNED_AT = Date.UTC(2023, 0, 17, 2, 2);

export function aRequest(
  to: KubernetesVersion,
  changes: Changes & {
    skew?: 'supported' | 'runbook';
    allowAmiFamilyChange?: boolean;
    overwriteAddons?: boolean;
    previous?: PlanRequest['previous'];
  } = {},
): PlanRequest {
  return {
    observation: anObservation(changes),
    to,
    policy: {
      skew: changes.skew ?? 'supported',
      coreGroups: ['core-*'],
      allowAmiFamilyChange: changes.allowAmiFamilyChange ?? false,
      overwriteAddons: changes.overwriteAddons ?? false,
    },
    previous: changes.previous ?? null,
    now: PLANNED_AT,
  };
}
