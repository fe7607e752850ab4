import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PEOPLE } from '#test/simulators/demo/driver.ts';
import { startProcess } from '#test/simulators/demo/processes.ts';
import { MAINTENANCE } from '#test/simulators/demo/world.ts';
import type { DeliveryOutcome } from '#test/simulators/slack/delivery.ts';
import type { SlackAddresses } from '#test/simulators/slack/simulator.ts';
import { managedCluster } from './clusters.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { seedRuns } from './seed-runs.ts';
import { largest, median, percentile, rounded } from './statistics.ts';
import { startBenchWorld, startSlack } from './world.ts';

const PER_SECOND = 100;
/** What Slack waits for an ack; one that never came took at least as long. */
const LIMIT_MS = 3000;
/** Bare and bot in turns, so that both meet the same machine. */
const TURNS = 3;

/** Commands about clusters with a run in progress, at speed 1; in turns to the bot and to a bare app in a Slack of its own. */
export async function measureAck({ quick, say }: BenchSettings): Promise<Figures['ack']> {
  const runs = quick ? 20 : 200;
  const turnMs = quick ? 2000 : 10_000;
  const clusters = Array.from({ length: runs }, (_, index) =>
    managedCluster({ name: `harbor-${index}`, from: '1.33' }),
  );
  const world = await startBenchWorld({ speed: 1, clusters, durations: { controlPlaneUpdate: 86_400_000 } });
  const bare = await startBareApp();
  try {
    say(`seeding ${runs} runs that wait for a control plane`);
    await seedRuns(world, {
      to: '1.34',
      waitedMs: (index) => (index / runs) * 600_000,
      nextLookMs: (index) => (index / runs) * 60_000,
    });
    await Promise.all([world.startBot(), world.startWorker()]);
    say(`${PER_SECOND} commands a second, ${TURNS} turns of ${turnMs / 1000} s each`);
    const records: AckRecords = { bot: [], bare: [] };
    const command = (index: number): string => {
      const cluster = `harbor-${(index * 7) % runs}`;
      return index % 2 === 0 ? `/eks-upgrade ${cluster} 1.34` : `/eks-upgrade status ${cluster}`;
    };
    for (let turn = 0; turn < TURNS; turn += 1) {
      records.bare.push(...(await type({ url: bare.url, command, turnMs })));
      await sleep(2000);
      records.bot.push(...(await type({ url: world.slack.url, command, turnMs })));
      await sleep(2000);
    }
    say(
      `medians: bot ${rounded(median(records.bot), 1)} ms, bare ${rounded(median(records.bare), 1)} ms, of ${records.bot.length} and ${records.bare.length} commands`,
    );
    return ackOf(records);
  } finally {
    await bare.stop();
    await world.stop();
  }
}

/** Real milliseconds from sending to ack, as the simulated Slack measured them. */
export type AckRecords = { bot: number[]; bare: number[] };

export function ackOf({ bot, bare }: AckRecords): Figures['ack'] {
  return {
    p99Ms: rounded(percentile(bot, 0.99), 1),
    bareP99Ms: rounded(percentile(bare, 0.99), 1),
    maxMs: rounded(largest(bot), 1),
  };
}

type Typing = { url: string; command: (index: number) => string; turnMs: number };

/** Types at a steady pace, whether or not the last command has been acked. */
async function type({ url, command, turnMs }: Typing): Promise<number[]> {
  const began = performance.now();
  const acks: Promise<number>[] = [];
  for (let index = 0; index < (turnMs / 1000) * PER_SECOND; index += 1) {
    await sleep(Math.max(0, began + (index * 1000) / PER_SECOND - performance.now()));
    acks.push(typeOne(url, command(index)));
  }
  return Promise.all(acks);
}

async function typeOne(url: string, text: string): Promise<number> {
  const body = JSON.stringify({ user: PEOPLE.maya, channel: MAINTENANCE.name, text });
  const answer = await fetch(`${url}/_sim/slash`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const outcome = (await answer.json()) as DeliveryOutcome;
  return outcome.kind === 'acked' ? outcome.ackMs : LIMIT_MS;
}

async function startBareApp(): Promise<{ url: string; stop: () => Promise<void> }> {
  const slack = await startSlack({ manifestPath: join(import.meta.dirname, '../../manifest.yml') }, 2);
  const addresses = JSON.parse(slack.firstLine) as SlackAddresses;
  const { url, apiUrl, botToken, appToken } = addresses;
  const env = {
    PATH: process.env['PATH'],
    SLACK_BOT_TOKEN: botToken,
    SLACK_APP_TOKEN: appToken,
    SLACK_API_URL: apiUrl,
  };
  const app = await startProcess({
    name: 'the bare app',
    script: join(import.meta.dirname, 'bare-app.ts'),
    env,
    stderr: 'inherit',
  });
  return {
    url,
    stop: async () => {
      await app.stop();
      await slack.stop();
    },
  };
}
