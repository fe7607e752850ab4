import { selfManagedCluster } from './clusters.ts';
import { drawDurations } from './draw-durations.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { cloudEffects, cloudWork, eksctlWork, tellWork } from './outside-work.ts';
import { people } from './people.ts';
import { doByHand } from './runbook.ts';
import { type Interval, rounded } from './statistics.ts';
import { startBenchWorld } from './world.ts';

const TO = '1.23';

/**
 * Two equal clusters with one core group and eight others in the same simulated cloud, at the same time: the bot upgrades
 * one, a script the other, so that what the machine does besides slows down both.
 */
export async function measureVersusRunbook({ seed, quick, say }: BenchSettings): Promise<Figures['versusRunbook']> {
  const speed = quick ? 60 : 5;
  const clusters = ['by-bot', 'by-hand'].map((name) => selfManagedCluster({ name, from: '1.22', others: 8 }));
  const durations = drawDurations(seed);
  const world = await startBenchWorld({ speed, durations, clusters });
  try {
    await Promise.all([world.startWorker(), world.startBot()]);
    const { askFor, approve, untilPosted } = people(world);
    const card = await askFor('by-bot', TO);
    say(`upgrading one by the bot and one by hand at speed ${speed}: about ${Math.ceil(35 / speed)} minutes`);
    const byBot = approve(card).then(async ({ simulatedAt: from }): Promise<Interval> => {
      return { from, to: (await untilPosted('by-bot', 'finish', 60 * 60_000)).simulatedAt };
    });
    const config = clusters[1];
    if (config === undefined) throw new Error('there is no cluster to upgrade by hand');
    const [bot, hand] = await Promise.all([byBot, doByHand(world, { config, to: TO })]);
    const commands = await eksctlWork(world);
    const work = cloudWork(await cloudEffects(world, 'by-bot'), durations, { daemonSet: 2, deployment: 2 });
    tellWork(say, bot, [...work, ...commands.filter(({ what }) => !what.includes('by-hand'))]);
    tellWork(
      say,
      hand,
      commands.filter(({ what }) => what.includes('by-hand')),
    );
    say(`bot ${seconds(bot)} s, by hand ${seconds(hand)} s`);
    return versusRunbookOf({ bot, hand });
  } finally {
    await world.stop();
  }
}

/** Bot: click on Approve to finish notice. By hand: first command to the end of the last. */
export function versusRunbookOf({ bot, hand }: { bot: Interval; hand: Interval }): Figures['versusRunbook'] {
  return { ratio: rounded((bot.to - bot.from) / (hand.to - hand.from)) };
}

function seconds({ from, to }: Interval): number {
  return Math.round((to - from) / 1000);
}
