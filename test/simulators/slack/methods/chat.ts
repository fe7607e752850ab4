import type { Block } from '#src/ports/slack.ts';
import { flagArgument, textArgument } from '../arguments.ts';
import { checkBlocks, textLength } from '../block-schema.ts';
import type { JsonObject, MessageMetadata, StoredMessage } from '../messages.ts';
import type { SlackChannel } from '../options.ts';
import { RATES } from '../rate-limits.ts';
import { invalidBlocks, SlackError } from '../slack-error.ts';
import { fallbackText, wireMessage } from '../wire.ts';
import { channelOf, type Method, type MethodContext, required } from './method.ts';

/** https://docs.slack.dev/changelog/2018-04-truncating-really-long-messages */
const TRUNCATED_AT = 40_000;
/** https://docs.slack.dev/reference/methods/chat.update: `msg_too_long`. */
const UPDATE_TEXT_MAX = 4000;
/** Not in the reference; a maintainer: https://github.com/slackapi/bolt-js/issues/2509 */
const ALL_BLOCKS_MAX = 12_000;

const write = { scope: 'chat:write', token: 'bot' } as const;

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { ...write, rate: RATES.posting, run: postMessage },
  'chat.update': { ...write, rate: RATES.tier3, run: update },
  'chat.postEphemeral': { ...write, rate: RATES.tier4, run: postEphemeral },
  'chat.getPermalink': { scope: null, token: 'bot', rate: RATES.tier4, run: getPermalink },
};

/** Text and blocks of a message, as chat.* and response_url posts take them. */
export function contentOf(args: JsonObject): { text: string | undefined; blocks: Block[] | undefined } {
  const text = textArgument(args, 'text');
  const given = args.blocks;
  if (given === undefined || given === null || given === '') return { text, blocks: undefined };
  if (!Array.isArray(given)) throw new SlackError('invalid_blocks_format');
  const checked = checkBlocks(given);
  if (checked.kind === 'wrong') throw invalidBlocks('invalid_blocks', checked.messages);
  if (textLength(checked.value) > ALL_BLOCKS_MAX) throw new SlackError('msg_blocks_too_long');
  return { text, blocks: checked.value };
}

function postMessage(context: MethodContext): JsonObject {
  const { workspace, args } = context;
  const channel = channelOf(context, true);
  mayPostTo(channel, workspace.settings.scopes);
  const { text, blocks = [] } = contentOf(args);
  if (text === undefined && blocks.length === 0) throw new SlackError('no_text');
  const thread = textArgument(args, 'thread_ts');
  if (thread !== undefined) checkThread(thread, workspace.message(channel.id, thread));
  const message = workspace.post({
    channel: channel.id,
    threadTs: thread ?? null,
    broadcast: thread !== undefined && flagArgument(args, 'reply_broadcast'),
    author: workspace.bot.userId,
    text: (text ?? fallbackText(blocks)).slice(0, TRUNCATED_AT),
    blocks,
    metadata: metadataOf(args) ?? null,
  });
  return { channel: channel.id, ts: message.ts, message: wireMessage(workspace, message, true) };
}

