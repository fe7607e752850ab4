import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { simulatedClock } from '../clock.ts';
import { type ActorParts, type ActResult, type Click, clickButton, type Typing, typeCommand } from './actor.ts';
import { createControlApi } from './control-api.ts';
import { createDeliveries, type DeliveryRecord, type EnvelopeType } from './delivery.ts';
import type { LogEntry } from './effect-log.ts';
import { createFaults, type FaultInput, type Outage } from './faults.ts';
import { createHttpMode } from './http-mode.ts';
import type { Ephemeral, JsonObject, StoredMessage, StoredView } from './messages.ts';
import { closeView, type Submission, type SubmitResult, submitView } from './modal-actor.ts';
import { parseOptions, type SlackSimulatorOptions } from './options.ts';
import { createPage } from './page.ts';
import { createRateLimiter } from './rate-limits.ts';
import { createResponseUrls } from './response-urls.ts';
import { SlackError } from './slack-error.ts';
import { createSocketMode, type DisconnectReason } from './socket-mode.ts';
import { createTriggers } from './triggers.ts';
import { waitForChange } from './wait-for-change.ts';
import { answerWebApi, type WebApi } from './web-api.ts';
import { escapeText } from './wire.ts';
import { Workspace } from './workspace.ts';

export type SlackSimulator = SlackAddresses & SlackActs & SlackLooks & { close: () => Promise<void> };

export type SlackAddresses = {
  /** The page, without a slash at its end. */
  url: string;
  /** For `clientOptions.slackApiUrl`. */
  apiUrl: string;
  botToken: string;
  appToken: string;
  teamId: string;
  botUserId: string;
  appId: string;
};

/** What people and circumstances do. */
export type SlackActs = {
  slash: (typing: Typing) => Promise<ActResult>;
  click: (click: Click) => Promise<ActResult>;
  submitView: (submission: Submission) => Promise<SubmitResult>;
  closeView: (user: string) => Promise<void>;
  /** A person's own message. */
  say: (message: Typing) => StoredMessage;
  /** An Events API event, e.g. `{ type: 'app_mention', … }`. */
  event: (event: JsonObject & { type: string }) => Promise<ActResult>;
  deleteMessage: (channel: string, ts: string) => void;
  changeChannel: (channel: string, change: { isArchived?: boolean; botIsMember?: boolean }) => void;
  addFault: (fault: FaultInput) => void;
  clearFaults: () => void;
  disconnect: (reason: DisconnectReason | null) => void;
  /** Slack is away for everybody until `outageEnds`. */
  outage: (how: Outage) => void;
  outageEnds: () => void;
};

export type SlackLooks = {
  /** Messages of a channel by id or name, replies that were also sent to it included, oldest first. */
  messages: (channel: string) => StoredMessage[];
  /** The parent and its replies. */
  thread: (ts: string) => StoredMessage[];
  ephemerals: (user: string) => Ephemeral[];
  views: (user: string) => StoredView[];
  deliveries: () => DeliveryRecord[];
  log: () => LogEntry[];
  connections: () => number;
  /** Calls back after every change, until the returned function is called. */
  onChange: (listener: () => void) => () => void;
  /** Resolves with what the predicate returns once that is neither undefined nor false; looks again after each change. */
  waitFor: <T>(predicate: () => T | undefined | false, timeoutMs?: number) => Promise<T>;
};

