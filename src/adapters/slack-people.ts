import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { UserError } from '#src/domain/errors.ts';
import type { SlackPeople } from '#src/ports/slack.ts';
import { fromSlackError } from './slack-errors.ts';

/** Asked anew each time: who may decide is who is in the group at the click. Errors as in slack-errors.ts. */
export function createSlackPeople(client: WebClient): SlackPeople {
  return {
    groupMembers: async (group) => {
      try {
        const { users } = await client.usergroups.users.list({ usergroup: group });
        return users ?? [];
      } catch (error) {
        throw aboutGroups(error, group) ?? fromSlackError(error, 'usergroups.users.list');
      }
    },
  };
}

/** https://docs.slack.dev/reference/methods/usergroups.users.list#errors */
function aboutGroups(error: unknown, group: string): UserError | undefined {
  if (!(error instanceof WebAPIPlatformError)) return undefined;
  const instead = 'name people by their user ids in the fleet file instead';
  switch (error.data.error) {
    case 'no_such_subteam':
    case 'subteam_disabled':
      return new UserError(
        'SlackGroupNotFound',
        `slack has no active user group ${group}: correct the fleet file, or ${instead}`,
        { cause: error },
      );
    case 'missing_scope':
      return new UserError(
        'SlackMissingScope',
        `the members of the user group ${group} cannot be read without the scope usergroups:read: add it and install the app again, or ${instead}`,
        { cause: error },
      );
    case 'paid_teams_only':
    case 'plan_upgrade_required':
      return new UserError(
        'SlackPlanWithoutGroups',
        `this slack plan has no user groups, so ${group} cannot be read: ${instead}`,
        { cause: error },
      );
    default:
      return undefined;
  }
}
