import type { RunId } from '#src/domain/run.ts';
import { sections } from './blocks.ts';
import { CARD, type Message } from './message.ts';
import { code, explained, outside } from './mrkdwn.ts';

/** A run that the bot cannot read: all that is known of it is its id, its cluster, and why. */
export type UnreadableRun = { runId: RunId; cluster: string; why: string };

/** For the people who wait for the upgrade, and for those who run the bot. In the run's thread where it has one. */
export function setAsideNotice({ runId, cluster, why }: UnreadableRun, { hasCard }: { hasCard: boolean }): Message {
  const name = outside(cluster);
  const headline = `The upgrade of ${name} is set aside: the bot cannot read its run ${outside(runId)}.`;
  const state = `Nothing is being done to ${name} now, and it may be in the middle of its upgrade. No other upgrade of it can begin until an operator of the bot has looked.`;
  return {
    key: 'set-aside',
    parent: hasCard ? CARD : null,
    broadcast: hasCard,
    text: `${headline} ${state}`,
    blocks: sections([
      `*${headline}*`,
      state,
      '*What an operator can do*',
      '1. If the bot was moved back to an older version: start the newer one again. The run then goes on by itself.',
      `2. Else look at the cluster in AWS, finish by hand what is half done, and give the cluster back with ${code(`npm run ops -- release ${cluster}`)}.`,
      explained(why),
    ]),
  };
}
