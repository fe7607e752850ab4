import { Redis } from 'ioredis';
import { connectRedis } from '#src/adapters/redis.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { messageOf } from '#src/domain/errors.ts';
import { hasEnded, type Run, type RunState } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import type { Effect } from '#test/simulators/cloud/effects.ts';
import type { ClusterSnapshot } from '#test/simulators/cloud/options.ts';
import type { CloudSimulator } from '#test/simulators/cloud/start-cloud-simulator.ts';
import type { StoredMessage } from '#test/simulators/slack/messages.ts';
import type { SlackSimulator } from '#test/simulators/slack/simulator.ts';
import { describeEffect } from './describe-effect.ts';
import { PEOPLE } from './scenario-people.ts';

/** What a test sees of its world. Without a cluster's name the first one is meant. */
export type Looks = {
  /** Messages about one cluster in the order of their posting, cards and replies. */
  messages: (cluster?: string) => StoredMessage[];
  /** Text of the newest message with this key (`card`, `start`, `step:…`), as it is now; empty while it is not there. */
  text: (key: string, cluster?: string) => string;
  /** Everything that stands in the newest message with this key, its blocks included. */
  content: (key: string, cluster?: string) => string;
  /** Replies that were also sent to the channel, as `key: text`, without delays: a busy machine makes many a step late. */
  notices: (cluster?: string) => string[];
  /** Keys of messages that were posted more than once, deleted ones included. */
  doubled: () => string[];
  run: (cluster?: string) => Promise<Run>;
  /** Kinds of the run's events, oldest first. */
  events: (cluster?: string) => Promise<RunEvent[]>;
  cluster: (name?: string) => ClusterSnapshot;
  effects: (cluster?: string) => Effect[];
  /** Effects in the cloud as lines, oldest first: `control plane 1.22 → 1.23`, `create core-b`, `delete core-a`, … */
  changes: (cluster?: string) => string[];
  /** Looks now and after every change in Slack or in the cloud, until it is neither undefined nor false. */
  eventually: <T>(look: () => Promise<T | undefined | false> | T | undefined | false) => Promise<T>;
  /** Waits until the run is in this state and Slack shows all of it. Throws when it ends or stops in another one. */
  comesTo: (state: RunState['kind'], cluster?: string) => Promise<Run>;
};

type Parts = {
  slack: SlackSimulator;
  cloud: CloudSimulator;
  redisUrl: string;
  /** The first cluster of the world. */
  first: string;
  undo: (() => unknown)[];
};

/** As the fleet file has them. */
const APPROVERS = { users: [PEOPLE.maya, PEOPLE.sam], groups: [] };

/** Real milliseconds; what a test waits for may take this long on a busy machine. */
const PATIENCE_MS = 100_000;

export function createLooks({ slack, cloud, redisUrl, first, undo }: Parts): Looks {
  // Only ours knows the addresses of Sentinels.
  const redis = redisUrl.startsWith('redis+sentinel:') ? connectRedis(redisUrl, 'store') : new Redis(redisUrl);
  redis.on('error', () => undefined);
  undo.push(() => redis.disconnect());
  const store = createRedisRunStore(redis);
  const runOf = async (cluster: string): Promise<Run | null> => {
    const id = await store.latestOf(cluster);
    return id === null ? null : store.read(id);
  };
  const run = async (cluster = first): Promise<Run> => (await runOf(cluster)) ?? fail(`${cluster} has no run`);
  const messages = (cluster = first) => messagesAbout(slack, cluster);
  const found = (key: string, cluster?: string) => messages(cluster).findLast((message) => keyOf(message) === key);
  const effects = (cluster = first) => cloud.effects().filter((effect) => effect.cluster === cluster);
  const eventually = eventuallyIn({ slack, cloud });
  return {
    messages,
    text: (key, cluster) => found(key, cluster)?.text ?? '',
    content: (key, cluster) => JSON.stringify(found(key, cluster) ?? ''),
    notices: (cluster) =>
      messages(cluster)
        .filter((message) => message.broadcast && !keyOf(message).startsWith('delay:'))
        .map((message) => `${keyOf(message)}: ${message.text}`),
    doubled: () => doubledIn(slack),
    run,
    events: async (cluster) => store.events((await run(cluster)).id),
    cluster: (name = first) => cloud.snapshot(name),
    effects,
    changes: (cluster) => effects(cluster).flatMap((effect) => describeEffect(effect) ?? []),
    eventually,
    comesTo: async (state, cluster = first) => {
      const since = cloud.now();
      let last: Run | null = null;
      const look = async (): Promise<Run | false> => {
        last = await runOf(cluster);
        if (last === null) return false;
        if (last.state.kind === state) return isShown(messages(cluster), last) && last;
        if (isLost(last, since)) throw new Error(`run ${last.id} came to another end than ${state}`);
        return false;
      };
      return eventually(look).catch((error: unknown) => fail(`${messageOf(error)}\n${describe(last)}`));
    },
  };
}

function fail(message: string): never {
  throw new Error(message);
}

function keyOf({ metadata }: StoredMessage): string {
  return String(metadata?.event_payload['key']);
}

function messagesAbout(slack: SlackSimulator, cluster: string): StoredMessage[] {
  return slack
    .messages('maintenance-notices')
    .filter(({ threadTs }) => threadTs === null)
    .flatMap(({ ts }) => slack.thread(ts))
    .filter(({ metadata }) => String(metadata?.event_payload['run']).startsWith(`${cluster}-`));
}

/** Everything the run says of itself stands there, in these words. */
function isShown(messages: StoredMessage[], run: Run): boolean {
  const ofRun = messages.filter(({ metadata }) => metadata?.event_payload['run'] === run.id);
  const shown = new Map(ofRun.map((message) => [keyOf(message), message.text]));
  return messagesOf(run, { approvers: APPROVERS }).every(({ key, text }) => shown.get(key) === text);
}

/** It will not get anywhere else by itself. */
function isLost(run: Run, since: number): boolean {
  const stop = run.stops.at(-1);
  return hasEnded(run) || (run.state.kind === 'stopped' && stop !== undefined && stop.at > since);
}

function describe(run: Run | null): string {
  if (run === null) return 'there is no run';
  const cause = run.stops.at(-1)?.cause;
  return JSON.stringify({ state: run.state, steps: run.steps, stop: cause, command: run.command }, null, 2);
}

function doubledIn(slack: SlackSimulator): string[] {
  const posted = slack.log().filter(({ kind }) => kind === 'posted') as unknown as StoredMessage[];
  const keys = posted.map(
    ({ metadata }) => `${String(metadata?.event_payload['run'])} ${String(metadata?.event_payload['key'])}`,
  );
  return keys.filter((key, i) => keys.indexOf(key) !== i);
}

/** Never by the clock: whatever a run does shows in Slack or in the cloud. */
function eventuallyIn({ slack, cloud }: Pick<Parts, 'slack' | 'cloud'>): Looks['eventually'] {
  return async (look) => {
    let wake = (): void => undefined;
    let changed = false;
    const onChange = (): void => {
      changed = true;
      wake();
    };
    const stops = [slack.onChange(onChange), cloud.onEffect(onChange)];
    const timer = setTimeout(onChange, PATIENCE_MS);
    const until = Date.now() + PATIENCE_MS;
    try {
      for (;;) {
        changed = false;
        const result = await look();
        if (result !== undefined && result !== false) return result;
        if (Date.now() >= until) throw new Error(`not seen within ${PATIENCE_MS / 1000} s`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed) resolve();
        });
      }
    } finally {
      clearTimeout(timer);
      for (const stop of stops) stop();
    }
  };
}
