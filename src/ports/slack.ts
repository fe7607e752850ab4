/** The part of Slack that messages need: post once, edit, find again. Throws TransientError with `retryAfterMs` known by the caller's pacing. */
export type SlackMessages = {
  post: (message: OutgoingMessage) => Promise<{ ts: string }>;
  edit: (message: { channel: string; ts: string; text: string; blocks: Block[] }) => Promise<void>;
  /** Looks for a message by its metadata key: in the channel, or in the thread of `threadTs`. */
  find: (query: {
    channel: string;
    key: string;
    runId: string;
    threadTs: string | null;
    since: number;
  }) => Promise<{ ts: string } | null>;
};

export type SlackPeople = {
  /** Ids of a user group's members. */
  groupMembers: (group: string) => Promise<string[]>;
};

export type OutgoingMessage = {
  channel: string;
  /** Key of the message within its run; goes into the metadata so that a lost answer can be looked up. */
  key: string;
  runId: string;
  threadTs: string | null;
  /** Show a thread reply in the channel too. */
  broadcast: boolean;
  text: string;
  blocks: Block[];
};

/** Block Kit, as JSON. */
export type Block = { type: string; [field: string]: unknown };
