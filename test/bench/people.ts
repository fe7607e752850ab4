import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDriver, type Driver, PEOPLE } from '#test/simulators/demo/driver.ts';
import type { LogEntry } from '#test/simulators/slack/effect-log.ts';
import type { BenchWorld } from './world.ts';

/** Real milliseconds for one thing to be seen. */
const PATIENCE_MS = 60_000;

/** A message as the simulated Slack's log has it. */
export type Posted = { at: number; simulatedAt: number; ts: string; key: string; run: string };

/** What people do and see; what they see is read from the simulated Slack, not from the bot. */
export type People = {
  driver: Driver;
  /** Types the command; resolves with the card's ts once it offers a decision. */
  askFor: (cluster: string, to: string) => Promise<string>;
  /** Presses Approve; resolves with when it was pressed. */
  approve: (cardTs: string) => Promise<{ at: number; simulatedAt: number }>;
  /** Resolves when Slack shows this message about the cluster; throws after `patienceMs` (real) or when the run stopped. */
  untilPosted: (cluster: string, key: string, patienceMs?: number) => Promise<Posted>;
  log: () => LogEntry[];
};

export function people(world: BenchWorld): People {
  const driver = createDriver(world.slack.url);
  const log = followLog(world.slackLog);
  const untilPosted: People['untilPosted'] = async (cluster, key, patienceMs = PATIENCE_MS) => {
    const ofCluster = async () => posted(log()).filter(({ run }) => run.startsWith(`${cluster}-`));
    return eventually(`${key} of ${cluster} in Slack`, patienceMs, async () => {
      const seen = await ofCluster();
      if (key !== 'failure:1' && seen.some((one) => one.key === 'failure:1'))
        throw new Error(`the upgrade of ${cluster} failed: see the bench's world`);
      return seen.find((one) => one.key === key);
    });
  };
  return {
    driver,
    log,
    untilPosted,
    askFor: async (cluster, to) => {
      await driver.slash(PEOPLE.maya, `/eks-upgrade ${cluster} ${to}`);
      const { ts } = await untilPosted(cluster, 'card');
      await eventually(`Approve on the card of ${cluster}`, PATIENCE_MS, async () => {
        const card = (await driver.thread(ts))[0];
        return JSON.stringify(card?.blocks ?? []).includes('"action_id":"approve_run"') || undefined;
      });
      return ts;
    },
    approve: async (cardTs) => {
      const at = Date.now();
      await driver.click(PEOPLE.sam, { messageTs: cardTs, actionId: 'approve_run' });
      return { at, simulatedAt: simulatedAt(world, at) };
    },
  };
}

/** All entries of the simulator's log so far; only what is new is read again. */
function followLog(path: string): () => LogEntry[] {
  const entries: LogEntry[] = [];
  let done = 0;
  return () => {
    const file = openSync(path, 'r');
    try {
      const fresh = Buffer.alloc(fstatSync(file).size - done);
      readSync(file, fresh, 0, fresh.length, done);
      const end = fresh.lastIndexOf('\n') + 1;
      for (const line of fresh.toString('utf8', 0, end).split('\n'))
        if (line !== '') entries.push(JSON.parse(line) as LogEntry);
      done += end;
    } finally {
      closeSync(file);
    }
    return entries;
  };
}

/** The messages that the bot posted, in their order. */
export function posted(log: readonly LogEntry[]): Posted[] {
  return log.flatMap((entry) => {
    if (entry.kind !== 'posted') return [];
    const message = (entry['message'] ?? entry) as {
      ts?: string;
      metadata?: { event_payload?: { key?: string; run?: string } } | null;
    };
    const { key, run } = message.metadata?.event_payload ?? {};
    if (message.ts === undefined || key === undefined || run === undefined) return [];
    return [{ at: Date.parse(entry.at), simulatedAt: entry.simulatedAt, ts: message.ts, key, run }];
  });
}

export function simulatedAt({ clock }: Pick<BenchWorld, 'clock'>, real: number): number {
  return clock.origin + (real - clock.realOrigin) * clock.speed;
}

/** Looks until it is there. Throws what was waited for when it does not come. */
export async function eventually<T>(what: string, patienceMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`waited ${Math.round(patienceMs / 1000)} s in vain for ${what}`);
    await sleep(100);
  }
}