/** Text without blocks takes the blocks away; metadata left out stays. */
function update(context: MethodContext): JsonObject {
  const { workspace, args } = context;
  const channel = channelOf(context);
  if (channel.isArchived) throw new SlackError('is_inactive');
  if (!channel.botIsMember) throw new SlackError('not_in_channel');
  const { text, blocks } = contentOf(args);
  const hasContent = text !== undefined || blocks !== undefined;
  if (text !== undefined && text.length > UPDATE_TEXT_MAX) throw new SlackError('msg_too_long');
  const message = workspace.message(channel.id, required(args, 'ts'));
  if (message === undefined || message.tombstone) throw new SlackError('message_not_found');
  if (message.author !== workspace.bot.userId) throw new SlackError('cant_update_message');
  const newlyBroadcast = flagArgument(args, 'reply_broadcast') && !message.broadcast;
  if (newlyBroadcast && message.threadTs === null) throw new SlackError('cant_broadcast_message');
  if (newlyBroadcast && hasContent) throw new SlackError('no_dual_broadcast_content_update');
  if (!newlyBroadcast && !hasContent) throw new SlackError('no_text');
  const metadata = metadataOf(args);
  const edited = workspace.edit(message, {
    ...(hasContent ? { text: text ?? fallbackText(blocks ?? []), blocks: blocks ?? [] } : {}),
    ...(metadata === undefined ? {} : { metadata }),
    ...(newlyBroadcast ? { broadcast: true } : {}),
  });
  return { channel: channel.id, ts: edited.ts, text: edited.text, message: wireMessage(workspace, edited) };
}

function postEphemeral(context: MethodContext): JsonObject {
  const { workspace, args } = context;
  const channel = channelOf(context, true);
  const user = required(args, 'user');
  if (channel.isArchived) throw new SlackError('is_archived');
  if (!channel.botIsMember) throw new SlackError('not_in_channel');
  if (workspace.user(user) === undefined) throw new SlackError('user_not_in_channel');
  const { text, blocks = [] } = contentOf(args);
  if (text === undefined && blocks.length === 0) throw new SlackError('no_text');
  const threadTs = textArgument(args, 'thread_ts') ?? null;
  const posted = workspace.postEphemeral({
    channel: channel.id,
    threadTs,
    user,
    author: 'bot',
    text: text ?? fallbackText(blocks),
    blocks,
  });
  return { message_ts: posted.ts };
}

function getPermalink(context: MethodContext): JsonObject {
  const { workspace, args } = context;
  const channel = channelOf(context);
  const ts = required(args, 'message_ts');
  const message = workspace.message(channel.id, ts);
  if (message === undefined) throw new SlackError('message_not_found');
  const base = `https://${workspace.settings.teamDomain}.slack.com/archives/${channel.id}/p${ts.replace('.', '')}`;
  return {
    channel: channel.id,
    permalink: message.threadTs === null ? base : `${base}?thread_ts=${message.threadTs}&cid=${channel.id}`,
  };
}

function mayPostTo(channel: SlackChannel, scopes: string[]): void {
  if (channel.isArchived) throw new SlackError('is_archived');
  if (!channel.botIsMember && !scopes.includes('chat:write.public')) throw new SlackError('not_in_channel');
}

/**
 * Wording of the first: https://github.com/jenkinsci/slack-plugin/issues/584; second: a maintainer in
 * https://github.com/slackapi/bolt-js/issues/2307. A reply's own `ts` is no thread: Slack's answer to it is not
 * documented, and what it shows then is wrong, so it is refused.
 */
function checkThread(ts: string, parent: StoredMessage | undefined): void {
  if (!/^\d+\.\d{6}$/.test(ts)) {
    throw new SlackError('invalid_thread_ts', {
      response_metadata: { messages: [`[ERROR] ${ts} is not a valid thread_ts`] },
    });
  }
  if (parent === undefined) throw new SlackError('thread_not_found');
  if (parent.threadTs !== null) throw new SlackError('cannot_reply_to_message');
}

/** undefined: not given. null: `{}`, which removes it. */
function metadataOf(args: JsonObject): MessageMetadata | null | undefined {
  const given = args.metadata;
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given !== 'object' || Array.isArray(given)) throw new SlackError('invalid_metadata_format');
  const {
    event_type: type,
    event_payload: payload,
    ...others
  } = { event_type: undefined, event_payload: undefined, ...given };
  if (type === undefined && payload === undefined) return null;
  const shaped = typeof type === 'string' && typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  if (!shaped || Object.keys(others).length > 0) throw new SlackError('invalid_metadata_schema');
  return { event_type: type, event_payload: { ...(payload as JsonObject) } };
}
