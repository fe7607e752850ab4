import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '#jobs/failure.ts';
import { type ClusterClouds, createCloudOf } from '#src/adapters/cloud.ts';
import type { ScalingGroup } from '#src/domain/empty-group-proof.ts';
import { messageOf } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { PodOnNode } from '#src/domain/pod-on-node.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { NodeDrain } from '#src/ports/node-drain.ts';
import { ACCOUNT, fleetCluster } from '#test/contract/cloud-world.ts';
import { clockFromNow, simulatedClock } from '#test/simulators/clock.ts';
import type { ClusterConfig, GroupConfig, WorldSeed } from '#test/simulators/cloud/options.ts';
import { type CloudSimulator, startCloudSimulator } from '#test/simulators/cloud/start-cloud-simulator.ts';
import { kubeOf } from '#test/simulators/cloud/testing.ts';
import type { Invocation } from '#test/simulators/eksctl/command.ts';
import { createNodegroup } from '#test/simulators/eksctl/create-nodegroup.ts';
import { deleteNodegroup } from '#test/simulators/eksctl/delete-nodegroup.ts';
import { updateAwsNode } from '#test/simulators/eksctl/update-aws-node.ts';
import { updateCoredns } from '#test/simulators/eksctl/update-coredns.ts';
import { updateKubeProxy } from '#test/simulators/eksctl/update-kube-proxy.ts';

/**
 * Everything the bot and the eksctl it runs ask of AWS and Kubernetes, call by call, so that one right can be taken away
 * and the one call that needs it be made again: a whole upgrade for each right would take hours.
 */
export type Probe = {
  name: string;
  /** Makes what the call needs; with all rights. */
  prepare?: () => Promise<void>;
  /** What people read when it goes wrong; '' when it does not. */
  run: () => Promise<string>;
  /** A plan needs it. */
  isOfPlan?: true;
};

export type ProbeWorld = { simulator: CloudSimulator; probes: Probe[]; close: () => Promise<void> };

/** Simulated milliseconds in a real one: a stack of 4½ minutes takes 11 ms, and eksctl waits 60 ms for it on a busy machine. */
const SPEED = 25_000;

const CORE: GroupConfig = {
  name: 'core-a',
  amiFamily: 'AmazonLinux2',
  instanceType: 'm5.large',
  minSize: 1,
  maxSize: 3,
  desiredCapacity: 1,
};

const COAST: ClusterConfig = { metadata: { name: 'coast', region: 'us-west-2', version: '1.24' }, nodeGroups: [CORE] };

const HARBOR: ClusterConfig = {
  metadata: { name: 'harbor', region: 'us-west-2', version: '1.33' },
  addons: [{ name: 'vpc-cni', serviceAccountRoleARN: `arn:aws:iam::${ACCOUNT}:role/cni` }],
  managedNodeGroups: [{ ...CORE, name: 'workers', amiFamily: 'AmazonLinux2023' }],
};

