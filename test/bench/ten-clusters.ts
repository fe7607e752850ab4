import { selfManagedCluster } from './clusters.ts';
import { drawDurations } from './draw-durations.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { people } from './people.ts';
import { type Interval, rounded } from './statistics.ts';
import { startBenchWorld } from './world.ts';

const TO = '1.23';

/** Eleven equal clusters: one upgraded alone, then ten at once. */
export async function measureTenClusters({ seed, quick, say }: BenchSettings): Promise<Figures['tenClusters']> {
  const speed = quick ? 20 : 6;
  const names = ['alone', ...Array.from({ length: 10 }, (_, index) => `ten-${index}`)];
  const clusters = names.map((name) => selfManagedCluster({ name, from: '1.22', others: 2 }));
  const world = await startBenchWorld({ speed, durations: drawDurations(seed), clusters });
  try {
    await Promise.all([world.startWorker(), world.startBot()]);
    const { askFor, approve, untilPosted } = people(world);
    const upgrade = async (cluster: string): Promise<Interval> => {
      const { simulatedAt: from } = await approve(await askFor(cluster, TO));
      return { from, to: (await untilPosted(cluster, 'finish', 60 * 60_000)).simulatedAt };
    };
    say(`upgrading one alone, then ten at once, at speed ${speed}: about ${Math.ceil(70 / speed)} minutes`);
    const alone = await upgrade('alone');
    say(`alone: ${Math.round((alone.to - alone.from) / 1000)} s`);
    const together = await Promise.all(names.slice(1).map(upgrade));
    return tenClustersOf({ alone, together });
  } finally {
    await world.stop();
  }
}

/** First click to last finish notice of those at once, over as many times the one that ran alone. */
export function tenClustersOf({ alone, together }: { alone: Interval; together: Interval[] }): Figures['tenClusters'] {
  const first = Math.min(...together.map(({ from }) => from));
  const last = Math.max(...together.map(({ to }) => to));
  return { ratio: rounded((last - first) / (together.length * (alone.to - alone.from))) };
}
