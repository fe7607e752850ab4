import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Run } from '#src/domain/run.ts';
import { clusterSnapshot } from '../simulators/demo/cloud-looks.ts';
import { beyond } from './beyond.ts';
import { type ChaosWorld, TARGET } from './world.ts';

const execute = promisify(execFile);

/** What a world looked like from outside when its run had ended. Only `state` is the bot's own word. */
export type Evidence = {
  state: string;
  /** Why it stopped, when it did. */
  reason: string | null;
  /** What is not as it should be in the simulated cluster; empty: it is at the target. */
  notAtTarget: string[];
  /** Each effect in the cloud's log, without what differs from world to world. */
  effects: string[];
  /** The metadata key of each message in Slack's log, as often as it was posted. */
  posted: string[];
  /** The text in which each message stands there now, by key. */
  texts: Record<string, string>;
  /** The tree of each commit on the run's branch beyond main, oldest first. */
  commits: string[];
};

export async function gather(world: ChaosWorld, run: Run | null): Promise<Evidence> {
  const slack = await lines(world.slackLog);
  const messages = slack.filter(({ kind, metadata }) => (kind === 'posted' || kind === 'edited') && metadata != null);
  return {
    state: run?.state.kind ?? 'not created',
    reason: reasonOf(run),
    notAtTarget: await notAtTarget(world),
    effects: describeEffects(
      await lines(world.effectsLog),
      world.slot.lab.config.nodeGroups?.map(({ name }) => name) ?? [],
    ),
    posted: messages.filter(({ kind }) => kind === 'posted').map(keyOf),
    texts: Object.fromEntries(messages.map((message) => [keyOf(message), withoutFigures(String(message.text))])),
    commits: await commitsOf(world),
  };
}

type Line = { [field: string]: unknown };

async function lines(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** How long it took and when it ended differ, and so they should. */
function withoutFigures(text: string): string {
  return text.replaceAll(/\d+ h(?: \d+ min)?|\d+ min/g, 'some time').replaceAll(/\d+/g, 'N');
}

function keyOf({ metadata }: Line): string {
  return String((metadata as { event_payload: { key: unknown } }).event_payload.key);
}

/**
 * Each effect in words that are the same in every world. aws-auth is one object for all groups, replaced whole: what
 * counts is which groups' nodes a change lets in or keeps out.
 */
function describeEffects(effects: Line[], groups: string[]): string[] {
  let mapped = groups;
  return effects.flatMap((line) => {
    if (!String(line.path).endsWith('/configmaps/aws-auth')) return [describeEffect(line)];
    const before = mapped;
    mapped = [...JSON.stringify(line.data).matchAll(/-nodegroup-([a-z0-9-]+)-NodeInstanceRole-/g)].map(
      ([, group]) => group ?? '',
    );
    return [
      ...beyond(mapped, before).map((group) => `aws-auth lets nodes of ${group} in`),
      ...beyond(before, mapped).map((group) => `aws-auth keeps nodes of ${group} out`),
    ];
  });
}

function describeEffect({
  effect,
  at: _at,
  updateId: _id,
  principal: _principal,
  cluster: _cluster,
  ...details
}: Line): string {
  return `${String(effect)} ${JSON.stringify(details)}`;
}

async function notAtTarget({ addresses, cluster }: ChaosWorld): Promise<string[]> {
  const { version, status, nodeGroups } = await clusterSnapshot(addresses.cloudUrl, cluster);
  const unsettled = nodeGroups.filter(
    (group) => group.version !== TARGET || group.nodes !== group.readyNodes || !/COMPLETE$/.test(group.stackStatus),
  );
  return [
    ...(version === TARGET && status === 'ACTIVE' ? [] : [`control plane ${status} at ${version}`]),
    ...(nodeGroups
      .map(({ name }) => name)
      .sort()
      .join() === 'core-b,nb-m5-large'
      ? []
      : [`groups ${nodeGroups.map(({ name }) => name).join()}`]),
    ...unsettled.map(
      (group) =>
        `group ${group.name}: ${group.stackStatus} at ${group.version}, ${group.readyNodes} of ${group.nodes} ready`,
    ),
  ];
}

async function commitsOf({ remote, cluster }: ChaosWorld): Promise<string[]> {
  const branch = `eks-upgrade/${cluster}-${TARGET}`;
  const { stdout } = await execute('git', ['-C', remote, 'log', '--reverse', '--format=%T', `main..${branch}`]).catch(
    () => ({ stdout: '' }),
  );
  return stdout.split('\n').filter(Boolean);
}

function reasonOf(run: Run | null): string | null {
  const cause = run?.stops.at(-1)?.cause;
  if (cause === undefined) return null;
  return cause.kind === 'stop-requested'
    ? 'a person pressed stop'
    : [cause.failure.message, cause.failure.detail].filter(Boolean).join('\n');
}
