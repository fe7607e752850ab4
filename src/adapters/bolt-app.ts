import type { AddressInfo } from 'node:net';
import { App, type CustomRoute, HTTPReceiver, type Receiver } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { InternalError, messageOf, TransientError } from '#src/domain/errors.ts';
import { type BoltLog, boltLogger } from './bolt-logger.ts';
import { type BotIdentity, identifyBot } from './slack-identity.ts';
import { socketModeConnections } from './socket-mode.ts';

export type BoltAppOptions = {
  botToken: string;
  apiUrl: string;
  /** The workspace of the fleet file: a token of another one is refused at start. */
  teamId: string;
  listener: { kind: 'socket-mode'; appToken: string } | HttpListener;
  log: BoltLog;
  /** For the calls of listeners. */
  fetch?: typeof fetch;
  /** Adds the listeners. */
  listen: (app: App) => void;
};

export type HttpListener = {
  kind: 'http';
  signingSecret: string;
  /** 0: any free port. */
  port: number;
  /** Served beside `/slack/events`, e.g. health. */
  routes: CustomRoute[];
};

export type BoltApp = {
  /**
   * Resolves when Slack can reach the bot; or, when Slack is away, at once, and goes on trying until `stop`. Throws
   * UserError for a token that Slack refuses or that is of another workspace.
   */
  start: () => Promise<{ port: number | null }>;
  /** Takes no new work; resolves when the connections are closed. */
  stop: () => Promise<void>;
  /** Can Slack reach the bot now? `why`: what is in the way, as far as it is known. */
  state: () => { kind: 'connected' } | { kind: 'away'; why: string };
};

/** Real milliseconds: a trigger_id lives for 3 s, so a longer wait helps nobody. */
const INTERACTIVE_TIMEOUT_MS = 2_500;

/** Real milliseconds between two attempts to start while Slack is away. */
const TRY_AGAIN_MS = 2_000;

export function createBoltApp(options: BoltAppOptions): BoltApp {
  const { botToken, log, listen } = options;
  const transport =
    options.listener.kind === 'http'
      ? httpTransport(options.listener, log)
      : socketTransport(options, options.listener.appToken);
  let identity: BotIdentity | null = null;
  const app = new App({
    receiver: transport.receiver,
    clientOptions: clientOptions(options),
    // Bolt's own way asks auth.test with the first envelope and keeps its listener waiting.
    authorize: async () => {
      if (identity === null) throw new InternalError('NotStarted', 'an event came before the bot was started');
      return { botToken, ...identity };
    },
    convoStore: false,
    extendedErrorHandler: true,
    logger: boltLogger(log),
  });
  app.error(async ({ error }: { error: Error }) => {
    log.error({ err: error }, 'a listener failed');
  });
  listen(app);
  const client = new WebClient(botToken, clientOptions(options));
  const attempts = new Attempts(log, async () => {
    const found = await identifyBot(client, options);
    identity = found;
    await transport.connect(app);
  });
  return {
    start: async () => {
      const port = await transport.open();
      try {
        await attempts.first();
      } catch (error) {
        identity = null;
        await transport.close(app);
        throw error;
      }
      return { port };
    },
    stop: async () => {
      attempts.stop();
      identity = null;
      await transport.close(app);
    },
    state: () => {
      if (identity === null) return { kind: 'away', why: attempts.why ?? 'not started' };
      if (transport.connected()) return { kind: 'connected' };
      return { kind: 'away', why: transport.why() ?? 'no connection to Slack' };
    },
  };
}

function clientOptions({ apiUrl, fetch }: BoltAppOptions) {
  return {
    slackApiUrl: apiUrl,
    timeout: INTERACTIVE_TIMEOUT_MS,
    // An object of its own: socket-mode writes its hundred retries into the one it is given.
    retryConfig: { retries: 1, minTimeout: 200 },
    rejectRateLimitedCalls: true,
    ...(fetch === undefined ? {} : { fetch }),
  };
}

/** Tries to start until it goes well: a Slack that is away is waited for, what only a person can put right is thrown. */
class Attempts {
  /** Why the latest attempt failed. */
  why: string | null = null;
  readonly #log: BoltLog;
  readonly #attempt: () => Promise<void>;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: BoltLog, attempt: () => Promise<void>) {
    this.#log = log;
    this.#attempt = attempt;
  }

  async first(): Promise<void> {
    try {
      await this.#attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      this.#later(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(error: unknown): void {
    this.why = messageOf(error);
    this.#log.warn({ err: this.why }, 'slack cannot be reached, trying again');
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#again(), TRY_AGAIN_MS);
  }

  async #again(): Promise<void> {
    try {
      await this.#attempt();
      this.#log.info({}, 'slack is there');
    } catch (error) {
      this.#later(error);
    }
  }
}

type Transport = {
  receiver: Receiver;
  /** Before Slack is asked anything. */
  open: () => Promise<number | null>;
  /** Once Slack has answered. */
  connect: (app: App) => Promise<void>;
  close: (app: App) => Promise<void>;
  connected: () => boolean;
  /** Why it is not connected, as far as it is known. */
  why: () => string | null;
};

function socketTransport({ apiUrl, log }: BoltAppOptions, appToken: string): Transport {
  const receiver = socketModeConnections({ appToken, apiUrl, log });
  return {
    receiver,
    open: async () => null,
    connect: async (app) => void (await app.start()),
    close: async (app) => void (await app.stop().catch(() => undefined)),
    connected: receiver.connected,
    why: receiver.why,
  };
}

/** It listens while Slack is away, too: health is served on the same port. */
function httpTransport({ signingSecret, port, routes }: HttpListener, log: BoltLog): Transport {
  const receiver = new HTTPReceiver({ signingSecret, customRoutes: routes, logger: boltLogger(log) });
  let listening = false;
  return {
    receiver,
    open: async () => {
      const server = await receiver.start(port);
      listening = true;
      return (server.address() as AddressInfo).port;
    },
    connect: async () => undefined,
    close: async (app) => {
      if (!listening) return;
      listening = false;
      await app.stop();
    },
    connected: () => listening,
    why: () => null,
  };
}
