import type { People } from '#src/domain/fleet.ts';
import type { UserId } from '#src/domain/run.ts';
import type { SlackPeople } from '#src/ports/slack.ts';

/** Membership now, asked at the click: groups change, and what was true at the request may not be any more. */
export async function isOneOf(slackPeople: SlackPeople, people: People, user: UserId): Promise<boolean> {
  if (people.users.includes(user)) return true;
  for (const group of people.groups) {
    if ((await slackPeople.groupMembers(group)).includes(user)) return true;
  }
  return false;
}

/** Somebody with a shell on the bot's machine, through `npm run ops`: they could stop the process as well. */
export function isOperator(user: UserId): boolean {
  return user.startsWith('shell:');
}