/** Starts a Slack on 127.0.0.1. See README.md for what it copies. */
export async function startSlackSimulator(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  const settings = parseOptions(options);
  const workspace = new Workspace(settings, simulatedClock(settings.clock));
  const server = createServer();
  server.listen(settings.port, '127.0.0.1');
  await once(server, 'listening');
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${origin}`;

  const faults = createFaults();
  const socketMode = createSocketMode(workspace);
  const transport = settings.mode.kind === 'socket' ? socketMode : createHttpMode(settings.mode);
  const deliveries = createDeliveries({ workspace, faults, transport });
  const triggers = createTriggers();
  const responses = createResponseUrls(workspace, () => url);
  const parts: ActorParts = { workspace, deliveries, triggers, responses };
  const limiter = createRateLimiter(workspace.clock);
  const webApi: WebApi = {
    workspace,
    triggers,
    faults,
    limiter,
    openSocketUrl: () => socketMode.openUrl(`ws://${origin}`),
  };

  const looks = looksOf(parts, () => socketMode.connections());
  const acts = actsOf(parts, { faults, disconnect: socketMode.disconnect });
  const page = createPage(workspace);
  const control = createControlApi({ workspace, faults, acts, looks });
  server.on('upgrade', (request, socket, head) => {
    if (faults.outage() !== null) socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
    else socketMode.upgrade(request, socket, head);
  });
  server.on('request', (request, response) => {
    route({ request, response }, { webApi, responses, page, control }).catch((error: unknown) =>
      fail(workspace, response, error),
    );
  });

  const { bot, tokens } = workspace;
  return {
    url,
    apiUrl: `${url}/api/`,
    botToken: tokens.bot,
    appToken: tokens.app,
    teamId: settings.teamId,
    botUserId: bot.userId,
    appId: bot.appId,
    ...acts,
    ...looks,
    close: async () => {
      socketMode.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function actsOf(
  parts: ActorParts,
  { faults, disconnect }: { faults: ReturnType<typeof createFaults>; disconnect: SlackActs['disconnect'] },
): SlackActs {
  const { workspace, deliveries } = parts;
  const reachable = (): void => {
    if (faults.outage() !== null) throw new Error('Slack is away: nobody can do anything in it now');
  };
  return {
    slash: async (typing) => {
      reachable();
      return typeCommand(parts, { ...typing, channel: channelId(workspace, typing.channel) });
    },
    click: async (click) => {
      reachable();
      return clickButton(parts, click);
    },
    submitView: async (submission) => {
      reachable();
      return submitView(parts, submission);
    },
    closeView: (user) => closeView(parts, user),
    say: ({ user, channel, text, threadTs = null }) =>
      workspace.post({
        channel: channelId(workspace, channel),
        threadTs,
        broadcast: false,
        author: user,
        text: escapeText(text),
        blocks: [],
        metadata: null,
      }),
    event: (event) => {
      const { bot, settings } = workspace;
      const payload = {
        token: 'verification-token',
        team_id: settings.teamId,
        api_app_id: bot.appId,
        type: 'event_callback',
        event,
        event_id: `Ev${Date.now()}`,
        event_time: Math.floor(workspace.clock.now() / 1000),
        authorizations: [{ team_id: settings.teamId, user_id: bot.userId, is_bot: true }],
      };
      return deliveries.deliver({ type: 'events_api' satisfies EnvelopeType, name: event.type, payload });
    },
    deleteMessage: (channel, ts) => {
      const message = workspace.message(channelId(workspace, channel), ts);
      if (message === undefined) throw new Error(`no message ${ts} in ${channel}`);
      workspace.remove(message);
    },
    changeChannel: (channel, change) => workspace.changeChannel(channelId(workspace, channel), change),
    addFault: faults.add,
    clearFaults: faults.clear,
    disconnect,
    outage: (how) => {
      faults.setOutage(how);
      workspace.log.add('outage', { how });
      disconnect(null);
    },
    outageEnds: () => {
      faults.setOutage(null);
      workspace.log.add('outage-ended', {});
    },
  };
}

function looksOf({ workspace, deliveries }: ActorParts, connections: () => number): SlackLooks {
  return {
    messages: (channel) =>
      workspace
        .messages(channelId(workspace, channel))
        .filter(({ threadTs, broadcast }) => threadTs === null || broadcast),
    thread: (ts) =>
      workspace
        .channels()
        .flatMap(({ id }) => workspace.messages(id).filter((message) => message.ts === ts || message.threadTs === ts)),
    ephemerals: (user) => workspace.ephemerals(user),
    views: (user) => workspace.views(user),
    deliveries: deliveries.records,
    log: () => workspace.log.entries(),
    connections,
    onChange: (listener) => workspace.onChange(listener),
    waitFor: (predicate, timeoutMs = 10_000) => waitForChange(workspace, predicate, timeoutMs),
  };
}

/** A channel by id or by name, with or without `#`. */
function channelId(workspace: Workspace, given: string): string {
  const name = given.replace(/^#/, '');
  const found = workspace.channels().find((channel) => channel.id === given || channel.name === name);
  if (found === undefined) throw new Error(`no channel ${given} in this workspace`);
  return found.id;
}

type Exchange = { request: IncomingMessage; response: ServerResponse };
type Handler = (exchange: Exchange & { path: string; query: URLSearchParams }) => Promise<boolean>;
type Rooms = { webApi: WebApi; responses: ReturnType<typeof createResponseUrls>; page: Handler; control: Handler };

async function route({ request, response }: Exchange, { webApi, responses, page, control }: Rooms): Promise<void> {
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://local');
  if (path.startsWith('/api/')) {
    return await answerWebApi(webApi, {
      request,
      response,
      name: path.slice('/api/'.length),
      body: await text(request),
    });
  }
  if (path.startsWith('/response/')) return await answerResponseUrl(responses, { request, response, path });
  if (await control({ request, response, path, query })) return;
  if (await page({ request, response, path, query })) return;
  response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
}

async function answerResponseUrl(
  responses: Rooms['responses'],
  { request, response, path }: Exchange & { path: string },
): Promise<void> {
  try {
    responses.post(path.slice('/response/'.length), JSON.parse(await text(request)));
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
  } catch (error) {
    const code = error instanceof SlackError ? error.code : 'invalid_payload';
    response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: false, error: code }));
  }
}

/** A bug of the simulator is seen at once: in its log and as HTTP 500 with the stack. */
function fail(workspace: Workspace, response: ServerResponse, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  workspace.log.add('simulator-bug', { stack });
  if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
  response.end(stack);
}
