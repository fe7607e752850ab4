import type { AddressInfo } from 'node:net';
import { App, type CustomRoute, HTTPReceiver, type Receiver } from '@slack/bolt';
import { InternalError, UserError } from '#src/domain/errors.ts';
import { type BoltLog, boltLogger } from './bolt-logger.ts';
import { fromSlackError } from './slack-errors.ts';
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
  /** Resolves when Slack can reach the bot. Throws UserError for a token that Slack refuses or that is of another workspace. */
  start: () => Promise<{ port: number | null }>;
  /** Takes no new work; resolves when the connections are closed. */
  stop: () => Promise<void>;
  /** Can Slack reach the bot now? */
  connected: () => boolean;
};

/** Real milliseconds: a trigger_id lives for 3 s, so a longer wait helps nobody. */
const INTERACTIVE_TIMEOUT_MS = 2_500;

export function createBoltApp(options: BoltAppOptions): BoltApp {
  const { botToken, log, listen } = options;
  const transport =
    options.listener.kind === 'http'
      ? httpTransport(options.listener, log)
      : socketTransport(options, options.listener.appToken);
  let identity: BotIdentity | null = null;
  const app = new App({
    receiver: transport.receiver,
    clientOptions: {
      slackApiUrl: options.apiUrl,
      timeout: INTERACTIVE_TIMEOUT_MS,
      // An object of its own: socket-mode writes its hundred retries into the one it is given.
      retryConfig: { retries: 1, minTimeout: 200 },
      rejectRateLimitedCalls: true,
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    },
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
  return {
    start: async () => {
      identity = await whoAmI(app, options);
      try {
        return await transport.start(app);
      } catch (error) {
        identity = null;
        await app.stop().catch(() => undefined);
        throw error;
      }
    },
    stop: async () => {
      if (identity === null) return;
      identity = null;
      await app.stop();
      transport.stopped();
    },
    connected: transport.connected,
  };
}

type BotIdentity = { botId: string; botUserId: string };

async function whoAmI(app: App, { botToken, teamId }: BoltAppOptions): Promise<BotIdentity> {
  const answer = await app.client.auth.test({ token: botToken }).catch((error: unknown) => {
    throw fromSlackError(error, 'auth.test');
  });
  const { team_id: team, enterprise_id: enterprise, bot_id: botId, user_id: botUserId } = answer;
  if (team !== teamId && enterprise !== teamId) {
    throw new UserError(
      'WrongWorkspace',
      `the bot token belongs to the workspace ${team} (${answer.team}), but the fleet file says teamId ${teamId}: correct one of them`,
    );
  }
  if (botId === undefined || botUserId === undefined) {
    throw new UserError('NotABotToken', 'SLACK_BOT_TOKEN is no bot token: use the one that begins with xoxb-');
  }
  return { botId, botUserId };
}

type Transport = {
  receiver: Receiver;
  start: (app: App) => Promise<{ port: number | null }>;
  stopped: () => void;
  connected: () => boolean;
};

function socketTransport({ apiUrl, log }: BoltAppOptions, appToken: string): Transport {
  const receiver = socketModeConnections({ appToken, apiUrl, log });
  const start = async (app: App) => {
    await app.start().catch((error: unknown) => {
      throw fromSlackError(error, 'apps.connections.open');
    });
    return { port: null };
  };
  return { receiver, start, stopped: () => undefined, connected: receiver.connected };
}

function httpTransport({ signingSecret, port, routes }: HttpListener, log: BoltLog): Transport {
  const receiver = new HTTPReceiver({ signingSecret, customRoutes: routes, logger: boltLogger(log) });
  let listening = false;
  return {
    receiver,
    start: async () => {
      const server = await receiver.start(port);
      listening = true;
      return { port: (server.address() as AddressInfo).port };
    },
    stopped: () => {
      listening = false;
    },
    connected: () => listening,
  };
}
