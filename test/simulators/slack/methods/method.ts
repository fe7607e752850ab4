import { textArgument } from '../arguments.ts';
import type { JsonObject } from '../messages.ts';
import type { SlackChannel } from '../options.ts';
import type { Rate } from '../rate-limits.ts';
import { SlackError } from '../slack-error.ts';
import type { Triggers } from '../triggers.ts';
import type { Workspace } from '../workspace.ts';

export type MethodContext = { workspace: Workspace; triggers: Triggers; args: JsonObject; openSocketUrl: () => string };

export type Method = {
  /** null: any token of the right kind will do. */
  scope: string | null;
  token: 'bot' | 'app';
  rate: Rate;
  run: (context: MethodContext) => JsonObject;
};

/** The channel in the arguments; posting methods take a name too. */
export function channelOf({ workspace, args }: MethodContext, byName = false): SlackChannel {
  const given = textArgument(args, 'channel');
  if (given === undefined) throw new SlackError(byName ? 'channel_not_found' : 'invalid_arguments', missing('channel'));
  const name = given.replace(/^#/, '');
  const found =
    workspace.channel(given) ?? (byName ? workspace.channels().find((channel) => channel.name === name) : undefined);
  if (found === undefined) throw new SlackError('channel_not_found');
  return found;
}

export function required(args: JsonObject, name: string): string {
  const value = textArgument(args, name);
  if (value === undefined) throw new SlackError('invalid_arguments', missing(name));
  return value;
}

function missing(name: string): JsonObject {
  return { response_metadata: { messages: [`[ERROR] missing required field: ${name}`] } };
}
