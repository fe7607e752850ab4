import type { Run } from '#src/domain/run.ts';
import { fitLines, LIMITS } from './blocks.ts';
import { cardState } from './card-state.ts';
import { code, escapeMrkdwn, explained, outside, when } from './mrkdwn.ts';

/** Where a run's card can be seen, when that is known. */
export type CardLink = string | null;

const COMMAND = '/eks-upgrade';

/** Names what was not understood, when there was something. */
export function helpReply(notUnderstood: string | null): string {
  return [
    ...(notUnderstood === null ? [] : [`${notUnderstood} This is what I understand:`]),
    `• ${code(`${COMMAND} <cluster> <version>`)} asks for an upgrade, for example ${code(`${COMMAND} coast 1.24`)}. It is planned first, and nothing is changed before an approver has approved the plan.`,
    `• ${code(`${COMMAND} status`)} shows the upgrades that are under way, ${code(`${COMMAND} status <cluster>`)} the newest one of a cluster.`,
    `• ${code(`${COMMAND} help`)} shows this.`,
  ].join('\n');
}

export function planningReply(run: Run, channel: string, link: CardLink): string {
  const where =
    link === null ? `The card is coming up in <#${escapeMrkdwn(channel)}>.` : `${linkTo(link, 'Here is its card')}.`;
  return `The upgrade of ${escapeMrkdwn(run.cluster)} to ${run.to} is being planned. Nothing is changed before the plan is approved. ${where}`;
}

export function heldReply(holder: Run, channel: string, link: CardLink): string {
  const where = link === null ? `Its card is in <#${escapeMrkdwn(channel)}>.` : `${linkTo(link, 'See its card')}.`;
  return `There is one upgrade of a cluster at a time, and ${escapeMrkdwn(holder.cluster)} has one already. ${cardState(holder).headline} ${where}`;
}

export function statusReply(cluster: string | null, runs: readonly { run: Run; link: CardLink }[]): string {
  if (runs.length === 0) {
    return cluster === null
      ? 'No upgrade is under way.'
      : `No upgrade of ${outside(cluster, 120)} has been asked for yet.`;
  }
  const lines = runs.map(
    ({ run, link }) => `• ${cardState(run).headline}${link === null ? '' : ` ${linkTo(link, 'Card')}`}`,
  );
  return fitLines(lines, LIMITS.text).join('\n');
}

/** The bot cannot write where it should; whoever talks to it is told. */
export function troubleReply(channel: string, { since, why }: { since: number; why: string }): string {
  return `:warning: Messages have not reached <#${escapeMrkdwn(channel)}> since ${when(since)}: ${explained(why)} An upgrade under way finishes the step it has begun, and nothing new begins after ten minutes. What could not be told follows by itself.`;
}

function linkTo(address: string, label: string): string {
  return `<${address.replaceAll(/[<>|\s]/g, '')}|${label}>`;
}

/** The request was wrong or is not allowed; the message says what to do. */
export function problemReply(message: string): string {
  return explained(message);
}

export function tryAgainReply(message: string): string {
  return `That did not work just now: ${explained(message)} Please try again in a minute.`;
}

/** `reference` stands in the log beside the error. */
export function bugReply(reference: string): string {
  return `Something went wrong here, and it is a mistake of the bot, not yours. Please tell those who run it the reference ${code(reference)}: it stands in the log. A running upgrade goes on by itself; ${code(`${COMMAND} status`)} shows how it stands.`;
}

export const storageAwayReply =
  'The bot cannot reach its memory (Redis) at the moment, so nothing was read or decided. Upgrades under way wait and lose nothing. Please try again in a minute, and tell those who run the bot when it lasts.';

export const staleModalReply = 'Slack did not open the question in time. Please press the button again.';
