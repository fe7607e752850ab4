import { flagArgument, limitArgument, textArgument } from '../arguments.ts';
import type { JsonObject, StoredMessage } from '../messages.ts';
import type { SlackChannel } from '../options.ts';
import { RATES } from '../rate-limits.ts';
import { SlackError } from '../slack-error.ts';
import { wireMessage } from '../wire.ts';
import { order, type Workspace } from '../workspace.ts';
import { channelOf, type Method, type MethodContext, required } from './method.ts';

const history = { scope: 'channels:history', token: 'bot' } as const;
const read = { scope: 'channels:read', token: 'bot' } as const;

export const conversationMethods: Record<string, Method> = {
  'conversations.history': { ...history, rate: RATES.tier3, run: channelHistory },
  'conversations.replies': { ...history, rate: RATES.tier3, run: threadReplies },
  'conversations.info': {
    ...read,
    rate: RATES.tier3,
    run: (context) => ({ channel: wireChannel(context.workspace, channelOf(context)) }),
  },
  'conversations.list': { ...read, rate: RATES.tier2, run: list },
  'conversations.join': { scope: 'channels:join', token: 'bot', rate: RATES.tier3, run: join },
};

/** Newest first: messages of the channel and replies that were also sent to it. */
function channelHistory(context: MethodContext): JsonObject {
  const { workspace, args } = context;
  const channel = channelOf(context);
  if (!channel.botIsMember) throw new SlackError('not_in_channel');
  const shown = workspace.messages(channel.id).filter(({ threadTs, broadcast }) => threadTs === null || broadcast);
  const found = shown.filter(inRange(args)).reverse();
  const { page, rest } = paginate(found, args, limitArgument(args, 100, 999));
  return {
    messages: page.map((message) => wireMessage(workspace, message, flagArgument(args, 'include_all_metadata'))),
    pin_count: 0,
    ...rest,
  };
}

/** Oldest first; the parent leads every page. */
function threadReplies(context: MethodContext): JsonObject {
  const { workspace, args } = context;
  const channel = channelOf(context);
  if (!channel.botIsMember) throw new SlackError('not_in_channel');
  const ts = required(args, 'ts');
  const message = workspace.message(channel.id, ts);
  const parent = message?.threadTs == null ? message : workspace.message(channel.id, message.threadTs);
  if (parent === undefined) throw new SlackError('thread_not_found');
  const found = workspace.replies(channel.id, parent.ts).filter(inRange(args));
  const { page, rest } = paginate(found, args, limitArgument(args, 1000, 1000));
  const withMetadata = flagArgument(args, 'include_all_metadata');
  return { messages: [parent, ...page].map((one) => wireMessage(workspace, one, withMetadata)), ...rest };
}

function list({ workspace, args }: MethodContext): JsonObject {
  const wanted = flagArgument(args, 'exclude_archived')
    ? workspace.channels().filter(({ isArchived }) => !isArchived)
    : workspace.channels();
  const { page, rest } = paginate(
    wanted.map((channel) => ({ ...channel, ts: channel.id })),
    args,
    limitArgument(args, 100, 999),
  );
  const { response_metadata: metadata = { next_cursor: '' } } = rest;
  return { channels: page.map((channel) => wireChannel(workspace, channel)), response_metadata: metadata };
}

function join(context: MethodContext): JsonObject {
  const channel = channelOf(context);
  if (channel.isArchived) throw new SlackError('is_archived');
  if (!channel.botIsMember) context.workspace.changeChannel(channel.id, { botIsMember: true });
  return { channel: wireChannel(context.workspace, { ...channel, botIsMember: true }) };
}

/** `oldest` and `latest` are themselves left out unless `inclusive`. */
function inRange(args: JsonObject): (message: StoredMessage) => boolean {
  const oldest = timeArgument(args, 'oldest');
  const latest = timeArgument(args, 'latest');
  const edge = flagArgument(args, 'inclusive') ? 0 : 1;
  return ({ ts }) =>
    (oldest === undefined || order(ts, oldest) >= edge) && (latest === undefined || order(latest, ts) >= edge);
}

function timeArgument(args: JsonObject, name: 'oldest' | 'latest'): string | undefined {
  const value = textArgument(args, name);
  if (value === undefined || value === '0') return undefined;
  if (!/^\d+(\.\d+)?$/.test(value)) throw new SlackError(name === 'oldest' ? 'invalid_ts_oldest' : 'invalid_ts_latest');
  const [seconds = '0', fraction = ''] = value.split('.');
  return `${seconds}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}

/** Opaque cursors name the last item that was given out, so that new messages do not shift a page. */
function paginate<T extends { ts: string }>(
  items: T[],
  args: JsonObject,
  limit: number,
): { page: T[]; rest: JsonObject } {
  const cursor = textArgument(args, 'cursor');
  const after =
    cursor === undefined
      ? undefined
      : Buffer.from(cursor, 'base64')
          .toString()
          .replace(/^next_ts:/, '');
  const start = after === undefined ? 0 : items.findIndex(({ ts }) => ts === after) + 1;
  if (after !== undefined && start === 0) throw new SlackError('invalid_cursor');
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  if (last === undefined || start + limit >= items.length) return { page, rest: { has_more: false } };
  return {
    page,
    rest: { has_more: true, response_metadata: { next_cursor: Buffer.from(`next_ts:${last.ts}`).toString('base64') } },
  };
}

function wireChannel({ settings, bot }: Workspace, channel: SlackChannel): JsonObject {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: false,
    is_archived: channel.isArchived,
    is_general: channel.name === 'general',
    is_shared: false,
    is_member: channel.botIsMember,
    creator: settings.users[0]?.id ?? bot.userId,
    context_team_id: settings.teamId,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    num_members: settings.users.length + (channel.botIsMember ? 1 : 0),
  };
}