/** coast: roles by aws-auth, self-managed add-ons; harbor: access entries, managed groups, add-ons of EKS. */
export async function startProbeWorld(): Promise<ProbeWorld> {
  const worlds: WorldSeed[] = [
    { account: ACCOUNT, config: COAST, addons: 'self-managed' },
    { account: ACCOUNT, config: HARBOR, addons: 'eks' },
  ];
  const clock = clockFromNow(SPEED);
  const simulator = await startCloudSimulator({ clock, worlds });
  // Not vi.stubEnv: stubs go with the first test.
  const before = { ...process.env };
  Object.assign(process.env, simulator.environment);
  const logger = { debug: () => {}, info: () => {}, warn: () => {} };
  const freshCloud = () => createCloudOf({ version: '0.1.0', endpointUrl: simulator.awsUrl, logger });
  const cloudOf = freshCloud();
  const folder = await mkdtemp(join(tmpdir(), 'rights-'));
  const eksctl = eksctlIn(folder, { clock: simulatedClock(clock), endpoint: simulator.awsUrl });
  return {
    simulator,
    probes: [
      ...lookProbes(cloudOf(fleetCluster('coast')), cloudOf(fleetCluster('harbor'))),
      ofPlan('stacks', () => withFresh(freshCloud, ({ stacks }) => stacks.list('coast'))),
      ...changeProbes(cloudOf(fleetCluster('coast')), cloudOf(fleetCluster('harbor'))),
      ...groupProbes(cloudOf, eksctl),
      ...addonProbes(eksctl, simulator),
    ],
    close: async () => {
      cloudOf.close();
      await simulator.stop();
      await rm(folder, { recursive: true });
      for (const name of Object.keys(simulator.environment)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    },
  };
}

/** A failed call in the words of a card; whatever it answers otherwise does not matter here. */
function probe(name: string, call: () => Promise<unknown>): Probe {
  return {
    name,
    run: () =>
      call().then(
        () => '',
        (error: unknown) => failureOf(error).message,
      ),
  };
}

function ofPlan(name: string, call: () => Promise<unknown>): Probe {
  return { ...probe(name, call), isOfPlan: true };
}

/** As `probe`, of a command: what eksctl prints last, which is shown beside what became of the groups. */
function printed(name: string, command: () => Promise<void>): Probe {
  return {
    name,
    run: () =>
      command().then(
        () => '',
        (error: unknown) => `Error: ${messageOf(error)}`,
      ),
  };
}

/** Templates and names of images are asked for once and remembered. */
async function withFresh(fresh: () => ClusterClouds, use: (cloud: Cloud) => Promise<unknown>): Promise<void> {
  const cloudOf = fresh();
  try {
    await use(cloudOf(fleetCluster('coast')));
  } finally {
    cloudOf.close();
  }
}

const NODE_ROLE = `arn:aws:iam::${ACCOUNT}:role/eksctl-harbor-nodegroup-workers-NodeInstanceRole-1`;

/** What plans and steps look at. */
function lookProbes(coast: Cloud, harbor: Cloud): Probe[] {
  const stack = 'eksctl-coast-nodegroup-core-a';
  let role = '';
  let scalingGroup = '';
  return [
    ofPlan('the cluster', () => harbor.eks.describeCluster('harbor')),
    ofPlan('offered versions', () => harbor.eks.offeredVersions()),
    ofPlan('managed groups', () => harbor.eks.managedNodeGroups('harbor')),
    ofPlan('add-ons', () => harbor.eks.listAddons('harbor')),
    ofPlan('an add-on', () => harbor.eks.describeAddon('harbor', 'coredns')),
    ofPlan('versions of an add-on', () => harbor.eks.offeredAddonVersions('coredns', '1.33')),
    probe('updates in progress', () => harbor.eks.updatesInProgress('harbor')),
    probe('why a stack failed', () => coast.stacks.failureReasons(stack)),
    {
      ...ofPlan('the policies of a role of nodes', () => coast.nodeRoles.policies(role)),
      prepare: async () => {
        const [group] = await coast.stacks.list('coast');
        role = group?.ownRole?.name ?? '';
      },
    },
    probe('network interfaces that were left', () => coast.stacks.interfacesIn('sg-0a1b2c3d4e5f60001')),
    ofPlan('an access entry', () => harbor.eks.accessEntry('harbor', NODE_ROLE)),
    ofPlan('Auto Scaling groups of the cluster', () => coast.autoScaling.ofCluster('coast')),
    probe('sizes of groups', () => coast.autoScaling.groupsOf([stack])),
    {
      ...probe('why a node does not come', () => coast.autoScaling.failedLaunches(scalingGroup, 0)),
      prepare: async () => {
        scalingGroup = (await coast.autoScaling.groupsOf([stack]))[0]?.name ?? '';
      },
    },
    ofPlan('nodes', () => coast.kubernetes.nodes()),
    probe('workloads', () => coast.kubernetes.workloads()),
    probe('pending pods', () => coast.kubernetes.pendingPods()),
    ofPlan('activity', () => coast.kubernetes.userPods(['component=singleuser-server'])),
    ofPlan('aws-node', () => coast.kubernetes.addonWorkload('vpc-cni')),
    ofPlan('kube-proxy', () => coast.kubernetes.addonWorkload('kube-proxy')),
    ofPlan('coredns', () => coast.kubernetes.addonWorkload('coredns')),
    ofPlan('the objects of aws-node', () => coast.kubernetes.addonObjects('vpc-cni')),
    ofPlan('the objects of coredns', () => coast.kubernetes.addonObjects('coredns')),
    ofPlan('mapped roles', () => coast.kubernetes.mappedRoles()),
  ];
}

/** What steps change themselves. */
function changeProbes(coast: Cloud, harbor: Cloud): Probe[] {
  const update = async (): Promise<void> => {
    const version = (await harbor.eks.describeAddon('harbor', 'vpc-cni'))?.version ?? '';
    const started = await harbor.eks.updateAddon({ cluster: 'harbor', addon: 'vpc-cni', version, token: 'addon' });
    if (started.kind === 'started')
      await harbor.eks.describeUpdate({ cluster: 'harbor', updateId: started.updateId, addon: 'vpc-cni' });
  };
  const closing = async (): Promise<void> => {
    // Of the managed group: those of coast come and go with the probes of its groups.
    const nodes = await harbor.kubernetes.nodes();
    for (const { name, phasedOut } of nodes) await harbor.kubernetes.setPhaseOut(name, !phasedOut);
  };
  const group = { cluster: 'harbor', nodeGroup: 'workers', version: '1.33' as const, token: 'group' };
  let scalingGroup: ScalingGroup | undefined;
  const lookAtGroup = async (): Promise<void> => {
    [scalingGroup] = await coast.autoScaling.groupsOf(['eksctl-coast-nodegroup-core-a']);
  };
  let roles = 0;
  const newRole = (): string => {
    roles += 1;
    return `arn:aws:iam::${ACCOUNT}:role/eksctl-coast-nodegroup-new-NodeInstanceRole-${roles}`;
  };
  return [
    probe('an add-on’s update', update),
    probe('a managed group’s update', () => harbor.eks.updateNodegroupVersion(group)),
    probe('the control plane’s update', () =>
      harbor.eks.updateClusterVersion({ cluster: 'harbor', version: '1.34', token: 'hop' }),
    ),
    {
      ...probe('the size of a group', async () => {
        const { name = '', sizes } = scalingGroup ?? {};
        await coast.autoScaling.setDesired({ group: name, desired: sizes?.desired ?? 0 });
      }),
      prepare: lookAtGroup,
    },
    {
      ...probe('a node that is taken away', () =>
        coast.autoScaling.removeInstance(scalingGroup?.instances.at(-1)?.id ?? ''),
      ),
      prepare: async () => {
        await lookAtGroup();
        await coast.autoScaling.setDesired({ group: scalingGroup?.name ?? '', desired: 2 });
        await lookAtGroup();
      },
    },
    probe('an access entry for nodes', () =>
      harbor.eks.createNodeAccessEntry({ cluster: 'harbor', roleArn: newRole(), type: 'EC2_LINUX', token: newRole() }),
    ),
    probe('the mapping of a role', () => coast.kubernetes.changeNodeRoles({ add: [newRole()], remove: [] })),
    probe('a node that is about to go', closing),
    probe('aws-node’s runAsNonRoot', () => coast.kubernetes.patchAwsNodeRunAsNonRoot()),
    ...drainProbes(coast.drain),
  ];
}

/** What the swap of the core group looks at and changes. */
function drainProbes(drain: NodeDrain): Probe[] {
  const pods = async (): Promise<PodOnNode[]> => drain.podsOn((await drain.nodes()).map(({ name }) => name));
  const podOf = async (workload: string): Promise<PodOnNode> => {
    const found = (await pods()).find(({ owner, isEnding }) => owner?.name === workload && !isEnding);
    if (found === undefined) throw new Error(`there is no pod of ${workload}`);
    return found;
  };
  const node = async (): Promise<string> => (await drain.nodes())[0]?.name ?? '';
  return [
    probe('where volumes are', async () => drain.volumesOf(await pods())),
    probe('budgets', () => drain.budgetsIn(['kube-system'])),
    probe('whether a Deployment is Ready', () =>
      drain.readiness({ kind: 'Deployment', namespace: 'prod', name: 'hub' }),
    ),
    probe('whether a StatefulSet is Ready', () =>
      drain.readiness({ kind: 'StatefulSet', namespace: 'support', name: 'prometheus' }),
    ),
    probe('a cordon', async () => drain.cordon({ node: await node(), runId: 'r' })),
    probe('its end', async () => drain.uncordon({ node: await node(), runId: 'r' })),
    probe('an eviction', async () => drain.evict(await podOf('proxy'))),
    probe('a forced pod', async () => drain.deletePod(await podOf('cluster-autoscaler'))),
  ];
}

type Eksctl = (
  command: (invocation: Invocation) => Promise<void>,
  config: ClusterConfig,
  flags?: string[][],
) => Promise<void>;

/** The simulated eksctl without a process around it. */
function eksctlIn(folder: string, { clock, endpoint }: Pick<Invocation, 'clock' | 'endpoint'>): Eksctl {
  let files = 0;
  return async (command, config, flags = []) => {
    files += 1;
    const file = join(folder, `config-${files}.json`);
    await writeFile(file, JSON.stringify({ apiVersion: 'eksctl.io/v1alpha5', kind: 'ClusterConfig', ...config }));
    const printedLines: string[] = [];
    const critical = (line: string) => void printedLines.push(line);
    const log = { info: () => {}, warning: () => {}, success: () => {}, critical };
    // Simulated time flies: a wait for a stack must not end because this machine is busy.
    const all = new Map([
      ['config-file', file],
      ['timeout', '600000m'],
      ...flags.map(([name = '', value = '']) => [name, value] as const),
    ]);
    const invocation = { flags: all, log, clock, endpoint, print: () => {}, believedExisting: [], onChange: () => {} };
    await command(invocation).catch((error: unknown) => {
      throw new Error([...printedLines, messageOf(error)].join('\n'));
    });
  };
}

type GroupKind = { cluster: string; config: (name: string) => ClusterConfig };

const KINDS: GroupKind[] = [
  {
    cluster: 'coast',
    config: (name) => ({
      ...COAST,
      nodeGroups: [
        {
          ...CORE,
          name,
          availabilityZones: ['us-west-2a'],
          ssh: { publicKeyPath: 'keys/coast.pub' },
          iam: { withAddonPolicies: { autoScaler: true } },
        },
      ],
    }),
  },
  {
    cluster: 'harbor',
    config: (name) => ({
      ...HARBOR,
      managedNodeGroups: [],
      nodeGroups: [{ ...CORE, amiFamily: 'AmazonLinux2023', name }],
    }),
  },
  {
    cluster: 'harbor',
    config: (name) => ({ ...HARBOR, managedNodeGroups: [{ ...CORE, amiFamily: 'AmazonLinux2023', name }] }),
  },
];

/** Groups made and deleted by eksctl, a new one each time, and why CloudFormation could not. */
function groupProbes(cloudOf: (cluster: FleetCluster) => Cloud, eksctl: Eksctl): Probe[] {
  let made = 0;
  return KINDS.flatMap(({ cluster, config }, index) => {
    const { stacks } = cloudOf(fleetCluster(cluster));
    let name = '';
    const create = () => {
      made += 1;
      name = `made-${made}`;
      return eksctl(createNodegroup, config(name));
    };
    const remove = () =>
      eksctl(deleteNodegroup, config(name), [
        ['approve', 'true'],
        ['drain', 'false'],
        ['wait', 'true'],
      ]);
    const told = async (call: () => Promise<void>): Promise<string> => {
      const message = await printed('', call).run();
      if (message === '') return '';
      const reasons = await stacks.failureReasons(`eksctl-${cluster}-nodegroup-${name}`).catch(() => []);
      return [message, ...reasons].join('\n');
    };
    const kind = `a group of kind ${index} in ${cluster}`;
    return [
      { name: `eksctl makes ${kind}`, run: () => told(create) },
      { name: `eksctl deletes ${kind}`, prepare: create, run: () => told(remove) },
    ];
  });
}

/** What eksctl does to add-ons that EKS does not manage. */
function addonProbes(eksctl: Eksctl, simulator: CloudSimulator): Probe[] {
  const update = (command: (invocation: Invocation) => Promise<void>): Probe => ({
    ...printed(`eksctl ${command.name}`, () => eksctl(command, COAST, [['approve', 'true']])),
    prepare: () => installOldKubeProxy(simulator),
  });
  const withoutConfig = async (): Promise<void> =>
    simulator.deleteObject('coast', '/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni');
  // An earlier probe may have left it without its ConfigMap.
  const withConfig = (): Promise<void> => eksctl(updateAwsNode, COAST, [['approve', 'true']]);
  return [
    update(updateKubeProxy),
    update(updateCoredns),
    { ...update(updateAwsNode), prepare: withConfig },
    { ...update(updateAwsNode), name: 'eksctl makes amazon-vpc-cni', prepare: withoutConfig },
  ];
}

/** Or there is nothing to update. */
async function installOldKubeProxy(simulator: CloudSimulator): Promise<void> {
  const kube = await kubeOf(simulator, 'coast');
  const path = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy';
  const { body } = await kube('GET', path);
  const text = JSON.stringify(body).replaceAll(/(kube-proxy):v[^"]+/g, '$1:v1.22.6-eksbuild.1');
  await kube('PUT', path, { body: JSON.parse(text) });
}
