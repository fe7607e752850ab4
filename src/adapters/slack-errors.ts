import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { InternalError, messageOf, TransientError, UserError } from '#src/domain/errors.ts';

/**
 * What Slack's answers mean for the caller. The codes that matter:
 * `SlackAnswerLost`: the call may have been carried out; look for its effect before calling again.
 * `SlackRateLimited`: with `retryAfterMs`. `SlackUnreachable`: nothing was carried out.
 * Error names: https://docs.slack.dev/reference/methods/chat.postMessage#errors
 */
export function fromSlackError(error: unknown, method: string): Error {
  if (error instanceof WebAPIRateLimitedError) {
    const message = `slack limits how often ${method} may be called, and asks to wait ${error.retryAfter} s`;
    return new TransientError('SlackRateLimited', message, { cause: error, retryAfterMs: error.retryAfter * 1000 });
  }
  if (error instanceof WebAPIPlatformError) return fromPlatformError(error, method);
  if (error instanceof WebAPIHTTPError) return answerLost(error, method, `HTTP status ${error.statusCode}`);
  if (error instanceof WebAPIRequestError) return fromRequestError(error, method);
  return new InternalError('SlackCallFailed', `calling ${method} of slack failed: ${messageOf(error)}`, {
    cause: error,
  });
}

function answerLost(cause: unknown, method: string, what: string): TransientError {
  return new TransientError('SlackAnswerLost', `slack did not say whether ${method} was carried out: ${what}`, {
    cause,
  });
}

/** Only when no connection came about is it certain that nothing was carried out. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

function fromRequestError(error: WebAPIRequestError, method: string): TransientError {
  const { original } = error;
  const code = codeOf(original.cause) ?? codeOf(original);
  const what = code === undefined ? original.message : `${original.message} (${code})`;
  if (code !== undefined && NOT_SENT.includes(code)) {
    return new TransientError('SlackUnreachable', `slack cannot be reached for ${method}: ${what}`, { cause: error });
  }
  return answerLost(error, method, what);
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const UNCERTAIN = ['internal_error', 'fatal_error', 'request_timeout'];
const BUSY = ['service_unavailable', 'team_added_to_org', 'accesslimited'];
const RATE_LIMITED = ['ratelimited', 'rate_limited', 'message_limit_exceeded'];

const TOKEN_REFUSED = ['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired'];

const ARCHIVED = {
  code: 'SlackChannelArchived',
  what: 'the channel is archived: unarchive it and invite the bot again (/invite), or name another as maintenanceChannel in the fleet file',
};

/** What a person can do about it; everything else is our bug. */
const WAYS_OUT: Record<string, { code: string; what: string }> = {
  channel_not_found: {
    code: 'SlackChannelNotFound',
    what: 'slack does not know the channel: correct maintenanceChannel in the fleet file, and for a private channel invite the bot first',
  },
  not_in_channel: { code: 'SlackNotInChannel', what: 'the bot is not in the channel: invite it there with /invite' },
  is_archived: ARCHIVED,
  // What chat.update answers there: https://docs.slack.dev/reference/methods/chat.update#errors
  is_inactive: ARCHIVED,
  restricted_action: {
    code: 'SlackPostingRestricted',
    what: 'the workspace does not let the bot post there: allow it in the settings of the channel',
  },
  message_not_found: { code: 'SlackMessageGone', what: 'the message is not there any more: somebody deleted it' },
  thread_not_found: {
    code: 'SlackMessageGone',
    what: 'the message that this replies to is not there any more: somebody deleted it',
  },
  cannot_reply_to_message: { code: 'SlackMessageGone', what: 'the message cannot be replied to: somebody deleted it' },
  ...Object.fromEntries(
    TOKEN_REFUSED.map((name) => [
      name,
      {
        code: 'SlackTokenRefused',
        what: 'slack refuses the bot token: install the app again and set SLACK_BOT_TOKEN to its new token',
      },
    ]),
  ),
};

/** The only method that is called with the app-level token: https://docs.slack.dev/reference/methods/apps.connections.open */
const APP_TOKEN_WAYS_OUT: Record<string, { code: string; what: string }> = Object.fromEntries(
  [...TOKEN_REFUSED, 'not_allowed_token_type', 'missing_scope'].map((name) => [
    name,
    {
      code: 'SlackTokenRefused',
      what: 'slack refuses the app-level token: set SLACK_APP_TOKEN to one with the scope connections:write, made under "Basic Information" of the same app',
    },
  ]),
);

/** null: not a refusal of the app-level token. */
function appTokenRefusal(name: string, cause: unknown): UserError | null {
  const known = APP_TOKEN_WAYS_OUT[name];
  return known === undefined
    ? null
    : new UserError(known.code, `${known.what} (apps.connections.open: ${name})`, { cause });
}

function fromPlatformError(error: WebAPIPlatformError, method: string): Error {
  const name = error.data.error;
  if (UNCERTAIN.includes(name)) return answerLost(error, method, name);
  if (BUSY.includes(name))
    return new TransientError('SlackUnavailable', `slack does not take ${method} at the moment: ${name}`, {
      cause: error,
    });
  if (RATE_LIMITED.includes(name)) {
    return new TransientError('SlackRateLimited', `slack limits how often ${method} may be called: ${name}`, {
      cause: error,
      retryAfterMs: 30_000,
    });
  }
  if (name === 'missing_scope' && method !== 'apps.connections.open') {
    const needed = 'needed' in error.data ? String(error.data.needed) : 'that manifest.yml names';
    const message = `the bot lacks the scope ${needed} for ${method}: add it under "OAuth & Permissions" and install the app again`;
    return new UserError('SlackMissingScope', message, { cause: error });
  }
  const refusal = method === 'apps.connections.open' ? appTokenRefusal(name, error) : null;
  if (refusal !== null) return refusal;
  const known = WAYS_OUT[name];
  if (known !== undefined) return new UserError(known.code, `${known.what} (${method}: ${name})`, { cause: error });
  return new InternalError('SlackRefused', `slack refused ${method}: ${[name, ...details(error)].join('; ')}`, {
    cause: error,
  });
}

function details(error: WebAPIPlatformError): string[] {
  return error.data.response_metadata?.messages ?? [];
}
