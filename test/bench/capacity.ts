import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RUN_STORE_KEYS } from '#src/adapters/redis-run-store.ts';
import { managedCluster } from './clusters.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { type Usage, usageOf } from './process-usage.ts';
import type { AwsCall } from './recording-proxy.ts';
import { seedRuns } from './seed-runs.ts';
import { largest, median, percentile, rounded } from './statistics.ts';
import { startBenchWorld } from './world.ts';

const MINUTE = 60_000;

/**
 * Runs in every minute of the ten that a control plane takes (and beyond: those are looked at most often), on one worker
 * at speed 1. A run's look is late by as much as its call to AWS comes after the moment that Redis has for it.
 */
export async function measureCapacity({ quick, runs: asked, say }: BenchSettings): Promise<Figures['capacity']> {
  const runs = asked ?? (quick ? 100 : 1000);
  const clusters = Array.from({ length: runs }, (_, index) =>
    managedCluster({ name: `harbor-${index}`, from: '1.33' }),
  );
  const world = await startBenchWorld({ speed: 1, clusters, durations: { controlPlaneUpdate: 24 * 60 * MINUTE } });
  const redis = new Redis(world.redis.url);
  try {
    say(`seeding ${runs} runs that wait for a control plane`);
    await seedRuns(world, {
      to: '1.34',
      waitedMs: (index) => ((index % 100) / 100) * 10 * MINUTE,
      nextLookMs: (index) => (quick ? 5000 : 20_000) + (((index * 7919) % runs) / runs) * (quick ? 10_000 : MINUTE),
    });
    const worker = await world.startWorker();
    const settleMs = quick ? 20_000 : 90_000;
    const measureMs = quick ? 20_000 : 60_000;
    say(`letting the worker settle for ${settleMs / 1000} s, then measuring for ${measureMs / 1000} s`);
    await sleep(settleMs);
    const records: CapacityRecords = { runs, from: Date.now(), to: 0, usage: [], due: [], calls: worker.aws.calls };
    while (Date.now() < records.from + measureMs) {
      records.usage.push(await usageOf(worker.child.pid ?? 0));
      records.due.push(...(await dueNow(redis)));
      await sleep(1000);
    }
    records.to = Date.now();
    const late = latenessOf(records);
    say(
      `${late.length} looks, ${rounded(late.length / ((records.to - records.from) / 1000), 1)} a second, median ${median(late)} ms late, at most ${largest(late)} ms`,
    );
    return capacityOf(records);
  } finally {
    redis.disconnect();
    await world.stop();
  }
}

/** When which cluster is to be looked at, as Redis has it: `<cluster>-<uuid>` and, at speed 1, real epoch milliseconds. */
async function dueNow(redis: Redis): Promise<Due[]> {
  const rows = await redis.zrange(RUN_STORE_KEYS.due, '0', '-1', 'WITHSCORES');
  return Array.from({ length: rows.length / 2 }, (_, index) => {
    return { cluster: (rows[2 * index] ?? '').slice(0, -37), at: Number(rows[2 * index + 1]) };
  });
}

type Due = { cluster: string; at: number };

export type CapacityRecords = {
  runs: number;
  from: number;
  to: number;
  usage: Usage[];
  /** May hold the same moment more than once: it is asked for each second. */
  due: Due[];
  calls: Pick<AwsCall, 'at' | 'cluster'>[];
};

export function capacityOf(records: CapacityRecords): Figures['capacity'] {
  const { runs, usage } = records;
  const [first, last] = [usage[0], usage.at(-1)];
  const cpu =
    first === undefined || last === undefined ? Number.NaN : (last.cpuMs - first.cpuMs) / (last.at - first.at);
  return {
    runs,
    cpuPercent: rounded(100 * cpu, 1),
    rssMb: Math.round(largest(usage.map(({ rssMb }) => rssMb))),
    lateP99Ms: percentile(latenessOf(records), 0.99),
  };
}

/** Timers may fire a millisecond early, and two processes read the clock one after the other. */
const EARLY_MS = 20;

/** For each moment due in the time measured, how long until AWS was asked about the cluster; at the end still open: at least until then. */
function latenessOf({ from, to, due, calls }: CapacityRecords): number[] {
  const callsOf = Map.groupBy(calls, ({ cluster }) => cluster);
  const moments = new Map(due.map((one) => [`${one.cluster} ${one.at}`, one]));
  return [...moments.values()]
    .filter(({ at }) => at >= from && at < to)
    .map(({ cluster, at }) => {
      const look = (callsOf.get(cluster) ?? []).find((call) => call.at >= at - EARLY_MS);
      return Math.max(0, (look?.at ?? to) - at);
    });
}
