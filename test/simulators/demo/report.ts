import { readFile } from 'node:fs/promises';
import type { Run } from '#src/domain/run.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import { simulatedClock } from '../clock.ts';
import type { ClusterSnapshot } from '../cloud/options.ts';
import type { StoredMessage } from '../slack/messages.ts';
import type { AutoOutcome } from './auto.ts';
import { botCallCounts, clusterSnapshot } from './cloud-looks.ts';
import { createDriver } from './driver.ts';
import type { DemoWorld } from './world.ts';

/** What `npm run demo -- --auto --json` prints. Versions are `1.N`; `before` and `after` come from the simulators. */
export type Report = {
  ok: boolean;
  run: { id: string | null; state: string; reason: string | null };
  before: ReportedCluster;
  after: ReportedCluster;
  /** Exactly the start, finish and failure notices, in their final text. */
  notices: string[];
  thread: string[];
  eksctl: string[][];
  /** Without eksctl's own. */
  awsCalls: Record<string, number>;
  configDiff: string;
  wallMs: number;
  simulatedMs: number;
};

export type ReportedCluster = {
  version: string;
  nodeGroups: { name: string; kind: string; version: string | null; nodes: number }[];
  addons: { name: string; version: string }[];
};

export type ReportRequest = {
  world: DemoWorld;
  cluster: string;
  to: KubernetesVersion;
  before: ClusterSnapshot;
  outcome: AutoOutcome;
  startedAt: number;
};

export async function makeReport({ world, cluster, to, before, outcome, startedAt }: ReportRequest): Promise<Report> {
  const after = await clusterSnapshot(world.cloudUrl, cluster);
  const { notices, thread } = await messagesOf(world);
  const branch = `eks-upgrade/${cluster}-${to}`;
  const configDiff = await world.remote.diffOf(branch);
  const run = describeRun(outcome);
  const wallMs = Date.now() - startedAt;
  const { now } = simulatedClock(world.clock);
  return {
    ok:
      run.state === 'nothing-to-do' ||
      (run.state === 'succeeded' &&
        isWhereItShouldBe({ after, before, to }) &&
        notices.has('start') &&
        notices.has('finish') &&
        configDiff !== ''),
    run,
    before: reported(before),
    after: reported(after),
    notices: [...notices.values()],
    thread,
    eksctl: await eksctlArgv(world.eksctlLog),
    awsCalls: await botCallCounts(world.cloudUrl),
    configDiff,
    wallMs,
    simulatedMs: Math.round(now() - (world.clock.origin + (startedAt - world.clock.realOrigin) * world.clock.speed)),
  };
}

/** The simulated cluster itself: every group it had (the core ones under their next name) is there, at the target. */
function isWhereItShouldBe({
  after,
  before,
  to,
}: {
  after: ClusterSnapshot;
  before: ClusterSnapshot;
  to: KubernetesVersion;
}): boolean {
  const settled = after.nodeGroups.every(
    ({ version, stackStatus, nodes, readyNodes }) =>
      version === to && /COMPLETE$/.test(stackStatus) && nodes === readyNodes,
  );
  return (
    after.version === to && after.status === 'ACTIVE' && settled && after.nodeGroups.length === before.nodeGroups.length
  );
}

function describeRun(outcome: AutoOutcome): Report['run'] {
  if (outcome.kind === 'no-run') return { id: null, state: 'not-created', reason: outcome.told };
  const { run, inTime } = outcome;
  return { id: run.id, state: inTime ? run.state.kind : `timed-out-while-${run.state.kind}`, reason: reasonOf(run) };
}

function reasonOf(run: Run): string | null {
  if (run.state.kind === 'refused') return run.plan?.refusals.map(({ text }) => text).join('\n') ?? null;
  if (run.state.kind === 'succeeded-uncommitted') return run.state.failure.message;
  const cause = run.stops.at(-1)?.cause;
  if (run.state.kind !== 'stopped' || cause === undefined) return null;
  return cause.kind === 'stop-requested'
    ? 'a person pressed stop'
    : [cause.failure.message, cause.failure.detail].filter(Boolean).join('\n');
}

async function messagesOf({ slack }: DemoWorld): Promise<{ notices: Map<string, string>; thread: string[] }> {
  const driver = createDriver(slack.url);
  const channel = await driver.channel();
  const root = channel.find((message) => keyOf(message) === 'card');
  const replies = root === undefined ? [] : (await driver.thread(root.ts)).filter(({ ts }) => ts !== root.ts);
  const notices = replies.filter((message) => /^(?:start|finish|failure:\d+)$/.test(keyOf(message) ?? ''));
  return {
    notices: new Map(notices.map((message) => [keyOf(message) ?? '', message.text])),
    thread: replies.map(({ text }) => text),
  };
}

function keyOf({ metadata }: StoredMessage): string | undefined {
  return metadata?.event_payload.key as string | undefined;
}

async function eksctlArgv(log: string): Promise<string[][]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as string[]);
}

function reported({ version, nodeGroups, addons }: ClusterSnapshot): ReportedCluster {
  return {
    version,
    nodeGroups: nodeGroups.map(({ name, kind, version: at, nodes }) => ({ name, kind, version: at, nodes })),
    addons,
  };
}
