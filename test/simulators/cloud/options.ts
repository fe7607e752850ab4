import type { KubernetesVersion } from '#src/domain/version.ts';
import type { ClockSettings } from '../clock.ts';
import type { RightsName } from './rights/shipped.ts';

/** What a person or a test decides about a simulated cloud. All of it is plain JSON: `process.ts` takes it as an argument. */
export type CloudOptions = {
  clock: ClockSettings;
  /** Port of AWS and of the control API; 0 or absent: any free one. */
  port?: number;
  /** File of the append-only effects log (JSON lines); absent: kept in memory only. */
  effectsLog?: string;
  worlds: WorldSeed[];
  faults?: Fault[];
  /** Whom access keys belong to; absent: one, `defaultPrincipal` in the first world's account. */
  principals?: PrincipalSeed[];
  /** Roles that any principal may assume. */
  assumableRoles?: string[];
  /** Of assumable roles, where they are not those of the shipped files for an upgrade. */
  roleRights?: Record<string, RightsName>;
  /** Clusters that the policies name although they are not there (any more). */
  policiesAlsoFor?: string[];
  /** Simulated milliseconds, to override single ones of `durations.ts`. */
  durations?: Record<string, number>;
};

export type PrincipalSeed = {
  accessKeyId: string;
  secretAccessKey: string;
  arn: string;
  /** Default `upgrade`: what docs/iam-policy.json, docs/iam-policy-eksctl.json and docs/rbac.yaml give, and nothing else. */
  rights?: RightsName;
};

export type WorldSeed = {
  /** The rendered eksctl ClusterConfig. */
  config: ClusterConfig;
  /** Twelve digits. */
  account: string;
  /** Default: metadata.version. */
  version?: string;
  authenticationMode?: AuthenticationMode;
  /** What DescribeCluster says of who may reach the API server; it lets nobody in or out by itself: see `api-server-silent`. */
  endpointAccess?: EndpointAccess;
  /** User pods, spread over the user groups, which then have nodes. */
  activity?: number;
  /** Default `auto`: EKS add-ons where the config lists them, else self-managed. */
  addons?: 'self-managed' | 'eks' | 'auto';
  /** Default `hub`: what `hub-workloads.ts` lists. `none`: only what EKS brings. */
  workloads?: 'hub' | 'none';
  /** What an EKS add-on was given beside what the config says. */
  addonSettings?: Record<string, { configurationValues?: string; serviceAccountRoleArn?: string }>;
  /** Versions of add-ons, of EKS or self-managed, that are not the default of the cluster's minor. */
  addonVersions?: Record<string, string>;
  /** Letter of the zone in which the volumes of the hub and of Prometheus are; default: that of the first core node. */
  volumeZone?: string;
  /** Nodes a group has; else its desired capacity (core groups at least one). */
  nodesPerGroup?: Record<string, number>;
  /** What each pod of the hub's workloads asks for; default 512Mi. */
  hubMemory?: string;
  /** Principals that the cluster knows; default: every principal and assumable role of the world's account. */
  mapped?: string[];
};

export type EndpointAccess = { public: boolean; private: boolean; publicCidrs: string[] };

export type AuthenticationMode = 'CONFIG_MAP' | 'API' | 'API_AND_CONFIG_MAP';

/** The part of eksctl's ClusterConfig that a world is built from. */
export type ClusterConfig = {
  metadata: { name: string; region: string; version?: string; tags?: Record<string, string> };
  accessConfig?: { authenticationMode?: string };
  addons?: { name: string; version?: string; configurationValues?: string; serviceAccountRoleARN?: string }[];
  nodeGroups?: GroupConfig[];
  managedNodeGroups?: GroupConfig[];
  [field: string]: unknown;
};

export type GroupConfig = {
  name: string;
  amiFamily?: string;
  /** `ami-…`: one of somebody's own. */
  ami?: string;
  instanceType?: string;
  instanceTypes?: string[];
  instancesDistribution?: { instanceTypes?: string[] };
  minSize?: number;
  maxSize?: number;
  desiredCapacity?: number;
  labels?: Record<string, string>;
  tags?: Record<string, string>;
  [field: string]: unknown;
};

export const faultNames = [
  'update-fails',
  'stack-rolls-back',
  'delete-fails',
  'no-access',
  'throttling',
  'update-by-someone-else',
  'aws-node-run-as-non-root',
  'kube-proxy-image-pull-fails',
  'add-on-conflict',
  'add-on-settings-changed',
  'server-errors',
  'connection-reset',
  'answer-lost',
  'expired-credentials',
  'stale-reads',
  'resource-in-use',
  'update-takes-hours',
  'stack-deleted-by-hand',
  'no-capacity',
  'nodes-never-ready',
  'api-server-away',
  'api-server-busy',
  'webhook-denies',
  'new-certificate-authority',
  'policy-attached-by-hand',
  'network-interface-left',
  'api-server-silent',
  'api-server-name-unknown',
  'wrong-certificate-authority',
  'budget-blocks',
  'two-budgets',
  'workload-stays-away',
  'workload-deleted-by-hand',
  'group-by-hand',
] as const;

export type FaultName = (typeof faultNames)[number];

/** Strikes until it is switched off, or until it has struck so often, or for so long. */
export type Fault = {
  cluster: string;
  name: FaultName;
  times?: number;
  /** Simulated milliseconds from when it is switched on. */
  forMs?: number;
  /**
   * Of `stack-deleted-by-hand`: which group; absent: the newest. Of `policy-attached-by-hand` and of what keeps nodes or
   * stacks away: only this group; absent: all.
   */
  nodeGroup?: string;
  /** Of `workload-stays-away` and `workload-deleted-by-hand`: `namespace/name`; absent: `prod/hub`. */
  workload?: string;
  /** Of `workload-stays-away`: `moved`: not from the first hop on, but as soon as one of its pods had to move. */
  pods?: 'moved';
};

/** The state of a cluster as a person with all the consoles open would tell it. */
export type ClusterSnapshot = {
  cluster: string;
  status: string;
  version: KubernetesVersion;
  nodeGroups: GroupSnapshot[];
  /** `detail`: the full version, e.g. `v1.24.7-eksbuild.2`. */
  addons: { name: string; version: string; detail: string }[];
  activity: number;
};

export type GroupSnapshot = {
  name: string;
  kind: 'self-managed' | 'managed';
  version: KubernetesVersion | null;
  nodes: number;
  readyNodes: number;
  stackStatus: string;
};

export const defaultCredentials = {
  accessKeyId: 'AKIASIMEKSUPGRADEBOT',
  secretAccessKey: 'simulated-secret-of-the-upgrade-bot',
} as const;
