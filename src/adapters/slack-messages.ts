import { LogLevel, type Logger as SlackLogger, WebClient } from '@slack/web-api';
import type { SlackMessages } from '#src/ports/slack.ts';
import { fromSlackError } from './slack-errors.ts';

export type SlackClientOptions = { token: string; apiUrl: string; timeoutMs?: number; fetch?: typeof fetch };

/** Real milliseconds: background calls may take their time, and none may hang. */
const TIMEOUT_MS = 10_000;
const EVENT_TYPE = 'eks_upgrade_message';
const PAGE = 200;

/**
 * The client for calls nobody waits for. It retries nothing: web-api would repeat chat.postMessage after a network
 * error or a 5xx and post twice, and its waiting for a 429 pauses every other call of the client.
 */
export function backgroundClient({ token, apiUrl, timeoutMs = TIMEOUT_MS, fetch }: SlackClientOptions): WebClient {
  return new WebClient(token, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    logLevel: LogLevel.ERROR,
    logger: silent,
    ...(fetch === undefined ? {} : { fetch }),
  });
}

/** Errors are thrown and logged by those who know which run they belong to. */
const silent: SlackLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** Errors as in slack-errors.ts. */
export function createSlackMessages(client: WebClient): SlackMessages {
  return {
    post: async ({ channel, key, runId, threadTs, broadcast, text, blocks }) => {
      const thread = threadTs === null ? {} : { thread_ts: threadTs, reply_broadcast: broadcast };
      const answer = await called('chat.postMessage', () =>
        client.chat.postMessage({
          channel,
          text,
          blocks,
          metadata: { event_type: EVENT_TYPE, event_payload: { run: runId, key } },
          unfurl_links: false,
          unfurl_media: false,
          ...thread,
        }),
      );
      return { ts: String(answer.ts) };
    },
    edit: async ({ channel, ts, text, blocks }) => {
      await called('chat.update', () => client.chat.update({ channel, ts, text, blocks }));
    },
    find: async ({ channel, key, runId, threadTs, since }) => {
      const pages =
        threadTs === null
          ? channelPages(client, { channel, since })
          : threadPages(client, { channel, threadTs, since });
      for await (const messages of pages) {
        const found = messages.find(({ metadata }) => isOurs(metadata, { key, runId }));
        if (found?.ts !== undefined) return { ts: found.ts };
      }
      return null;
    },
  };
}

type Found = { ts?: string; metadata?: unknown };

function isOurs(metadata: unknown, { key, runId }: { key: string; runId: string }): boolean {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const { event_type: type, event_payload: payload } = metadata as {
    event_type?: unknown;
    event_payload?: Record<string, unknown>;
  };
  return type === EVENT_TYPE && payload?.run === runId && payload.key === key;
}

async function* channelPages(
  client: WebClient,
  { channel, since }: { channel: string; since: number },
): AsyncGenerator<Found[]> {
  let cursor: string | undefined;
  do {
    const page = await called('conversations.history', () =>
      client.conversations.history({
        channel,
        oldest: oldest(since),
        limit: PAGE,
        include_all_metadata: true,
        ...(cursor ? { cursor } : {}),
      }),
    );
    yield page.messages ?? [];
    cursor = page.response_metadata?.next_cursor;
  } while (cursor);
}

async function* threadPages(
  client: WebClient,
  { channel, threadTs, since }: { channel: string; threadTs: string; since: number },
): AsyncGenerator<Found[]> {
  let cursor: string | undefined;
  do {
    const page = await called('conversations.replies', () =>
      client.conversations.replies({
        channel,
        ts: threadTs,
        oldest: oldest(since),
        limit: PAGE,
        include_all_metadata: true,
        ...(cursor ? { cursor } : {}),
      }),
    );
    yield page.messages ?? [];
    cursor = page.response_metadata?.next_cursor;
  } while (cursor);
}

/** Slack's clock and ours differ: a minute more is looked through. */
function oldest(sinceMs: number): string {
  return String(Math.max(0, Math.floor(sinceMs / 1000) - 60));
}

async function called<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromSlackError(error, method);
  }
}

/** Where a message can be looked at in a browser; null when Slack does not say (nobody should fail over a link). */
export function createPermalinks(
  client: WebClient,
): (message: { channel: string; ts: string }) => Promise<string | null> {
  return async ({ channel, ts }) => {
    try {
      const { permalink } = await client.chat.getPermalink({ channel, message_ts: ts });
      return permalink ?? null;
    } catch {
      return null;
    }
  };
}
