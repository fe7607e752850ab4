import type { ApiServerAccess } from '#src/domain/api-server-reach.ts';
import type { ObservedCluster, OfferedAddonVersions, OfferedVersion } from '#src/domain/observation.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';

/**
 * Amazon EKS for one region and account. Every function throws `TransientError` when the same call may work later
 * (throttling, 5xx, connection lost), `UserError` for a missing right or a missing thing, with AWS's own words.
 */
export type Eks = {
  describeCluster: (cluster: string) => Promise<EksCluster>;
  offeredVersions: () => Promise<OfferedVersion[]>;
  /** Token: the same one is the same request (clientRequestToken). `in-flight`: EKS said ResourceInUse. */
  updateClusterVersion: (request: {
    cluster: string;
    version: KubernetesVersion;
    token: string;
  }) => Promise<StartedUpdate>;
  describeUpdate: (request: UpdateRef) => Promise<EksUpdate>;
  /** Updates of the cluster that are in progress, newest first. */
  updatesInProgress: (cluster: string) => Promise<EksUpdate[]>;
  managedNodeGroups: (cluster: string) => Promise<ManagedNodeGroup[]>;
  /** `version` null: the release version that goes with the group's own minor. */
  updateNodegroupVersion: (request: {
    cluster: string;
    nodeGroup: string;
    version: KubernetesVersion;
    token: string;
  }) => Promise<StartedUpdate>;
  /** Who is let in by an access entry of this principal; null: it has none. Throws where the authentication mode knows none. */
  accessEntry: (cluster: string, principalArn: string) => Promise<AccessEntry | null>;
  /** Lets nodes that run with this role join. One that somebody has made meanwhile is left as it is. */
  createNodeAccessEntry: (request: {
    cluster: string;
    roleArn: string;
    type: NodeEntryType;
    token: string;
  }) => Promise<void>;
  /** Names of the cluster's EKS add-ons. */
  listAddons: (cluster: string) => Promise<string[]>;
  /** null: EKS does not manage it. AccessDenied is not null, it throws. */
  describeAddon: (cluster: string, addon: string) => Promise<EksAddon | null>;
  /** What EKS offers of this add-on for a Kubernetes version; null: nothing. */
  offeredAddonVersions: (addon: string, version: KubernetesVersion) => Promise<OfferedAddonVersions | null>;
  /**
   * Keeps configuration and role: existing values passed through, and resolveConflicts PRESERVE for what was changed in
   * the cluster, or OVERWRITE with `overwrite`.
   */
  updateAddon: (request: {
    cluster: string;
    addon: string;
    version: string;
    token: string;
    overwrite?: true;
  }) => Promise<StartedUpdate>;
  /** Policies of the principal's access entry; null: it has none, also where the authentication mode knows no entries. */
  accessPolicies: (cluster: string, principalArn: string) => Promise<string[] | null>;
  /** An access entry with this policy for the whole cluster. Asked for again it changes nothing. */
  grantClusterAccess: (request: { cluster: string; principalArn: string; policyArn: string }) => Promise<void>;
};

/** The calls that change something. A bot that only looks does not have them. */
type EksChanges =
  | 'updateClusterVersion'
  | 'updateNodegroupVersion'
  | 'createNodeAccessEntry'
  | 'updateAddon'
  | 'grantClusterAccess';

export type EksSight = Omit<Eks, EksChanges>;

export type EksCluster = Omit<ObservedCluster, 'account'> & {
  arn: string;
  endpoint: string;
  /** PEM. */
  certificateAuthority: string;
  access: ApiServerAccess;
};

/** `type` e.g. STANDARD (people), EC2_LINUX (nodes). */
export type AccessEntry = { type: string; kubernetesGroups: string[] };

export type NodeEntryType = 'EC2_LINUX' | 'EC2_WINDOWS';

export type StartedUpdate = { kind: 'started'; updateId: string } | { kind: 'in-flight'; message: string };

export type UpdateRef = { cluster: string; updateId: string; nodeGroup?: string; addon?: string };

export type EksUpdate = {
  id: string;
  /** e.g. VersionUpdate, AddonUpdate. */
  type: string;
  status: 'InProgress' | 'Failed' | 'Cancelled' | 'Successful';
  /** Version asked for, where the update has one. */
  version: string | null;
  createdAt: number | null;
  errors: { code: string; message: string; resources: string[] }[];
};

export type ManagedNodeGroup = {
  name: string;
  status: string;
  version: KubernetesVersion;
  releaseVersion: string | null;
  sizes: { min: number; max: number; desired: number };
  healthIssues: { code: string; message: string }[];
};

export type EksAddon = {
  name: string;
  version: string;
  status: string;
  healthIssues: { code: string; message: string }[];
};
