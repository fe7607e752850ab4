import type { JsonObject } from '../messages.ts';
import { RATES } from '../rate-limits.ts';
import { SlackError } from '../slack-error.ts';
import { type Method, type MethodContext, required } from './method.ts';

export const peopleMethods: Record<string, Method> = {
  'auth.test': { scope: null, token: 'bot', rate: RATES.authTest, run: authTest },
  'apps.connections.open': { scope: 'connections:write', token: 'app', rate: RATES.connections, run: openConnection },
  'users.info': { scope: 'users:read', token: 'bot', rate: RATES.tier4, run: userInfo },
  'usergroups.list': { scope: 'usergroups:read', token: 'bot', rate: RATES.tier2, run: groups },
  'usergroups.users.list': { scope: 'usergroups:read', token: 'bot', rate: RATES.tier2, run: groupMembers },
};

function authTest({ workspace: { bot, settings } }: MethodContext): JsonObject {
  return {
    url: `https://${settings.teamDomain}.slack.com/`,
    team: settings.teamName,
    user: settings.botName.toLowerCase().replaceAll(' ', '_'),
    team_id: settings.teamId,
    user_id: bot.userId,
    bot_id: bot.botId,
    is_enterprise_install: false,
  };
}

/** An app with Socket Mode off is refused, as Slack does. */
function openConnection({ workspace, openSocketUrl }: MethodContext): JsonObject {
  if (workspace.settings.mode.kind !== 'socket') throw new SlackError('forbidden_team');
  return { url: openSocketUrl() };
}

function userInfo({ workspace, args }: MethodContext): JsonObject {
  const { bot, settings } = workspace;
  const id = required(args, 'user');
  const user = id === bot.userId ? { id, name: 'bot', realName: settings.botName } : workspace.user(id);
  if (user === undefined) throw new SlackError('user_not_found');
  return {
    user: {
      id: user.id,
      team_id: settings.teamId,
      name: user.name,
      real_name: user.realName,
      deleted: false,
      is_bot: id === bot.userId,
      tz: 'UTC',
      profile: { real_name: user.realName, display_name: user.name, team: settings.teamId },
    },
  };
}

function groups({ workspace: { settings } }: MethodContext): JsonObject {
  return {
    usergroups: settings.userGroups.map(({ id, handle, name, users }) => ({
      id,
      team_id: settings.teamId,
      is_usergroup: true,
      name,
      handle,
      is_external: false,
      date_delete: 0,
      user_count: users.length,
    })),
  };
}

function groupMembers({ workspace: { settings }, args }: MethodContext): JsonObject {
  const id = required(args, 'usergroup');
  const group = settings.userGroups.find((one) => one.id === id);
  if (group === undefined) throw new SlackError('no_such_subteam');
  return { users: group.users };
}
