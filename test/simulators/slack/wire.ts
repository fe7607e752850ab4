import type { Block } from '#src/ports/slack.ts';
import type { JsonObject, StoredMessage, StoredView } from './messages.ts';
import type { Workspace } from './workspace.ts';

/** A message as the API and the interaction payloads show it. Metadata only when asked for. */
export function wireMessage(workspace: Workspace, message: StoredMessage, withMetadata = false): JsonObject {
  const { bot, settings } = workspace;
  const replies = message.threadTs === null ? workspace.replies(message.channel, message.ts) : [];
  const isBot = message.author === bot.userId;
  return {
    type: 'message',
    user: message.author,
    ts: message.ts,
    text: message.text,
    team: settings.teamId,
    ...(isBot ? { bot_id: bot.botId, app_id: bot.appId, bot_profile: botProfile(workspace) } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.tombstone ? { subtype: 'tombstone', user: 'USLACKBOT', hidden: true } : {}),
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(message.edited === null ? {} : { edited: { user: message.edited.by, ts: message.edited.ts } }),
    ...(withMetadata && message.metadata !== null ? { metadata: message.metadata } : {}),
    ...(message.threadTs === null
      ? {}
      : { thread_ts: message.threadTs, parent_user_id: workspace.message(message.channel, message.threadTs)?.author }),
    ...(replies.length === 0
      ? {}
      : {
          thread_ts: message.ts,
          reply_count: replies.length,
          reply_users_count: new Set(replies.map(({ author }) => author)).size,
          reply_users: [...new Set(replies.map(({ author }) => author))],
          latest_reply: replies.at(-1)?.ts,
          is_locked: false,
          subscribed: false,
        }),
  };
}

function botProfile({ bot, settings }: Workspace): JsonObject {
  return {
    id: bot.botId,
    app_id: bot.appId,
    user_id: bot.userId,
    name: settings.botName,
    deleted: false,
    team_id: settings.teamId,
  };
}

export function wireView(workspace: Workspace, stored: StoredView, values: JsonObject = {}): JsonObject {
  const { bot, settings } = workspace;
  const { view } = stored;
  return {
    private_metadata: '',
    callback_id: '',
    external_id: '',
    clear_on_close: false,
    notify_on_close: false,
    submit: null,
    close: null,
    ...view,
    id: stored.id,
    team_id: settings.teamId,
    hash: stored.hash,
    previous_view_id: stored.previousId,
    root_view_id: stored.rootId,
    app_id: bot.appId,
    app_installed_team_id: settings.teamId,
    bot_id: bot.botId,
    state: { values },
  };
}

/** What Slack makes of blocks when the app gave no text. */
export function fallbackText(blocks: Block[]): string {
  const first = blocks
    .map((block) => block.text)
    .find((text) => typeof text === 'object' && text !== null && 'text' in text);
  return first !== undefined && typeof first === 'object' && first !== null && 'text' in first
    ? String(first.text)
    : '';
}

/** What a person types is stored escaped: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
