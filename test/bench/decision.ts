import { setTimeout as sleep } from 'node:timers/promises';
import { managedCluster } from './clusters.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { people } from './people.ts';
import type { AwsCall } from './recording-proxy.ts';
import { largest, median, percentile, rounded } from './statistics.ts';
import { startBenchWorld } from './world.ts';

/**
 * Run time is fast, so that a hundred cards are soon there, but not so fast that the runs approved before look at AWS as
 * a thousand would; what is measured is real time.
 */
const SPEED = 10;
const GAP_MS = 1000;
/** How long the last clicks get. */
const LAST_MS = 10_000;

/** Cards of many clusters, approved one after the other: how long until AWS hears about the cluster. */
export async function measureDecision({ quick, say }: BenchSettings): Promise<Figures['decision']> {
  const names = Array.from({ length: quick ? 10 : 100 }, (_, index) => `harbor-${index}`);
  const clusters = names.map((name) => managedCluster({ name, from: '1.33' }));
  // A control plane that takes a day: the runs that were approved before wait, as most runs do.
  const world = await startBenchWorld({ speed: SPEED, clusters, durations: { controlPlaneUpdate: 86_400_000 } });
  try {
    const [worker] = await Promise.all([world.startWorker(), world.startBot()]);
    const { askFor, approve } = people(world);
    say(`asking for ${names.length} upgrades, then approving one each ${GAP_MS} ms`);
    const cards: { cluster: string; card: string }[] = [];
    for (const cluster of names) cards.push({ cluster, card: await askFor(cluster, '1.34') });
    const clicks: Click[] = [];
    for (const { cluster, card } of cards) {
      clicks.push({ cluster, at: (await approve(card)).at });
      await sleep(GAP_MS);
    }
    await sleep(LAST_MS);
    const waits = waitsOf({ clicks, calls: worker.aws.calls });
    say(`median ${median(waits)} ms, longest ${largest(waits)} ms`);
    return decisionOf({ clicks, calls: worker.aws.calls });
  } finally {
    await world.stop();
  }
}

type Click = { cluster: string; at: number };
export type DecisionRecords = { clicks: Click[]; calls: Pick<AwsCall, 'at' | 'cluster'>[] };

/** Real milliseconds from each click to the first call that names its cluster; a click that none follows took for ever. */
function waitsOf({ clicks, calls }: DecisionRecords): number[] {
  return clicks.map((click) => {
    const first = calls.find((call) => call.cluster === click.cluster && call.at >= click.at);
    return first === undefined ? Number.POSITIVE_INFINITY : first.at - click.at;
  });
}

export function decisionOf(records: DecisionRecords): Figures['decision'] {
  return { p99Ms: rounded(percentile(waitsOf(records), 0.99), 1) };
}
