import type { WebClient } from '@slack/web-api';
import { UserError } from '#src/domain/errors.ts';
import { fromSlackError } from './slack-errors.ts';

export type BotIdentity = { botId: string; botUserId: string };

/** Asks Slack whose token this is. Throws UserError for one that it refuses, that is of another workspace, or no bot's. */
export async function identifyBot(client: WebClient, expected: { teamId: string }): Promise<BotIdentity> {
  const answer = await client.auth.test().catch((error: unknown) => {
    throw fromSlackError(error, 'auth.test');
  });
  const { team_id: team, enterprise_id: enterprise, bot_id: botId, user_id: botUserId } = answer;
  if (team !== expected.teamId && enterprise !== expected.teamId) {
    throw new UserError(
      'WrongWorkspace',
      `the bot token belongs to the workspace ${team} (${answer.team}), but the fleet file says teamId ${expected.teamId}: correct one of them`,
    );
  }
  if (botId === undefined || botUserId === undefined) {
    throw new UserError('NotABotToken', 'SLACK_BOT_TOKEN is no bot token: use the one that begins with xoxb-');
  }
  return { botId, botUserId };
}
