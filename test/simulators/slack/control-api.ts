import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type Faults, faultSchema } from './faults.ts';
import type { SlackActs, SlackLooks } from './simulator.ts';
import type { Workspace } from './workspace.ts';

/*
 * Everything a test can do in-process, for other processes: `POST /_sim/<act>` with a JSON body, `GET /_sim/<look>`.
 * POSTs must say `application/json`, so that a foreign web page cannot send one without a preflight.
 */

type Parts = { workspace: Workspace; faults: Faults; acts: SlackActs; looks: SlackLooks };
type Exchange = { request: IncomingMessage; response: ServerResponse; path: string; query: URLSearchParams };

const person = z.string();
const waitSchema = z.strictObject({
  channel: z.string(),
  /** Text that the message (text or blocks) must contain. */
  contains: z.string(),
  /** Look in this thread instead of the channel. */
  threadTs: z.string().optional(),
  timeoutMs: z.number().positive().default(10_000),
});

export function createControlApi(parts: Parts): (exchange: Exchange) => Promise<boolean> {
  const posts = postsOf(parts);
  const gets = getsOf(parts);
  return async ({ request, response, path, query }) => {
    const [, name] = /^\/_sim\/([a-z-]+)$/.exec(path) ?? [];
    const get = request.method === 'GET' && name !== undefined ? gets[name] : undefined;
    if (get !== undefined) return answer(response, 200, get(query));
    const post = request.method === 'POST' && name !== undefined ? posts[name] : undefined;
    if (post === undefined) return false;
    if (request.headers['content-type']?.startsWith('application/json') !== true)
      return answer(response, 415, { error: 'send application/json' });
    try {
      return answer(response, 200, (await post(JSON.parse(await text(request)))) ?? { ok: true });
    } catch (error) {
      const message =
        error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
      return answer(response, 400, { error: message });
    }
  };
}

function postsOf({ workspace, acts, looks }: Parts): Record<string, (body: unknown) => unknown> {
  const typing = z.strictObject({
    user: person,
    channel: z.string(),
    text: z.string().min(1),
    threadTs: z.string().optional(),
  });
  return {
    slash: (body) => acts.slash(typing.parse(body)),
    say: (body) => acts.say(typing.parse(body)),
    click: (body) =>
      acts.click(
        z
          .strictObject({
            user: person,
            messageTs: z.string(),
            actionId: z.string(),
            blockId: z.string().optional(),
            value: z.string().optional(),
          })
          .parse(body),
      ),
    'submit-view': (body) =>
      acts.submitView(z.strictObject({ user: person, values: z.record(z.string(), z.string()) }).parse(body)),
    'close-view': (body) => acts.closeView(z.strictObject({ user: person }).parse(body).user),
    event: (body) => acts.event(z.looseObject({ type: z.string() }).parse(body)),
    'delete-message': (body) => {
      const { channel, ts } = z.strictObject({ channel: z.string(), ts: z.string() }).parse(body);
      acts.deleteMessage(channel, ts);
    },
    'change-channel': (body) => {
      const { channel, isArchived, botIsMember } = z
        .strictObject({ channel: z.string(), isArchived: z.boolean().optional(), botIsMember: z.boolean().optional() })
        .parse(body);
      acts.changeChannel(channel, {
        ...(isArchived === undefined ? {} : { isArchived }),
        ...(botIsMember === undefined ? {} : { botIsMember }),
      });
    },
    faults: (body) => acts.addFault(faultSchema.parse(body)),
    'clear-faults': () => acts.clearFaults(),
    outage: (body) => acts.outage(z.strictObject({ how: z.enum(['unavailable', 'silent']) }).parse(body).how),
    'outage-ends': () => acts.outageEnds(),
    disconnect: (body) =>
      acts.disconnect(
        z.strictObject({ reason: z.enum(['warning', 'refresh_requested', 'link_disabled']).nullable() }).parse(body)
          .reason,
      ),
    'wait-for': async (body) => {
      const { channel, contains, threadTs, timeoutMs } = waitSchema.parse(body);
      const candidates = () => (threadTs === undefined ? looks.messages(channel) : looks.thread(threadTs));
      const holds = (message: object) => JSON.stringify(message).includes(JSON.stringify(contains).slice(1, -1));
      return {
        message: await looks.waitFor(() => candidates().findLast(holds), timeoutMs),
        simulatedAt: workspace.clock.now(),
      };
    },
  };
}

function getsOf({ workspace, faults, looks }: Parts): Record<string, (query: URLSearchParams) => unknown> {
  const need = (query: URLSearchParams, name: string): string => query.get(name) ?? '';
  return {
    messages: (query) => looks.messages(need(query, 'channel')),
    thread: (query) => looks.thread(need(query, 'ts')),
    ephemerals: (query) => looks.ephemerals(need(query, 'user')),
    views: (query) => looks.views(need(query, 'user')),
    deliveries: () => looks.deliveries(),
    log: () => looks.log(),
    connections: () => ({ connections: looks.connections() }),
    faults: () => faults.pending(),
    workspace: () => ({
      users: workspace.settings.users,
      channels: workspace.channels(),
      commands: workspace.settings.commands,
      simulatedNow: workspace.clock.now(),
    }),
  };
}

function answer(response: ServerResponse, status: number, body: unknown): true {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
  return true;
}
