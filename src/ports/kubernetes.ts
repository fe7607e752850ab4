import type { UserPod } from '#src/domain/activity.ts';
import type { AddonObject } from '#src/domain/addon-settings.ts';
import type { Workload } from '#src/domain/cluster-health.ts';
import type { CoreAddon, ObservedNode } from '#src/domain/observation.ts';
import type { EksCluster } from './eks.ts';

/**
 * The Kubernetes API of one cluster. Throws `TransientError` (connection, 5xx, 429), and
 * `KubernetesUnauthorized` semantics as a value: callers decide what a 401 means by when it comes.
 */
export type Kubernetes = {
  /**
   * Whether the API server answers at all, known within five real seconds. `server`: as DescribeCluster shows it now.
   * Throws TransientError that names what is in the way, by its code (`ApiServerPrivate`, …).
   */
  reach: (server: EksCluster) => Promise<void>;
  /** SelfSubjectAccessReview for each wish; 401 is `unauthorized`, not an error. */
  reviewAccess: (wishes: AccessWish[]) => Promise<AccessReview>;
  /** `gitVersion` of /version, e.g. `v1.22.17-eks-0a21954`. */
  serverVersion: () => Promise<string>;
  nodes: () => Promise<ObservedNode[]>;
  /** Pods that match any selector and have not ended: running, starting, or waiting for a node. */
  userPods: (selectors: string[]) => Promise<UserPod[]>;
  /**
   * Puts the taint `PHASE_OUT` on a node, or takes it off; its other taints stay. Nothing when that is so already or the
   * node is gone. A TransientError when somebody else changes the node all the time.
   */
  setPhaseOut: (node: string, on: boolean) => Promise<void>;
  /** Pods on a node, as namespace/name, that would go with it: those of DaemonSets and of the node itself are left out. */
  visitors: (node: string) => Promise<string[]>;
  /** The add-on's DaemonSet or Deployment in kube-system; null: not there. */
  addonWorkload: (addon: CoreAddon) => Promise<AddonWorkload | null>;
  /**
   * What eksctl replaces when it updates the add-on (its DaemonSet or Deployment, configuration, service and rights), as
   * it may be shown and kept: without status, secrets taken out. What is not there is left out.
   */
  addonObjects: (addon: CoreAddon) => Promise<AddonObject[]>;
  /** Roles that aws-auth maps; null: the cluster has no aws-auth. Throws UserError when it cannot be read. */
  mappedRoles: () => Promise<MappedRole[] | null>;
  /**
   * Lets the nodes of these roles in, or keeps them out, by aws-auth and in the words of eksctl. What stands there already
   * is left alone. A TransientError when somebody else changed it at the same moment.
   */
  changeNodeRoles: (change: { add: string[]; remove: string[] }) => Promise<void>;
  /** The groups that aws-auth gives a role or user; null: it does not map it. Throws UserError when it cannot be read. */
  mappedGroups: (arn: string) => Promise<string[] | null>;
  /**
   * Maps a role or user in aws-auth, beside what stands there; one that is mapped already is left alone. A TransientError
   * when somebody else changed it at the same moment.
   */
  mapPrincipal: (mapping: PrincipalMapping) => Promise<void>;
  /** All Deployments, StatefulSets and DaemonSets of the cluster. */
  workloads: () => Promise<Workload[]>;
  /** Pods that wait for a node or for their images, as `namespace/name`. */
  pendingPods: () => Promise<string[]>;
  /** eksctl issue 6048: strategic merge patch that removes runAsNonRoot from aws-node's container. */
  patchAwsNodeRunAsNonRoot: () => Promise<void>;
};

/** The calls that change something. A bot that only looks does not have them. */
type KubernetesChanges = 'setPhaseOut' | 'changeNodeRoles' | 'mapPrincipal' | 'patchAwsNodeRunAsNonRoot';

export type KubernetesSight = Omit<Kubernetes, KubernetesChanges>;

/** `letsNodesIn`: with the groups system:bootstrappers and system:nodes; without them nodes of the role cannot join. */
export type MappedRole = { arn: string; letsNodesIn: boolean };

/** `arn` as aws-auth wants it: a role without its path, never a session. */
export type PrincipalMapping = { arn: string; username: string; groups: string[] };

/** Without a `name` the wish is for all objects, which docs/rbac.yaml does not grant where it names them (aws-auth, aws-node, …). */
export type AccessWish = {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
  subresource?: string;
  name?: string;
};

export type AccessReview =
  | { kind: 'allowed' }
  | { kind: 'denied'; missing: AccessWish[] }
  /** 401: not mapped in the cluster, or some minutes after a control-plane update. */
  | { kind: 'unauthorized'; message: string };

export type AddonWorkload = {
  kind: 'DaemonSet' | 'Deployment';
  /** Image of the main container, e.g. `…/eks/kube-proxy:v1.22.11-eksbuild.2`. */
  image: string;
  /** The rollout is complete: observed generation, all pods updated and available. */
  rolledOut: boolean;
  /** e.g. `3 of 5 pods updated, 2 unavailable`. */
  progress: string;
  /** Reasons of waiting containers, e.g. `CreateContainerConfigError: container has runAsNonRoot and image will run as root`. */
  podProblems: string[];
};
