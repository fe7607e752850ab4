import { type ClusterConfig, observedConfigOf } from './eksctl-config.ts';
import { NO_FINDINGS } from './group-findings.ts';
import type { CoreAddon, Observation, ObservedAddon, OfferedAddonVersions } from './observation.ts';
import { hopsBetween, type KubernetesVersion } from './version.ts';

/**
 * What AWS and Kubernetes would say if the cluster were exactly as its config says, at version `from`. For a plan
 * without either of them; `NOT_CHECKED` says what such a plan only assumes.
 */
export function assumedObservation(assumed: {
  config: ClusterConfig;
  path: string;
  from: KubernetesVersion;
  to: KubernetesVersion;
}): Observation {
  const { config, path, from } = assumed;
  const observed = observedConfigOf(config);
  return {
    cluster: {
      name: observed.clusterName,
      region: observed.region,
      account: 'not checked',
      status: 'ACTIVE',
      version: from,
      platformVersion: 'not checked',
      authenticationMode: 'API_AND_CONFIG_MAP',
      autoMode: config.autoMode,
      healthIssues: [],
    },
    nodeGroups: observed.nodeGroups.map(({ name, kind, minSize, maxSize, desiredCapacity }) => ({
      name,
      kind,
      version:
        kind === 'managed' ? { kind: 'eks', version: from } : { kind: 'ami', version: from, amiName: 'not checked' },
      status: kind === 'managed' ? 'ACTIVE' : 'CREATE_COMPLETE',
      nodes: [],
      amiFamily: null,
      sizes: { min: minSize ?? 0, max: maxSize ?? 0, desired: desiredCapacity ?? minSize ?? 0 },
    })),
    findings: NO_FINDINGS,
    addons: assumedAddons(assumed),
    activity: { total: 0, byNamespace: {} },
    config: { ...observed, commit: 'not committed', path },
    offeredVersions: [from, ...hopsBetween(from, assumed.to)].map((version) => ({
      version,
      support: 'standard',
      standardSupportEnds: null,
      extendedSupportEnds: null,
    })),
  };
}

export const NOT_CHECKED: readonly string[] = [
  'the version of the control plane and of the node groups: taken from the config or from --from',
  'the node groups: taken to be those of the config, complete and healthy',
  'the versions EKS offers, and until when it supports them',
  'the add-ons: those the config lists are taken as EKS add-ons, the other core ones as self-managed; their versions are chosen when the real plan is made',
  'users at work, cluster health, free IP addresses and upgrade insights',
  'the account, and what the bot may do in AWS and Kubernetes',
];

const CORE_ADDONS: readonly CoreAddon[] = ['vpc-cni', 'coredns', 'kube-proxy'];

function assumedAddons({
  config,
  from,
  to,
}: {
  config: ClusterConfig;
  from: KubernetesVersion;
  to: KubernetesVersion;
}): ObservedAddon[] {
  const listed = config.addons.map(({ name }) => name);
  const offered = assumedOffers([from, ...hopsBetween(from, to)]);
  return [
    ...listed.map((name): ObservedAddon => ({ kind: 'eks', name, version: defaultFor(from), offered })),
    ...CORE_ADDONS.filter((name) => !listed.includes(name)).map((name): ObservedAddon => {
      return config.autoMode ? { kind: 'absent', name } : { kind: 'self-managed', name, image: `${name}:v${from}.0` };
    }),
  ];
}

/** Which versions there are only EKS knows; each hop's default is told by its name. */
function assumedOffers(
  versions: readonly KubernetesVersion[],
): Partial<Record<KubernetesVersion, OfferedAddonVersions>> {
  const all = versions.map(defaultFor).reverse();
  return Object.fromEntries(
    versions.map((version) => [version, { defaultVersion: defaultFor(version), versions: all }]),
  );
}

function defaultFor(version: KubernetesVersion): string {
  return `EKS default for ${version}`;
}
