import { selfManagedCluster } from './clusters.ts';
import { drawDurations } from './draw-durations.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { cloudEffects, cloudWork, eksctlWork, type OutsideWork, tellWork } from './outside-work.ts';
import { people, simulatedAt } from './people.ts';
import { covered, type Interval, largest, rounded } from './statistics.ts';
import { startBenchWorld } from './world.ts';

const CLUSTER = 'coast';

/** A self-managed cluster, two hops and one rotation, at speed 10. */
export async function measureOverhead({ seed, quick, say }: BenchSettings): Promise<Figures['overhead']> {
  const durations = drawDurations(seed);
  const speed = quick ? 60 : 10;
  const world = await startBenchWorld({
    speed,
    durations,
    clusters: [selfManagedCluster({ name: CLUSTER, from: '1.22', others: 6 })],
  });
  try {
    const [worker] = await Promise.all([world.startWorker(), world.startBot()]);
    const { askFor, approve, untilPosted } = people(world);
    const card = await askFor(CLUSTER, '1.24');
    say(`upgrading ${CLUSTER} from 1.22 to 1.24 at speed ${speed}: about ${Math.ceil(55 / speed)} minutes`);
    const { simulatedAt: from } = await approve(card);
    const { simulatedAt: to } = await untilPosted(CLUSTER, 'finish', 30 * 60_000);
    const effects = await cloudEffects(world, CLUSTER);
    const work = [...cloudWork(effects, durations, { daemonSet: 2, deployment: 2 }), ...(await eksctlWork(world))];
    const calls = worker.aws.calls.filter(({ caller }) => caller === 'bot').map(({ at }) => simulatedAt(world, at));
    tellWork(say, { from, to }, work);
    return overheadOf({ upgrade: { from, to }, work, calls });
  } finally {
    await world.stop();
  }
}

export type OverheadRecords = {
  /** Click on Approve to finish notice. */
  upgrade: Interval;
  work: OutsideWork[];
  /** When the bot called AWS. All simulated epoch milliseconds. */
  calls: number[];
};

export function overheadOf({ upgrade, work, calls }: OverheadRecords): Figures['overhead'] {
  const hops = work.filter(({ kind }) => kind === 'control-plane');
  return {
    ratio: rounded((upgrade.to - upgrade.from) / covered(work, upgrade)),
    callsPerHop: largest(hops.map((hop) => callsOf(hop, { upgrade, work, calls }))),
  };
}

/** From the end of whatever the outside worked on before the hop (or the click) until it works on something after it. */
function callsOf(hop: OutsideWork, { upgrade, work, calls }: OverheadRecords): number {
  const others = work.filter(({ kind }) => kind !== 'control-plane' && kind !== 'unauthorized');
  const from = Math.max(upgrade.from, ...others.map(({ to }) => to).filter((to) => to <= hop.from));
  const to = Math.min(upgrade.to, ...others.map((other) => other.from).filter((begin) => begin >= hop.to));
  return calls.filter((at) => at >= from && at <= to).length;
}
