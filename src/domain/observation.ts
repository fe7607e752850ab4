import type { GroupFindings } from './group-findings.ts';
import type { LostSetting } from './lost-settings.ts';
import type { IntendedMapping } from './self-mapping.ts';
import type { KubernetesVersion } from './version.ts';

/**
 * What AWS, Kubernetes and the config say about a cluster right now.
 * Read only, never remembered as truth: a phase observes again before and after it acts.
 */
export type Observation = {
  cluster: ObservedCluster;
  nodeGroups: ObservedNodeGroup[];
  findings: GroupFindings;
  addons: ObservedAddon[];
  activity: Activity;
  config: ObservedConfig;
  /** Versions EKS offers today (DescribeClusterVersions), oldest first. */
  offeredVersions: OfferedVersion[];
  /** Groups without a Ready node whose role nothing lets in: no node of theirs can join. */
  keptOut?: string[];
  /** Kubernetes does not know the bot, and this is how it may map itself. Absent: it is known. */
  mapping?: IntendedMapping;
};

export type ObservedCluster = {
  name: string;
  region: string;
  account: string;
  /** EKS status, e.g. ACTIVE, UPDATING. */
  status: string;
  version: KubernetesVersion;
  platformVersion: string;
  authenticationMode: 'CONFIG_MAP' | 'API' | 'API_AND_CONFIG_MAP';
  autoMode: boolean;
  healthIssues: string[];
};

export type OfferedVersion = {
  version: KubernetesVersion;
  support: 'standard' | 'extended';
  /** ISO date, or null when EKS does not say. */
  standardSupportEnds: string | null;
  extendedSupportEnds: string | null;
};

export type ObservedNodeGroup = {
  name: string;
  kind: 'self-managed' | 'managed';
  version: GroupVersion;
  /** CloudFormation stack status (self-managed) or EKS node group status (managed). */
  status: string;
  nodes: ObservedNode[];
  sizes: { min: number; max: number; desired: number } | null;
  /** What a self-managed group runs, in eksctl's words (AmazonLinux2, …); null: a managed one, or it could not be told. */
  amiFamily: string | null;
};

/** A group's version: its kubelets' if it has nodes, else its launch template's AMI's. Never what eksctl or the config says. */
export type GroupVersion =
  | { kind: 'kubelet'; version: KubernetesVersion }
  | { kind: 'ami'; version: KubernetesVersion; amiName: string }
  | { kind: 'eks'; version: KubernetesVersion }
  | { kind: 'could-not-check'; why: string };

export type ObservedNode = {
  name: string;
  /** Value of the eksctl or EKS node group label, or null for a node of neither. */
  group: string | null;
  ready: boolean;
  /** e.g. `v1.22.17-eks-0a21954`. */
  kubeletVersion: string;
  unschedulable: boolean;
  /** It carries the taint that keeps new servers off (`PHASE_OUT`). */
  phasedOut: boolean;
  /** Conditions that say what is short on it, e.g. DiskPressure; absent: none. */
  troubles?: string[];
};

/** While a step deletes or replaces its nodes they carry `eks-upgrade/phase-out:NoSchedule`: what runs stays, nothing new comes. */
export const PHASE_OUT = { key: 'eks-upgrade/phase-out', effect: 'NoSchedule' } as const;

export type ObservedAddon =
  | {
      kind: 'eks';
      name: string;
      version: string;
      /** By target minor: what EKS offers there. */
      offered: Partial<Record<KubernetesVersion, OfferedAddonVersions>>;
    }
  /** `lost`: what eksctl would overwrite; left out where nobody looked. */
  | { kind: 'self-managed'; name: CoreAddon; image: string; lost?: LostSetting[] }
  | { kind: 'absent'; name: CoreAddon };

/** `versions` newest first, `defaultVersion` one of them. */
export type OfferedAddonVersions = { defaultVersion: string; versions: string[] };

/** EKS names: `vpc-cni` is the DaemonSet aws-node. */
export type CoreAddon = 'kube-proxy' | 'vpc-cni' | 'coredns';

/**
 * Pods that mean the cluster is in use, by namespace; and by the node group they run on, or `unplaced` while they have no
 * node (not in counts of bots that did not look at nodes). Those on nodes of no group are in the total only.
 */
export type Activity = {
  total: number;
  byNamespace: Record<string, number>;
  byGroup?: Record<string, number>;
  unplaced?: number;
};

export type ObservedConfig = {
  /** Commit the config was read at. */
  commit: string;
  path: string;
  clusterName: string;
  region: string;
  version: string;
  nodeGroups: ConfigNodeGroup[];
  /** What earlier upgrades pushed and nobody merged; absent: not looked. */
  unmerged?: UnmergedBranch[];
};

/** `version` null: its config does not evaluate. `into`: the branch that the bot reads. */
export type UnmergedBranch = { branch: string; remote: string; into: string; version: string | null };

export type ConfigNodeGroup = {
  name: string;
  kind: 'self-managed' | 'managed';
  /** null when the config does not say: eksctl then takes today's default. */
  amiFamily: string | null;
  minSize: number | null;
  maxSize: number | null;
  desiredCapacity: number | null;
  instanceTypes: string[];
};
