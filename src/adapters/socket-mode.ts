import { setTimeout as delay } from 'node:timers/promises';
import { type App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { messageOf, TransientError, UserError } from '#src/domain/errors.ts';
import { type BoltLog, boltLogger } from './bolt-logger.ts';
import { fromSlackError } from './slack-errors.ts';

export type SocketModeOptions = { appToken: string; apiUrl: string; log: BoltLog };

export type SocketModeConnections = Receiver & {
  connected: () => boolean;
  /** Why the latest attempt of a connection that is away failed; null: none did. */
  why: () => string | null;
};

/**
 * Slack closes each connection every few hours. Slack gives an envelope to any one of an app's connections, so with two
 * nothing is lost. Up to ten are allowed: https://docs.slack.dev/apis/events-api/using-socket-mode#connections
 */
const CONNECTIONS = 2;
/** Real milliseconds. A peer that does not answer the close handshake must not hold up a stop. */
const DISCONNECT_MS = 3_000;
/** Real milliseconds. Slack answered a moment ago, so it will again: the connections go on trying by themselves. */
const CONNECT_MS = 10_000;

export function socketModeConnections(options: SocketModeOptions): SocketModeConnections {
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(options));
  return {
    init: (app: App) => {
      for (const { receiver } of connections) receiver.init(app);
    },
    start: () => withinTime(Promise.all(connections.map((connection) => connection.start())), CONNECT_MS),
    stop: () => Promise.all(connections.map((connection) => withinTime(connection.stop(), DISCONNECT_MS))),
    connected: () => connections.some(({ open }) => open),
    why: () => connections.find(({ why }) => why !== null)?.why ?? null,
  };
}

/**
 * One connection, kept for as long as the bot runs. The reconnecting of socket-mode 3.1 itself is switched off: what it
 * meets there is thrown where nobody can catch it (SocketModeClient.js, `delayReconnectAttempt`: `cb.apply(this).then(res)`
 * without a `catch`), so that a token revoked while the bot runs would end the process with an unhandled rejection at the
 * next of Slack's refreshes. Here a refusal is one more reason to try again: the bot stays up, is not ready and says why,
 * and is there again when somebody has put the token right in Slack.
 *
 * away → connecting → open → (closed) → away → …, until stopped.
 */
class Connection {
  readonly receiver: SocketModeReceiver;
  open = false;
  why: string | null = null;
  readonly #log: BoltLog;
  readonly #stopped = new AbortController();

  constructor({ appToken, apiUrl, log }: SocketModeOptions) {
    this.#log = log;
    this.receiver = new SocketModeReceiver({
      appToken,
      autoReconnectEnabled: false,
      logger: boltLogger(log),
      installerOptions: {
        clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
      },
      // An envelope whose listener failed is acked all the same: the person was told, and Slack would only repeat it.
      processEventErrorHandler: async ({ error }) => {
        log.error({ err: error }, 'a listener failed');
        return true;
      },
    });
  }

  /** Resolves when it is open for the first time. Throws UserError for a token that Slack refuses then. */
  async start(): Promise<void> {
    const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
    void this.#keep({ opened: resolve, refused: reject });
    await opened;
  }

  /** SocketModeReceiver.stop() does not wait for the disconnect. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.receiver.client.disconnect();
  }

  async #keep({ opened, refused }: { opened: () => void; refused: (error: Error) => void }): Promise<void> {
    for (let failures = 0; !this.#stopped.signal.aborted; ) {
      const pause = pauseMs(failures);
      if (pause > 0) await delay(pause, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      if (this.#stopped.signal.aborted) return;
      const closed = new Promise<void>((resolve) => this.receiver.client.once('disconnected', () => resolve()));
      try {
        await this.#connect();
        failures = 0;
        opened();
        // Stopped while it was connecting: nothing else closes this socket.
        if (this.#stopped.signal.aborted) await this.receiver.client.disconnect();
        await closed;
        this.open = false;
      } catch (error) {
        failures += 1;
        this.#note(error);
        if (error instanceof UserError) refused(error);
        if (error instanceof TransientError && error.retryAfterMs !== null)
          await delay(error.retryAfterMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      }
    }
  }

  async #connect(): Promise<void> {
    await this.receiver.client.start().catch((error: unknown) => {
      // It rejects with nothing when the socket closes before Slack's greeting.
      if (error === undefined) throw new TransientError('SlackUnreachable', 'slack closed the connection at once');
      throw fromSlackError(error, 'apps.connections.open');
    });
    if (this.why !== null) this.#log.info({}, 'connected to slack again');
    this.open = true;
    this.why = null;
  }

  #note(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    const why = messageOf(error);
    if (why !== this.why) this.#log.error({ err: why }, 'no connection to slack, trying again');
    this.why = why;
  }
}

/** Real milliseconds before the next attempt: at once after a refresh, then half a second, up to 15 s. */
function pauseMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(500 * 1.5 ** (failures - 1), 15_000);
}

/** Resolves when the work is done or time is up; then it goes on by itself. */
async function withinTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  work.catch(() => undefined);
  try {
    await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
