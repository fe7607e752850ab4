import type { OutsidePorts } from '#src/context.ts';
import type { PodOnNode } from '#src/domain/pod-on-node.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { Checkout, ConfigRepository } from '#src/ports/config-repository.ts';
import type { Eksctl } from '#src/ports/eksctl.ts';
import type { MessageLedger, MessageRecord } from '#src/ports/message-ledger.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { SlackMessages } from '#src/ports/slack.ts';
import type { WakeUps } from '#src/ports/wake-ups.ts';
import type { Probe } from './probe.ts';

type Watch = {
  probe: Probe;
  /** Effects in the cloud's log so far. */
  effects: () => Promise<number>;
};

/**
 * The same ports, but every way out of the process is told to the probe. Nothing else changes: not what is called,
 * not with what, not what comes back. Redis reads are not told: they change nothing, and what lies beside them is.
 */
export function wrapPorts(ports: OutsidePorts, { probe, effects }: Watch): OutsidePorts {
  const clouds = new Map<Cloud, Cloud>();
  return {
    store: wrapStore(ports.store, probe),
    ledger: wrapLedger(ports.ledger, probe),
    wakeUps: wrapWakeUps(ports.wakeUps, probe),
    cloudOf: (cluster) => {
      const cloud = ports.cloudOf(cluster);
      const wrapped = clouds.get(cloud) ?? wrapCloud(cloud, probe);
      clouds.set(cloud, wrapped);
      return wrapped;
    },
    repository: wrapRepository(ports.repository, probe),
    eksctl: wrapEksctl(ports.eksctl, { probe, effects }),
    tools: { versions: () => probe.around(probe.here('tools: versions'), () => ports.tools.versions()) },
    slack: wrapSlack(ports.slack, probe),
    probeUrl: (url) => probe.around(probe.here('url: health'), () => ports.probeUrl(url)),
  };
}

function wrapStore(store: RunStore, probe: Probe): RunStore {
  return {
    ...store,
    create: (run, wakeAt) => probe.around('redis: create the run', () => store.create(run, wakeAt)),
    claim: async (id) => {
      const claim = await probe.around(probe.here('redis: claim'), () => store.claim(id));
      if (claim !== null) probe.stands(claim.run);
      return claim;
    },
    park: (claim, wakeAt) => probe.around(probe.here('redis: park'), () => store.park(claim, wakeAt)),
    holds: (claim) => probe.around(probe.here('redis: still mine?'), () => store.holds(claim), { stalls: true }),
    change: async (request) => {
      let call: string | null = null;
      const changed = await store.change({
        ...request,
        decide: (run) => {
          const events = request.decide(run);
          if (events.length === 0) return events;
          call = `redis: commit ${events.map(factName).join(' and ')}`;
          probe.before(call, { stalls: events.some(({ kind }) => BEGINS.includes(kind)) });
          return events;
        },
      });
      if (call !== null) probe.after(call);
      return changed;
    },
  };
}

/** What a worker that no longer has the run in hand would begin once more. */
const BEGINS: readonly RunEvent['kind'][] = ['started', 'step-started', 'command-requested'];

function factName(event: RunEvent): string {
  const step = 'stepId' in event ? ` ${event.stepId}` : '';
  const memory = event.kind === 'step-waiting' ? ` (${Object.keys(event.memory).length} noted)` : '';
  return `${event.kind}${step}${memory}`;
}

function wrapWakeUps(wakeUps: WakeUps, probe: Probe): WakeUps {
  return {
    wakeRun: (runId) => probe.around(probe.here('queue: wake the run'), () => wakeUps.wakeRun(runId)),
    syncSlack: (runId) => probe.around(probe.here('queue: sync slack'), () => wakeUps.syncSlack(runId)),
    pushConfig: (runId) => probe.around(probe.here('queue: push the config'), () => wakeUps.pushConfig(runId)),
    runCommand: (runId) => probe.around(probe.here('queue: run the command'), () => wakeUps.runCommand(runId)),
  };
}

