import type { AddonObject } from '#src/domain/addon-settings.ts';
import type { Workload } from '#src/domain/cluster-health.ts';
import { ownerText } from '#src/domain/core-drain.ts';
import type { FailedLaunch, ScalingGroup } from '#src/domain/empty-group-proof.ts';
import type { Activity, CoreAddon, ObservedNode, OfferedAddonVersions } from '#src/domain/observation.ts';
import type { PodBudget, PodOnNode, PodVolume } from '#src/domain/pod-on-node.ts';
import { hopsBetween, type KubernetesVersion } from '#src/domain/version.ts';
import type { ClusterScalingGroup } from '#src/ports/auto-scaling.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { AccessEntry, EksAddon, EksCluster, EksUpdate, ManagedNodeGroup, StartedUpdate } from '#src/ports/eks.ts';
import type { AccessReview, AccessWish, AddonWorkload } from '#src/ports/kubernetes.ts';
import type { DrainNode, Eviction } from '#src/ports/node-drain.ts';
import type { FailedResource, NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import type { RolePolicies } from '#src/ports/node-roles.ts';

const BOT_ARN = 'arn:aws:sts::111122223333:assumed-role/eks-upgrade-bot/session-1';

/**
 * A cluster whose state the test sets. It does nothing by itself: an update that was started stands in `updates` as
 * InProgress until the test says how it ended. `calls` holds every mutation, in order.
 */
export type FakeCloud = Cloud & {
  identityIs: { account: string; arn: string };
  cluster: EksCluster;
  updates: EksUpdate[];
  managed: ManagedNodeGroup[];
  groupStacks: NodeGroupStack[];
  reasons: Record<string, string[]>;
  /** By stack. */
  failed: Record<string, FailedResource[]>;
  /** By security group. */
  interfaces: Record<string, string[]>;
  /** By role; a role that is not here does not exist. */
  rolePolicies: Record<string, RolePolicies>;
  nodeList: ObservedNode[];
  /** Auto Scaling groups; their sizes change as they are asked to, instances come when the test makes them. */
  /** What the tags of the cluster find. */
  clusterScaling: ClusterScalingGroup[];
  scaling: ScalingGroup[];
  launchFailures: FailedLaunch[];
  /** Pods by node. */
  visitorsOn: Record<string, string[]>;
  addons: EksAddon[];
  offered: Record<string, OfferedAddonVersions | null>;
  workloads: Record<CoreAddon, AddonWorkload | null>;
  addonObjects: Record<CoreAddon, AddonObject[]>;
  /** What runs in the cluster beside the add-ons. */
  teamWorkloads: Workload[];
  pending: string[];
  activityIs: Activity;
  /** The node all pods of users are on; null: they wait for one. */
  activityNode: string | null;
  /** Every node that was closed for new servers or opened again, in order. */
  phaseOuts: string[];
  /** Called after a node was closed for new servers or opened again. */
  onPhaseOut: (node: string, on: boolean) => void;
  /** Roles in aws-auth. */
  mapped: string[] | null;
  /** Roles in aws-auth whose groups let no node in. */
  mappedOtherwise: string[];
  /** Access entries by principal. */
  entries: Record<string, AccessEntry>;
  /** Groups of people and bots in aws-auth, and policies of access entries, by ARN. */
  principals: Record<string, string[]>;
  entryPolicies: Record<string, string[]>;
  review: AccessReview;
  wishes: AccessWish[];
  /** What of `nodeList` is not in an `ObservedNode`, by node. */
  drainNodes: Record<string, Partial<DrainNode>>;
  pods: PodOnNode[];
  volumes: PodVolume[];
  budgets: PodBudget[];
  /** By `Kind namespace/name`. */
  ready: Record<string, { ready: number; wanted: number }>;
  /** What the eviction of a pod is answered, by its name; else it is accepted, and the pod is gone. */
  evictions: Record<string, Eviction>;
  /** What the next start of an update answers instead of `started`. */
  answerNextStart: StartedUpdate | null;
  calls: { call: string; request: unknown }[];
  /** Thrown by every call of that name until cleared. */
  failing: Map<string, Error>;
};

export function fakeCloud(version: KubernetesVersion = '1.22'): FakeCloud {
  const reach = (call: string): void => {
    const error = cloud.failing.get(call);
    if (error !== undefined) throw error;
  };
  const start = (call: string, type: string, request: { token: string; version: string }): StartedUpdate => {
    reach(call);
    cloud.calls.push({ call, request });
    const answer = cloud.answerNextStart;
    cloud.answerNextStart = null;
    if (answer !== null) return answer;
    const id = `update-${cloud.calls.length}`;
    cloud.updates.unshift({ id, type, status: 'InProgress', version: request.version, createdAt: null, errors: [] });
    return { kind: 'started', updateId: id };
  };
  const cloud: FakeCloud = {
    identityIs: { account: '111122223333', arn: BOT_ARN },
    cluster: {
      name: 'coast',
      region: 'us-west-2',
      status: 'ACTIVE',
      version,
      platformVersion: 'eks.4',
      authenticationMode: 'CONFIG_MAP',
      autoMode: false,
      healthIssues: [],
      arn: 'arn:aws:eks:us-west-2:111122223333:cluster/coast',
      endpoint: 'https://coast.example',
      certificateAuthority: '',
      access: { publicAccess: true, publicCidrs: ['0.0.0.0/0'], privateAccess: false, securityGroup: null },
    },
    updates: [],
    managed: [],
    groupStacks: [],
    reasons: {},
    failed: {},
    interfaces: {},
    rolePolicies: {},
    nodeList: [],
    scaling: [],
    clusterScaling: [],
    launchFailures: [],
    visitorsOn: {},
    addons: [],
    offered: {},
    workloads: {
      'kube-proxy': aWorkload(`eks/kube-proxy:v${version}.6-eksbuild.1`),
      'vpc-cni': aWorkload('amazon-k8s-cni:v1.11.4'),
      coredns: aWorkload('eks/coredns:v1.8.7-eksbuild.1', 'Deployment'),
    },
    addonObjects: { 'kube-proxy': [], 'vpc-cni': [], coredns: [] },
    teamWorkloads: [],
    pending: [],
    mapped: [],
    mappedOtherwise: [],
    entries: {},
    principals: {},
    entryPolicies: {},
    bootstrap: null,
    activityIs: { total: 0, byNamespace: {} },
    activityNode: null,
    phaseOuts: [],
    onPhaseOut: () => undefined,
    review: { kind: 'allowed' },
    wishes: [],
    drainNodes: {},
    pods: [],
    volumes: [],
    budgets: [],
    ready: {},
    evictions: {},
    answerNextStart: null,
    calls: [],
    failing: new Map(),
    identity: {
      callerIdentity: async () => {
        reach('callerIdentity');
        return cloud.identityIs;
      },
    },
    eks: {
      describeCluster: async () => {
        reach('describeCluster');
        return structuredClone(cloud.cluster);
      },
      offeredVersions: async () => {
        reach('offeredVersions');
        return hopsBetween('1.19', '1.27').map((offered) => ({
          version: offered,
          support: 'standard' as const,
          standardSupportEnds: null,
          extendedSupportEnds: null,
        }));
      },
      updateClusterVersion: async (request) => start('updateClusterVersion', 'VersionUpdate', request),
      describeUpdate: async ({ updateId }) => {
        reach('describeUpdate');
        const update = cloud.updates.find(({ id }) => id === updateId);
        if (update === undefined) throw new Error(`there is no update ${updateId}`);
        return structuredClone(update);
      },
      updatesInProgress: async () => cloud.updates.filter(({ status }) => status === 'InProgress'),
      managedNodeGroups: async () => structuredClone(cloud.managed),
      updateNodegroupVersion: async (request) => start('updateNodegroupVersion', 'VersionUpdate', request),
      accessEntry: async (_cluster, principal) => {
        reach('accessEntry');
        return structuredClone(cloud.entries[principal] ?? null);
      },
      createNodeAccessEntry: async ({ token: _, ...request }) => {
        cloud.calls.push({ call: 'createNodeAccessEntry', request });
        cloud.entries[request.roleArn] = { type: request.type, kubernetesGroups: ['system:nodes'] };
      },
      listAddons: async () => {
        reach('listAddons');
        return cloud.addons.map(({ name }) => name);
      },
      describeAddon: async (_cluster, addon) => {
        reach('describeAddon');
        return structuredClone(cloud.addons.find(({ name }) => name === addon) ?? null);
      },
      offeredAddonVersions: async (addon) => cloud.offered[addon] ?? null,
      updateAddon: async (request) => start('updateAddon', 'AddonUpdate', request),
      accessPolicies: async (_cluster, arn) => structuredClone(cloud.entryPolicies[arn] ?? null),
      grantClusterAccess: async (request) => {
        cloud.calls.push({ call: 'grantClusterAccess', request });
        cloud.entryPolicies[request.principalArn] = [request.policyArn];
      },
    },
    stacks: {
      list: async () => {
        reach('stacks');
        return structuredClone(cloud.groupStacks);
      },
      failureReasons: async (stackName) =>
        cloud.reasons[stackName] ??
        cloud.failed[stackName]?.map(({ resource, reason }) => `${resource}: ${reason}`) ??
        [],
      failedResources: async (stackName) => structuredClone(cloud.failed[stackName] ?? []),
      interfacesIn: async (securityGroup) => {
        reach('interfacesIn');
        return cloud.interfaces[securityGroup] ?? [];
      },
    },
    nodeRoles: {
      policies: async (role) => {
        reach('rolePolicies');
        return structuredClone(cloud.rolePolicies[role] ?? null);
      },
    },
    autoScaling: {
      groupsOf: async (stackNames) => {
        reach('groupsOf');
        return structuredClone(cloud.scaling.filter(({ stackName }) => stackNames.includes(stackName)));
      },
      ofCluster: async () => {
        reach('ofCluster');
        return structuredClone(cloud.clusterScaling);
      },
      setDesired: async ({ group, desired }) => {
        reach('setDesired');
        cloud.calls.push({ call: 'setDesired', request: { group, desired } });
        for (const one of cloud.scaling) if (one.name === group) one.sizes.desired = desired;
      },
      removeInstance: async (instanceId) => {
        reach('removeInstance');
        cloud.calls.push({ call: 'removeInstance', request: instanceId });
        for (const one of cloud.scaling) {
          if (!one.instances.some(({ id }) => id === instanceId)) continue;
          one.sizes.desired -= 1;
          one.instances = one.instances.filter(({ id }) => id !== instanceId);
        }
      },
      failedLaunches: async () => structuredClone(cloud.launchFailures),
    },
    kubernetes: {
      reach: async () => reach('reach'),
      visitors: async (node) => cloud.visitorsOn[node] ?? [],
      reviewAccess: async (wishes) => {
        cloud.wishes = wishes;
        return cloud.review;
      },
      serverVersion: async () => `v${cloud.cluster.version}.17-eks-0a21954`,
      nodes: async () => {
        reach('nodes');
        return structuredClone(cloud.nodeList);
      },
      userPods: async () => {
        reach('userPods');
        const byNamespace = Object.entries(cloud.activityIs.byNamespace);
        return byNamespace.flatMap(([namespace, count]) =>
          Array.from({ length: count }, () => ({ namespace, node: cloud.activityNode })),
        );
      },
      setPhaseOut: async (name, on) => {
        reach('setPhaseOut');
        cloud.phaseOuts.push(`${name} ${on ? 'closed' : 'opened'}`);
        cloud.nodeList = cloud.nodeList.map((node) => (node.name === name ? { ...node, phasedOut: on } : node));
        cloud.onPhaseOut(name, on);
      },
      workloads: async () => structuredClone(cloud.teamWorkloads),
      pendingPods: async () => [...cloud.pending],
      addonWorkload: async (addon) => {
        reach('addonWorkload');
        return structuredClone(cloud.workloads[addon]);
      },
      addonObjects: async (addon) => {
        reach('addonObjects');
        return structuredClone(cloud.addonObjects[addon]);
      },
      mappedRoles: async () => {
        reach('mappedRoles');
        if (cloud.mapped === null) return null;
        return [
          ...cloud.mapped.map((arn) => ({ arn, letsNodesIn: true })),
          ...cloud.mappedOtherwise.map((arn) => ({ arn, letsNodesIn: false })),
        ];
      },
      changeNodeRoles: async (change) => {
        cloud.calls.push({ call: 'changeNodeRoles', request: change });
        const kept = (cloud.mapped ?? []).filter((role) => !change.remove.includes(role));
        cloud.mapped = [...new Set([...kept, ...change.add])];
        cloud.mappedOtherwise = cloud.mappedOtherwise.filter((role) => !change.add.includes(role));
      },
      mappedGroups: async (arn) => {
        reach('mappedGroups');
        return structuredClone(cloud.principals[arn] ?? null);
      },
      mapPrincipal: async (request) => {
        cloud.calls.push({ call: 'mapPrincipal', request });
        cloud.principals[request.arn] = request.groups;
      },
      patchAwsNodeRunAsNonRoot: async () => {
        cloud.calls.push({ call: 'patchAwsNodeRunAsNonRoot', request: null });
      },
    },
    drain: {
      nodes: async () => {
        reach('drain.nodes');
        return cloud.nodeList.map((node) => aDrainNode(node, cloud.drainNodes[node.name]));
      },
      podsOn: async (nodes) => structuredClone(cloud.pods.filter(({ node }) => nodes.includes(node))),
      volumesOf: async (pods) => cloud.volumes.filter(({ pod }) => pods.some(({ uid }) => uid === pod)),
      budgetsIn: async (namespaces) => cloud.budgets.filter(({ namespace }) => namespaces.includes(namespace)),
      readiness: async (owner) => cloud.ready[ownerText(owner)] ?? null,
      cordon: async ({ node, runId }) => {
        cloud.calls.push({ call: 'cordon', request: node });
        changeDrainNode(cloud, node, { unschedulable: true, cordonedBy: runId });
      },
      uncordon: async ({ node }) => {
        reach('uncordon');
        cloud.calls.push({ call: 'uncordon', request: node });
        changeDrainNode(cloud, node, { unschedulable: false, cordonedBy: null });
      },
      evict: async ({ name }) => {
        cloud.calls.push({ call: 'evict', request: name });
        const answer = cloud.evictions[name] ?? { kind: 'accepted' };
        if (answer.kind === 'accepted') cloud.pods = cloud.pods.filter((pod) => pod.name !== name);
        return answer;
      },
      deletePod: async ({ name }) => {
        cloud.calls.push({ call: 'deletePod', request: name });
        cloud.pods = cloud.pods.filter((pod) => pod.name !== name);
      },
    },
  };
  return cloud;
}

export function aWorkload(image: string, kind: AddonWorkload['kind'] = 'DaemonSet'): AddonWorkload {
  return {
    kind,
    image: `602401143452.dkr.ecr.us-west-2.amazonaws.com/${image}`,
    rolledOut: true,
    progress: '2 of 2 pods updated',
    podProblems: [],
  };
}

/** A node group's stack that eksctl made, complete and without nodes. */
export function aStack(
  group: string,
  version: KubernetesVersion,
  changes: Partial<NodeGroupStack> = {},
): NodeGroupStack {
  return {
    stackName: `eksctl-coast-nodegroup-${group}`,
    group,
    kind: 'self-managed',
    status: 'CREATE_COMPLETE',
    createdAt: 0,
    ami: {
      kind: 'known',
      imageId: 'ami-1',
      name: `amazon-eks-node-al2023-x86_64-standard-${version}-v20230105`,
      version,
    },
    amiFamily: 'AmazonLinux2023',
    nodeRole: null,
    bringsAccessEntry: false,
    ownRole: null,
    sizes: { min: 0, max: 10, desired: 0 },
    ...changes,
  };
}

export function aManagedGroup(
  name: string,
  version: KubernetesVersion,
  changes: Partial<ManagedNodeGroup> = {},
): ManagedNodeGroup {
  return {
    name,
    status: 'ACTIVE',
    version,
    releaseVersion: null,
    sizes: { min: 1, max: 3, desired: 1 },
    healthIssues: [],
    ...changes,
  };
}

export function aNode(group: string, version: KubernetesVersion, changes: Partial<ObservedNode> = {}): ObservedNode {
  return {
    name: `ip-10-0-0-1.${group}`,
    group,
    ready: true,
    kubeletVersion: `v${version}.17-eks-0a21954`,
    unschedulable: false,
    phasedOut: false,
    ...changes,
  };
}

function aDrainNode({ name, group, ready, unschedulable }: ObservedNode, changes: Partial<DrainNode> = {}): DrainNode {
  const allocatable = { cpu: 4, memory: 16e9, pods: 58 };
  return { name, group, ready, unschedulable, cordonedBy: null, zone: 'us-west-2a', allocatable, ...changes };
}

function changeDrainNode(cloud: FakeCloud, node: string, change: Partial<DrainNode>): void {
  cloud.drainNodes[node] = { ...cloud.drainNodes[node], ...change };
}

/** A pod of a Deployment, Ready on this node. */
export function aPod(called: string, node: string, changes: Partial<PodOnNode> = {}): PodOnNode {
  const [namespace = '', workload = ''] = called.split('/');
  return {
    namespace,
    name: `${workload}-6b7f-x2x9k`,
    uid: `uid-of-${workload}`,
    node,
    labels: { app: workload },
    owner: { kind: 'Deployment', namespace, name: workload },
    isMirror: false,
    ready: true,
    isEnding: false,
    graceSeconds: 30,
    requests: { cpu: 0.2, memory: 512e6 },
    claims: [],
    ...changes,
  };
}
