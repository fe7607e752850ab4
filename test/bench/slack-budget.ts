import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventsKey } from '#src/adapters/redis-run-store.ts';
import type { LogEntry } from '#test/simulators/slack/effect-log.ts';
import { managedCluster } from './clusters.ts';
import { drawDurations } from './draw-durations.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { type Posted, people, posted } from './people.ts';
import { largest, median, rounded } from './statistics.ts';
import { startBenchWorld } from './world.ts';

const TO = '1.34';
const MINUTES = 10;

/** Runs started evenly over ten minutes, each approved at once and followed to its end, in a Slack that enforces its rates. */
export async function measureSlackBudget({ seed, quick, say }: BenchSettings): Promise<Figures['slackBudget']> {
  const speed = quick ? 20 : 5;
  const names = Array.from({ length: quick ? 8 : 50 }, (_, index) => `harbor-${index}`);
  const clusters = names.map((name) => managedCluster({ name, from: '1.33' }));
  const world = await startBenchWorld({ speed, rateLimits: true, durations: drawDurations(seed), clusters });
  const redis = new Redis(world.redis.url);
  try {
    await Promise.all([world.startWorker(), world.startBot()]);
    const { askFor, approve, untilPosted, log } = people(world);
    const gapMs = (MINUTES * 60_000) / names.length / speed;
    say(`${names.length} runs in ${MINUTES} minutes at speed ${speed}: about ${Math.ceil(40 / speed)} minutes`);
    const runs = await Promise.all(
      names.map(async (cluster, index) => {
        await sleep(index * gapMs);
        await approve(await askFor(cluster, TO));
        return (await untilPosted(cluster, 'finish', 60 * 60_000)).run;
      }),
    );
    const committed = (await Promise.all(runs.map((run) => noticesCommitted(redis, run)))).flat();
    const records: SlackRecords = { speed, committed, posted: posted(log()), refused: refusedForRate(log()) };
    const late = latenessOf(records);
    say(
      `${records.posted.length} posts, ${late.length} notices, median ${rounded(median(late), 1)} s late, refused for the rate: ${records.refused}`,
    );
    return slackBudgetOf(records);
  } finally {
    redis.disconnect();
    await world.stop();
  }
}

type Committed = { run: string; key: string; at: number };

export type SlackRecords = {
  speed: number;
  /** When Redis took the event that a notice tells of; real epoch milliseconds, by the clock of Redis. */
  committed: Committed[];
  posted: Pick<Posted, 'run' | 'key' | 'at'>[];
  /** Calls that the simulated Slack answered with 429. */
  refused: number;
};

export function slackBudgetOf(records: SlackRecords): Figures['slackBudget'] {
  return { noticeLateMaxS: rounded(largest(latenessOf(records)), 1), overRate: records.refused };
}

/** Run time seconds from what happened to the notice in Slack; one that is not there is late for ever. */
function latenessOf({ speed, committed, posted: messages }: SlackRecords): number[] {
  return committed.map(({ run, key, at }) => {
    const message = messages.find((one) => one.run === run && one.key === key);
    return message === undefined ? Number.POSITIVE_INFINITY : ((message.at - at) * speed) / 1000;
  });
}

const NOTICE_OF: Record<string, string> = { started: 'start', succeeded: 'finish', 'succeeded-uncommitted': 'finish' };

async function noticesCommitted(redis: Redis, run: string): Promise<Committed[]> {
  const rows = await redis.xrange(eventsKey(run), '-', '+');
  return rows.flatMap(([id, fields]) => {
    const { kind } = JSON.parse(fields[1] ?? '{}') as { kind?: string };
    const key = NOTICE_OF[kind ?? ''];
    return key === undefined ? [] : [{ run, key, at: Number(id.split('-')[0]) }];
  });
}

function refusedForRate(log: readonly LogEntry[]): number {
  return log.filter((entry) => entry.kind === 'api-call' && JSON.stringify(entry).includes('ratelimited')).length;
}
