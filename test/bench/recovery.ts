import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { managedCluster } from './clusters.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { eventually } from './people.ts';
import { seedRuns } from './seed-runs.ts';
import { largest, median, rounded } from './statistics.ts';
import { type BotProcess, startBenchWorld } from './world.ts';

const MINUTE = 60_000;
const LIMIT_MS = 90_000;

/**
 * Two workers with the leases of production. One is killed with -9 in the middle of an action of a run (its question to
 * AWS is on the way): how long until the other asks AWS about that run's cluster. Run time is fast, so that a run is soon
 * in somebody's hand; leases are real time.
 */
export async function measureRecovery({ quick, say }: BenchSettings): Promise<Figures['recovery']> {
  const names = ['harbor-0', 'harbor-1', 'harbor-2', 'harbor-3'];
  const clusters = names.map((name) => managedCluster({ name, from: '1.33' }));
  const world = await startBenchWorld({
    speed: 60,
    clusters,
    durations: { controlPlaneUpdate: 90 * 24 * 60 * MINUTE },
  });
  try {
    await seedRuns(world, { to: '1.34', waitedMs: () => 20 * MINUTE, nextLookMs: () => 0 });
    const kills = quick ? 2 : 15;
    say(`${kills} kills, about ${Math.ceil((kills * 25) / 60)} minutes`);
    const seconds: number[] = [];
    let [victim, other] = await Promise.all([world.startWorker(), world.startWorker()]);
    for (let kill = 0; kill < kills; kill += 1) {
      // The other one's look for stalled tickets comes round every few seconds: kills must not keep step with it.
      await sleep((kill * 3700) % 10_000);
      seconds.push(rounded((await killInAction({ victim, other })) / 1000, 1));
      [victim, other] = [other, await world.startWorker()];
    }
    say(`${seconds.join(', ')} s`);
    return recoveryOf(seconds);
  } finally {
    await world.stop();
  }
}

/** Seconds from each kill to the next action by another worker. */
export function recoveryOf(seconds: readonly number[]): Figures['recovery'] {
  return { p50S: median(seconds), maxS: largest(seconds) };
}

/** Real milliseconds until the run that the victim had in hand is in the other's. */
async function killInAction({ victim, other }: { victim: BotProcess; other: BotProcess }): Promise<number> {
  const exited = once(victim.child, 'exit');
  const { cluster, at } = await new Promise<{ cluster: string; at: number }>((resolve) => {
    victim.aws.intercept((call) => {
      if (call.cluster === null) return undefined;
      victim.aws.intercept(() => new Promise<void>(() => undefined));
      victim.child.kill('SIGKILL');
      resolve({ cluster: call.cluster, at: Date.now() });
      return new Promise<void>(() => undefined);
    });
  });
  await exited;
  const next = await eventually(`${cluster} in the other worker's hand`, LIMIT_MS, async () => {
    return other.aws.calls.find((call) => call.cluster === cluster && call.at > at);
  });
  return next.at - at;
}
