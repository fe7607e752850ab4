import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readArguments, textArgument } from './arguments.ts';
import type { CallFault, Faults } from './faults.ts';
import type { JsonObject } from './messages.ts';
import { chatMethods } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import type { Method } from './methods/method.ts';
import { peopleMethods } from './methods/people.ts';
import { viewMethods } from './methods/views.ts';
import type { RateLimiter } from './rate-limits.ts';
import { SlackError } from './slack-error.ts';
import type { Triggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';

const METHODS: Record<string, Method> = { ...chatMethods, ...conversationMethods, ...peopleMethods, ...viewMethods };

export type WebApi = {
  workspace: Workspace;
  triggers: Triggers;
  faults: Faults;
  limiter: RateLimiter;
  openSocketUrl: () => string;
};

type Answer = { status: number; headers: Record<string, string>; body: JsonObject };

/** Answers `/api/<method>`: fault, rate, token, scope, then the method. */
export async function answerWebApi(
  api: WebApi,
  call: { request: IncomingMessage; response: ServerResponse; name: string; body: string },
): Promise<void> {
  const { request, response, name, body } = call;
  const fault = outageFault(api.faults) ?? api.faults.forCall(name);
  const early = fault === undefined ? undefined : beforeEffect(fault);
  const answer = early ?? callMethod(api, { name, body, request });
  const { workspace } = api;
  workspace.log.add('api-call', {
    method: name,
    status: answer.status,
    ok: answer.body.ok === true,
    error: answer.body.error,
    fault: fault?.kind,
  });
  if (fault?.kind.startsWith('connection-lost') === true) return void request.socket.destroy();
  if (fault?.kind.startsWith('time-out') === true) return void (await once(response, 'close'));
  const late: Answer = fault?.kind === 'server-error-after' ? serverError() : answer;
  response
    .writeHead(late.status, { 'content-type': 'application/json; charset=utf-8', ...late.headers })
    .end(JSON.stringify(late.body));
}

function outageFault(faults: Faults): CallFault | undefined {
  const outage = faults.outage();
  if (outage === null) return undefined;
  const kind = outage === 'silent' ? 'time-out-before' : 'server-error-before';
  return { kind, method: '*', count: 1, retryAfter: 1 };
}

/** The answer to give instead of running the method; `undefined`: the method takes effect first. */
function beforeEffect(fault: CallFault): Answer | undefined {
  switch (fault.kind) {
    case 'rate-limited':
      return rateLimited(fault.retryAfter);
    case 'api-error':
      return ok({ ok: false, error: fault.error });
    case 'server-error-before':
    case 'time-out-before':
    case 'connection-lost-before':
      return serverError();
    case 'server-error-after':
    case 'time-out-after':
    case 'connection-lost-after':
      return undefined;
    default:
      return fault satisfies never;
  }
}

function callMethod(
  api: WebApi,
  { name, body, request }: { name: string; body: string; request: IncomingMessage },
): Answer {
  const { workspace, triggers, openSocketUrl, limiter } = api;
  const method = METHODS[name];
  const scopes = {
    'x-oauth-scopes': workspace.settings.scopes.join(','),
    'x-accepted-oauth-scopes': method?.scope ?? '',
  };
  try {
    if (method === undefined) throw new SlackError('unknown_method', { req_method: name });
    const args = readArguments(body, request.headers['content-type'] ?? '');
    checkToken(workspace, method, bearer(request) ?? textArgument(args, 'token'));
    const channel = textArgument(args, 'channel') ?? '';
    const wait = workspace.settings.rateLimits ? limiter.wait({ method: name, rate: method.rate, channel }) : 0;
    if (wait > 0) return rateLimited(wait);
    return ok({ ok: true, ...method.run({ workspace, triggers, args, openSocketUrl }) }, scopes);
  } catch (error) {
    if (error instanceof SlackError) return ok({ ok: false, error: error.code, ...error.extra }, scopes);
    throw error;
  }
}

function checkToken({ settings, tokens }: Workspace, method: Method, token: string | undefined): void {
  if (token === undefined) throw new SlackError('not_authed');
  if (token !== tokens.bot && token !== tokens.app) throw new SlackError('invalid_auth');
  if (token !== tokens[method.token]) throw new SlackError('not_allowed_token_type');
  const provided = method.token === 'bot' ? settings.scopes : ['connections:write'];
  if (method.scope !== null && !provided.includes(method.scope)) {
    throw new SlackError('missing_scope', { needed: method.scope, provided: provided.join(',') });
  }
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function ok(body: JsonObject, headers: Record<string, string> = {}): Answer {
  return { status: 200, headers, body };
}

function rateLimited(seconds: number): Answer {
  return { status: 429, headers: { 'retry-after': String(seconds) }, body: { ok: false, error: 'ratelimited' } };
}

function serverError(): Answer {
  return { status: 503, headers: {}, body: { ok: false, error: 'service_unavailable' } };
}
