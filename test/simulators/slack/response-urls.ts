import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Ephemeral, StoredMessage } from './messages.ts';
import { contentOf } from './methods/chat.ts';
import { SlackError } from './slack-error.ts';
import { fallbackText } from './wire.ts';
import type { Workspace } from './workspace.ts';

/** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses: 5 times within 30 minutes. */
const USES_MAX = 5;
/** Real time, as with a trigger: the answer to a person waits for no simulated minutes. */
const LIFETIME_MS = 30 * 60_000;

/** Where a click came from; a command has no original message. */
export type Origin = { user: string; channel: string; original: OriginalMessage };
export type OriginalMessage = { kind: 'none' } | { kind: 'message'; ts: string } | { kind: 'ephemeral'; ts: string };

export type ResponseUrls = {
  create: (origin: Origin) => string;
  /** Answers `POST /response/<id>`. Throws a SlackError. */
  post: (id: string, body: unknown) => void;
  /** What an ack of a slash command says is treated the same way. */
  respond: (origin: Origin, body: unknown) => void;
};

const responseSchema = z.looseObject({
  response_type: z.enum(['ephemeral', 'in_channel']).default('ephemeral'),
  replace_original: z.boolean().default(false),
  delete_original: z.boolean().default(false),
  thread_ts: z.string().optional(),
});

type Response = z.output<typeof responseSchema>;

export function createResponseUrls(
  workspace: Workspace,
  base: () => string,
  now: () => number = Date.now,
): ResponseUrls {
  const urls = new Map<string, { origin: Origin; uses: number; createdAt: number }>();

  const respond = (origin: Origin, body: unknown): void => {
    const parsed = responseSchema.safeParse(body);
    if (!parsed.success) throw new SlackError('invalid_payload');
    if (parsed.data.delete_original) deleteOriginal(workspace, origin);
    else if (parsed.data.replace_original && origin.original.kind !== 'none')
      replaceOriginal(workspace, origin, parsed.data);
    else postResponse(workspace, origin, parsed.data);
  };

  return {
    respond,
    create: (origin) => {
      const id = randomUUID();
      urls.set(id, { origin, uses: 0, createdAt: now() });
      return `${base()}/response/${id}`;
    },
    post: (id, body) => {
      const url = urls.get(id);
      if (url === undefined) throw new SlackError('invalid_url');
      if (now() - url.createdAt > LIFETIME_MS) throw new SlackError('expired_url');
      if (url.uses >= USES_MAX) throw new SlackError('used_url');
      url.uses += 1;
      respond(url.origin, body);
    },
  };
}

function postResponse(workspace: Workspace, { user, channel, original }: Origin, response: Response): void {
  const { text, blocks = [] } = contentOf(response);
  if (text === undefined && blocks.length === 0) throw new SlackError('no_text');
  const threadTs = response.thread_ts ?? threadOf(workspace, channel, original);
  const content = { channel, threadTs, text: text ?? fallbackText(blocks), blocks };
  if (response.response_type === 'ephemeral') workspace.postEphemeral({ ...content, user, author: 'bot' });
  else workspace.post({ ...content, broadcast: false, author: workspace.bot.userId, metadata: null });
}

function replaceOriginal(workspace: Workspace, origin: Origin, response: Response): void {
  const { text, blocks = [] } = contentOf(response);
  const content = { text: text ?? fallbackText(blocks), blocks };
  const { message, ephemeral } = findOriginal(workspace, origin);
  if (ephemeral !== undefined) workspace.replaceEphemeral(ephemeral, content);
  if (message !== undefined) workspace.edit(message, content);
}

function deleteOriginal(workspace: Workspace, origin: Origin): void {
  const { message, ephemeral } = findOriginal(workspace, origin);
  if (ephemeral !== undefined) workspace.replaceEphemeral(ephemeral, null);
  if (message !== undefined) workspace.remove(message);
}

function findOriginal(
  workspace: Workspace,
  { user, channel, original }: Origin,
): { message?: StoredMessage | undefined; ephemeral?: Ephemeral | undefined } {
  if (original.kind === 'message') return { message: workspace.message(channel, original.ts) };
  if (original.kind === 'ephemeral')
    return { ephemeral: workspace.ephemerals(user).find(({ ts }) => ts === original.ts) };
  return {};
}

/** An answer to a click on a thread reply stays in the thread. */
function threadOf(workspace: Workspace, channel: string, original: OriginalMessage): string | null {
  return original.kind === 'message' ? (workspace.message(channel, original.ts)?.threadTs ?? null) : null;
}