/** Which message is in hand says enough: the ledger is only written for one message at a time. */
function wrapLedger(ledger: MessageLedger, probe: Probe): MessageLedger {
  const edited = new Set<string>();
  const noting = (key: string, { kind }: MessageRecord): string => {
    const name = `redis: note ${kind} ${key}`;
    const isEdit = kind === 'posted' && edited.has(key);
    if (kind === 'posted') edited.add(key);
    return isEdit ? probe.numbered(`${name} again`) : name;
  };
  return {
    ...ledger,
    save: (runId, key, record) => probe.around(noting(key, record), () => ledger.save(runId, key, record)),
    replace: (runId, key, change) => {
      const name = change.record.kind === 'posting' ? `redis: announce ${key}` : noting(key, change.record);
      return probe.around(name, () => ledger.replace(runId, key, change));
    },
    markSynced: (runId, revision) =>
      probe.around(probe.here('redis: mark synced'), () => ledger.markSynced(runId, revision)),
    reserve: (lane, gapMs, now) => probe.around(`redis: reserve ${lane}`, () => ledger.reserve(lane, gapMs, now)),
    noteAnswer: () => probe.around('redis: note that slack answers', () => ledger.noteAnswer()),
  };
}
function wrapSlack(slack: SlackMessages, probe: Probe): SlackMessages {
  const keys = new Map<string, string>();
  const keyAt = (ts: string): string => keys.get(ts) ?? 'what another process posted';
  return {
    post: (message) =>
      probe.around(`slack: post ${message.key}`, async () => {
        const posted = await slack.post(message);
        keys.set(posted.ts, message.key);
        return posted;
      }),
    edit: (message) => probe.around(probe.numbered(`slack: edit ${keyAt(message.ts)}`), () => slack.edit(message)),
    find: (query) => probe.around(`slack: find ${query.key}`, () => slack.find(query)),
  };
}

function wrapEksctl(eksctl: Eksctl, { probe, effects }: Watch): Eksctl {
  return { run: (command) => probe.around(`eksctl ${command.args.join(' ')}`, () => eksctl.run(command), { effects }) };
}

function wrapRepository(repository: ConfigRepository, probe: Probe): ConfigRepository {
  const wrapCheckout = (checkout: Checkout): Checkout => ({
    ...checkout,
    render: () => probe.around(probe.here('jsonnet'), () => checkout.render()),
    renderEdited: (source) => probe.around(probe.here('jsonnet: edited'), () => checkout.renderEdited(source)),
  });
  return {
    headCommit: (location) => probe.around(probe.here('git: head'), () => repository.headCommit(location)),
    checkout: async (location, commit) =>
      wrapCheckout(await probe.around(probe.here('git: check out'), () => repository.checkout(location, commit))),
    branches: (location, prefix) =>
      probe.around(probe.here('git: branches'), () => repository.branches(location, prefix)),
    isMerged: (location, commits) =>
      probe.around(probe.here('git: is merged'), () => repository.isMerged(location, commits)),
    commitAndPush: (request) =>
      probe.around(
        `git: push state ${request.state?.sequence} to ${request.branch}`,
        () => repository.commitAndPush(request),
        {
          stalls: true,
        },
      ),
  };
}

