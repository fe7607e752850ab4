import type { Block } from '#src/ports/slack.ts';

export type JsonObject = { [key: string]: unknown };

export type StoredMessage = {
  channel: string;
  ts: string;
  /** `ts` of the parent; null for a message of the channel. */
  threadTs: string | null;
  /** A thread reply that is shown in the channel too. */
  broadcast: boolean;
  /** A user id, or the bot's. */
  author: string;
  text: string;
  blocks: Block[];
  metadata: MessageMetadata | null;
  edited: { by: string; ts: string } | null;
  /** A deleted parent that has replies stays as a tombstone. */
  tombstone: boolean;
};

export type MessageMetadata = { event_type: string; event_payload: JsonObject };

/** Only one person sees it. Never in the history, and chat.update cannot change it. */
export type Ephemeral = {
  channel: string;
  ts: string;
  threadTs: string | null;
  /** Who sees it. */
  user: string;
  /** The bot, or Slackbot for what Slack itself says. */
  author: 'bot' | 'slackbot';
  text: string;
  blocks: Block[];
};

export type StoredView = {
  id: string;
  hash: string;
  /** Who has it open. */
  user: string;
  /** As the app sent it, with generated ids. */
  view: JsonObject & { blocks: Block[] };
  /** Errors by block id, from the app's last answer. */
  errors: Record<string, string>;
  previousId: string | null;
  rootId: string;
};

/** What happened, for the page and for those who wait. */
export type Change =
  | { kind: 'message'; channel: string; ts: string; threadTs: string | null; what: 'posted' | 'edited' | 'deleted' }
  | { kind: 'ephemeral'; user: string; channel: string; ts: string }
  | { kind: 'views'; user: string }
  | { kind: 'channels' }
  | { kind: 'delivery'; id: string }
  | { kind: 'connections' };
