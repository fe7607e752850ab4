import type { KubernetesVersion } from '#src/domain/version.ts';
import type { Clock } from '#src/ports/clock.ts';
import type { Durations } from '../durations.ts';
import type { Caller, EffectsLog } from '../effects.ts';
import type { JsonObject } from '../json.ts';
import type { AuthenticationMode, EndpointAccess } from '../options.ts';
import type { Rights } from '../rights/rights.ts';
import type { Scaling } from './auto-scaling.ts';
import type { FaultSwitches } from './faults.ts';

/**
 * The simulated world. It holds what happened and when (`createdAt`, `endsAt`, …), all in simulated time; what is true
 * now is a function of that and of the clock. So nothing drifts however fast the clock runs, and no timer is needed.
 */
export type World = {
  clock: Clock;
  durations: Durations;
  log: EffectsLog;
  faults: FaultSwitches;
  rights: Rights;
  clusters: Cluster[];
  principals: Principal[];
  assumableRoles: string[];
};

/** Of a session: `endsAt`, in simulated time, and `roleArn` with the path, which its own ARN does not have; see `sessions.ts`. */
export type Principal = {
  accessKeyId: string;
  secretAccessKey: string;
  arn: string;
  account: string;
  endsAt?: number;
  roleArn?: string;
};

/** Who did something, for the effects log. */
export type Actor = { caller: Caller; principal: string };

export type Cluster = {
  name: string;
  region: string;
  account: string;
  createdAt: number;
  /** Version at `createdAt`; later ones come from `updates`. */
  baseVersion: KubernetesVersion;
  authenticationMode: AuthenticationMode;
  endpoint: string;
  certificateAuthority: string;
  /** One that the API server's certificate is not of; see the fault `wrong-certificate-authority`. */
  foreignAuthority: string;
  /** The API server gets a certificate of a new authority, and `certificateAuthority` says which. */
  renewCertificate: () => void;
  /** Access keys that have expired; see the fault `expired-credentials`. */
  expiredKeys: Set<string>;
  updates: Update[];
  stacks: Stack[];
  managedGroups: ManagedGroup[];
  instances: Instance[];
  /** What the next instance of a group is: its launch template. */
  groupInstances: Map<string, InstanceTemplate>;
  addons: EksAddon[];
  accessEntries: AccessEntry[];
  /** What `aws-auth` said from when on, oldest first. */
  authHistory: AwsAuth[];
  objects: Map<string, KubeObject>;
  /** When the pod template of a DaemonSet or Deployment last changed, by object path. */
  rollouts: Map<string, Rollout>;
  userPods: UserPod[];
  /** Put on roles of node groups by somebody, beside what their stacks put there. */
  rolePolicies: RolePolicy[];
  endpointAccess: EndpointAccess;
  /** Pods of Deployments and StatefulSets, see `placement.ts`. */
  placed: PlacedPod[];
  /** Rises with every write. */
  resourceVersion: number;
};

export type UpdateTarget = { kind: 'cluster' } | { kind: 'nodegroup'; name: string } | { kind: 'addon'; name: string };

export type Update = {
  id: string;
  type: 'VersionUpdate' | 'VersionRollback' | 'AddonUpdate';
  target: UpdateTarget;
  version: string;
  params: { type: string; value: string }[];
  token: string | null;
  createdAt: number;
  endsAt: number;
  outcome: 'Successful' | 'Failed';
  errors: { errorCode: string; errorMessage: string; resourceIds: string[] }[];
};

export type Stack = {
  id: string;
  name: string;
  description: string;
  template: string;
  tags: Record<string, string>;
  capabilities: string[];
  createdAt: number;
  creation:
    | { kind: 'completes'; at: number }
    | { kind: 'rolls-back'; failsAt: number; at: number; logicalId: string; type: string; reason: string }
    | { kind: 'fails'; at: number; logicalId: string; type: string; reason: string };
  /** `logicalId`: of the resource that could not be deleted; absent: its role or the first one. */
  deletions: { startedAt: number; endsAt: number; outcome: 'deleted' | 'failed'; reason: string; logicalId?: string }[];
  outputs: { key: string; value: string; exportName: string | null }[];
  resources: StackResource[];
  /** Of its Auto Scaling group, once somebody has scaled it. */
  scaling?: Scaling;
};

export type StackResource = { logicalId: string; physicalId: string; type: string };

export type ManagedGroup = {
  name: string;
  stackName: string;
  createdAt: number;
  activeAt: number;
  deletedAt: number | null;
  baseVersion: KubernetesVersion;
  amiType: string;
  sizes: { min: number; max: number; desired: number };
  instanceTypes: string[];
  labels: Record<string, string>;
  roleArn: string;
  /** What DescribeNodegroup says of its health, from when on. */
  issues: { from: number; code: string; message: string; resourceIds: string[] }[];
};

/** An EC2 instance of a node group; the node is what it becomes when its role is mapped. */
export type Instance = {
  id: string;
  nodeName: string;
  group: string;
  imageId: string;
  kubeletVersion: string;
  instanceType: string;
  zone: string;
  roleArn: string;
  labels: Record<string, string>;
  launchedAt: number;
  launchedBy: 'group' | 'autoscaler';
  terminatedAt: number | null;
  /** Auto Scaling is terminating it: it counts no longer, and runs until `terminatedAt`. */
  leaving?: boolean;
  unschedulable: boolean;
  /** What people (or the bot) wrote on its Node. */
  annotations: Record<string, string>;
  /** As its kubelet registered it and people (or the bot) changed it; what the node controller adds is computed. */
  taints: Taint[];
  /** How often somebody changed its Node: its resourceVersion. */
  revision: number;
  /** Its node joins and never becomes Ready; see the fault `nodes-never-ready`. */
  unwell: boolean;
};

export type Taint = { key: string; effect: string; value?: string };

export type InstanceTemplate = Pick<Instance, 'imageId' | 'kubeletVersion' | 'instanceType' | 'labels' | 'roleArn'>;

export type EksAddon = {
  name: string;
  baseVersion: string;
  createdAt: number;
  configurationValues: string | null;
  serviceAccountRoleArn: string | null;
  /** ARNs. */
  podIdentityAssociations: string[];
};

export type AccessEntry = {
  principalArn: string;
  type: string;
  kubernetesGroups: string[];
  username: string;
  policies: string[];
  createdAt: number;
  deletedAt: number | null;
};

/** `arn` null: an inline policy. */
export type RolePolicy = { role: string; name: string; arn: string | null; from: number; to: number | null };

export type AwsAuth = { from: number; roles: AuthMapping[]; users: AuthMapping[] };

export type AuthMapping = { arn: string; username: string; groups: string[] };

export type KubeObject = JsonObject & { metadata: JsonObject };

/** `previous`: the pod template that pods not yet updated still run. */
export type Rollout = { startedAt: number; previous: JsonObject | null };

/** `instanceId` null: no node takes it yet. */
export type UserPod = { name: string; namespace: string; user: string; instanceId: string | null; createdAt: number };

/** A pod of a Deployment or StatefulSet; the next one in its place has the next `generation`. */
export type PlacedPod = {
  /** Of its workload. */
  path: string;
  slot: number;
  generation: number;
  createdAt: number;
  graceMs: number;
  /** `namespace/name` */
  claims: string[];
  /** null: it waits for a node. */
  instanceId: string | null;
  readyAt: number | null;
  /** Since when it was told to end. */
  endsSince: number | null;
  goneAt: number | null;
  isReplaced: boolean;
};