function wrapCloud(cloud: Cloud, probe: Probe): Cloud {
  const { identity, eks, stacks, nodeRoles, autoScaling, kubernetes, bootstrap, drain } = cloud;
  const read =
    <A extends unknown[], T>(
      name: string,
      call: (...args: A) => Promise<T>,
      detail: (...args: A) => string = () => '',
    ) =>
    (...args: A): Promise<T> =>
      probe.around(probe.here(`${name}${bracketed(detail(...args))}`), () => call(...args));
  const act =
    <A extends unknown[], T>(
      name: string,
      call: (...args: A) => Promise<T>,
      detail: (...args: A) => string = () => '',
    ) =>
    (...args: A): Promise<T> =>
      probe.around(`${name}${bracketed(detail(...args))}`, () => call(...args), { stalls: true });
  return {
    identity: { callerIdentity: read('sts: GetCallerIdentity', identity.callerIdentity) },
    eks: {
      describeCluster: read('eks: DescribeCluster', eks.describeCluster),
      offeredVersions: read('eks: DescribeClusterVersions', eks.offeredVersions),
      updateClusterVersion: act('eks: UpdateClusterVersion', eks.updateClusterVersion, ({ version }) => version),
      describeUpdate: read(
        'eks: DescribeUpdate',
        eks.describeUpdate,
        ({ addon, nodeGroup }) => addon ?? nodeGroup ?? '',
      ),
      updatesInProgress: read('eks: ListUpdates', eks.updatesInProgress),
      managedNodeGroups: read('eks: ListNodegroups', eks.managedNodeGroups),
      updateNodegroupVersion: act(
        'eks: UpdateNodegroupVersion',
        eks.updateNodegroupVersion,
        ({ nodeGroup }) => nodeGroup,
      ),
      accessEntry: read(
        'eks: DescribeAccessEntry',
        eks.accessEntry,
        (_, principal) => principal.split('/').at(-1) ?? '',
      ),
      createNodeAccessEntry: act('eks: CreateAccessEntry', eks.createNodeAccessEntry),
      listAddons: read('eks: ListAddons', eks.listAddons),
      describeAddon: read('eks: DescribeAddon', eks.describeAddon, (_, addon) => addon),
      offeredAddonVersions: read(
        'eks: DescribeAddonVersions',
        eks.offeredAddonVersions,
        (addon, version) => `${addon} ${version}`,
      ),
      updateAddon: act('eks: UpdateAddon', eks.updateAddon, ({ addon, version }) => `${addon} ${version}`),
      accessPolicies: read('eks: ListAssociatedAccessPolicies', eks.accessPolicies),
      grantClusterAccess: act('eks: grant access', eks.grantClusterAccess),
    },
    stacks: {
      list: read('cloudformation: DescribeStacks', stacks.list),
      failureReasons: read('cloudformation: DescribeStackEvents', stacks.failureReasons, (stack) => stack),
      failedResources: read('cloudformation: DescribeStackEvents', stacks.failedResources, (stack) => stack),
      interfacesIn: read('ec2: DescribeNetworkInterfaces', stacks.interfacesIn),
    },
    nodeRoles: { policies: read('iam: policies of a role', nodeRoles.policies) },
    autoScaling: {
      groupsOf: read('autoscaling: DescribeAutoScalingGroups', autoScaling.groupsOf),
      ofCluster: read('autoscaling: DescribeAutoScalingGroups', autoScaling.ofCluster),
      setDesired: act(
        'autoscaling: SetDesiredCapacity',
        autoScaling.setDesired,
        ({ group, desired }) => `${group.replace(/-[^-]+$/, '')} ${desired}`,
      ),
      removeInstance: act('autoscaling: TerminateInstanceInAutoScalingGroup', autoScaling.removeInstance),
      failedLaunches: read('autoscaling: DescribeScalingActivities', autoScaling.failedLaunches),
    },
    kubernetes: {
      reach: read('kubernetes: reach', kubernetes.reach),
      reviewAccess: read('kubernetes: review access', kubernetes.reviewAccess),
      serverVersion: read('kubernetes: version', kubernetes.serverVersion),
      nodes: read('kubernetes: nodes', kubernetes.nodes),
      userPods: read('kubernetes: user pods', kubernetes.userPods),
      setPhaseOut: act('kubernetes: taint', kubernetes.setPhaseOut, (node, on) => `${node} ${on ? 'on' : 'off'}`),
      visitors: read('kubernetes: pods on a node', kubernetes.visitors),
      addonWorkload: read('kubernetes: workload', kubernetes.addonWorkload, (addon) => addon),
      addonObjects: read('kubernetes: objects of an add-on', kubernetes.addonObjects, (addon) => addon),
      workloads: read('kubernetes: workloads', kubernetes.workloads),
      pendingPods: read('kubernetes: pending pods', kubernetes.pendingPods),
      mappedRoles: read('kubernetes: aws-auth', kubernetes.mappedRoles),
      changeNodeRoles: act('kubernetes: change aws-auth', kubernetes.changeNodeRoles),
      mappedGroups: read('kubernetes: who is in aws-auth', kubernetes.mappedGroups),
      mapPrincipal: act('kubernetes: map the bot', kubernetes.mapPrincipal),
      patchAwsNodeRunAsNonRoot: act('kubernetes: patch aws-node', kubernetes.patchAwsNodeRunAsNonRoot),
    },
    bootstrap:
      bootstrap === null ? null : wrapCloud({ ...cloud, kubernetes: bootstrap, bootstrap: null }, probe).kubernetes,
    drain: {
      nodes: read('kubernetes: nodes to drain', drain.nodes),
      podsOn: read('kubernetes: pods on nodes', drain.podsOn),
      volumesOf: read('kubernetes: volumes', drain.volumesOf),
      budgetsIn: read('kubernetes: budgets', drain.budgetsIn),
      readiness: read('kubernetes: readiness', drain.readiness, ({ namespace, name }) => `${namespace}/${name}`),
      cordon: act('kubernetes: cordon', drain.cordon),
      uncordon: act('kubernetes: uncordon', drain.uncordon),
      evict: act('kubernetes: evict', drain.evict, workloadText),
      deletePod: act('kubernetes: delete pod', drain.deletePod, ({ namespace }) => namespace),
    },
  };
}

/** Names of pods are made up anew in each world. */
function workloadText({ namespace, name, owner }: PodOnNode): string {
  return `${namespace}/${owner?.name ?? name}`;
}

function bracketed(detail: string): string {
  return detail === '' ? '' : `(${detail})`;
}
