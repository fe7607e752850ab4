import type { Ephemeral, StoredMessage } from './messages.ts';
import type { BlockRenderer } from './render-blocks.ts';
import { plainText } from './render-blocks.ts';
import type { Workspace } from './workspace.ts';

/** What the page draws. `html` is safe to insert. */
export type PageItem = {
  channel: string;
  ts: string;
  threadTs: string | null;
  broadcast: boolean;
  kind: 'message' | 'ephemeral' | 'tombstone';
  author: PageAuthor;
  html: string;
  edited: boolean;
  /** For a reply that was also sent to the channel: how its thread begins. */
  threadTitle: string;
  replies: { count: number; lastTs: string; authors: PageAuthor[] } | null;
};

export type PageAuthor = { name: string; color: string; isApp: boolean };

export type PageModal = {
  id: string;
  hash: string;
  title: string;
  submit: string | null;
  close: string;
  html: string;
  errors: Record<string, string>;
};

export type PageItems = {
  message: (message: StoredMessage) => PageItem;
  ephemeral: (ephemeral: Ephemeral) => PageItem;
  modal: (user: string) => PageModal | null;
  all: (user: string) => PageItem[];
};

export function createPageItems(workspace: Workspace, renderer: BlockRenderer): PageItems {
  // A stored message is never changed in place, so its drawing is good as long as it lives.
  const drawn = new WeakMap<StoredMessage | Ephemeral, string>();
  const html = (message: StoredMessage | Ephemeral): string => {
    const known = drawn.get(message) ?? renderer.content(message);
    drawn.set(message, known);
    return known;
  };
  const message = (one: StoredMessage): PageItem => ({
    channel: one.channel,
    ts: one.ts,
    threadTs: one.threadTs,
    broadcast: one.broadcast,
    kind: one.tombstone ? 'tombstone' : 'message',
    author: authorOf(workspace, one.author),
    html: html(one),
    edited: one.edited !== null,
    threadTitle: one.broadcast ? titleOf(workspace, one) : '',
    replies: repliesOf(workspace, one),
  });
  const ephemeral = (one: Ephemeral): PageItem => ({
    channel: one.channel,
    ts: one.ts,
    threadTs: one.threadTs,
    broadcast: false,
    kind: 'ephemeral',
    author:
      one.author === 'bot'
        ? authorOf(workspace, workspace.bot.userId)
        : { name: 'Slackbot', color: '#5b6770', isApp: false },
    html: html(one),
    edited: false,
    threadTitle: '',
    replies: null,
  });
  return {
    message,
    ephemeral,
    modal: (user) => modalOf(workspace, renderer, user),
    all: (user) => [
      ...workspace
        .channels()
        .flatMap(({ id }) => workspace.messages(id))
        .map(message),
      ...workspace.ephemerals(user).map(ephemeral),
    ],
  };
}

function modalOf(workspace: Workspace, renderer: BlockRenderer, user: string): PageModal | null {
  const open = workspace.views(user).at(-1);
  if (open === undefined) return null;
  const { id, hash, view, errors } = open;
  return {
    id,
    hash,
    errors,
    title: plainText(view.title),
    submit: plainText(view.submit) || null,
    close: plainText(view.close) || 'Cancel',
    html: renderer.modal(view.blocks),
  };
}

function authorOf({ bot, settings }: Workspace, id: string): PageAuthor {
  if (id === bot.userId) return { name: settings.botName, color: '#1d3557', isApp: true };
  const person = settings.users.find((one) => one.id === id);
  return { name: person?.realName ?? id, color: person?.color ?? '#5b6770', isApp: false };
}

function repliesOf(workspace: Workspace, { channel, ts, threadTs }: StoredMessage): PageItem['replies'] {
  const replies = threadTs === null ? workspace.replies(channel, ts) : [];
  const last = replies.at(-1);
  if (last === undefined) return null;
  const authors = [...new Set(replies.map(({ author }) => author))]
    .slice(0, 4)
    .map((author) => authorOf(workspace, author));
  return { count: replies.length, lastTs: last.ts, authors };
}

/** The first words of the parent, without marks. */
function titleOf(workspace: Workspace, { channel, threadTs }: StoredMessage): string {
  const text = threadTs === null ? '' : (workspace.message(channel, threadTs)?.text ?? '');
  const plain = text
    .replace(/<[^>|]*\|([^>]*)>|<[^>]*>/g, '$1')
    .replace(/[*_~`]/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}
