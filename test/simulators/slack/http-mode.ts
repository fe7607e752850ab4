import { createHmac } from 'node:crypto';
import type { Envelope, Transport } from './delivery.ts';

/**
 * Signed requests to the app's request URL: https://docs.slack.dev/authentication/verifying-requests-from-slack.
 * Real time, as the app compares the timestamp with its own clock.
 */
export function createHttpMode({
  requestUrl,
  signingSecret,
}: {
  requestUrl: string;
  signingSecret: string;
}): Transport {
  return {
    send: async (envelope, { limitMs, dropConnection }) => {
      const { body, contentType } = encode(envelope);
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
      const retry = {
        'x-slack-retry-num': String(envelope.retryAttempt),
        'x-slack-retry-reason': envelope.retryReason,
      };
      const sentAt = performance.now();
      try {
        const response = await fetch(requestUrl, {
          method: 'POST',
          body,
          headers: {
            'content-type': contentType,
            'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
            'x-slack-request-timestamp': timestamp,
            'x-slack-signature': `v0=${signature}`,
            ...(envelope.retryAttempt > 0 ? retry : {}),
          },
          signal: AbortSignal.timeout(dropConnection ? 1 : limitMs),
        });
        const text = await response.text();
        if (!response.ok) return { kind: 'failed', why: `HTTP ${response.status}: ${text.slice(0, 200)}` };
        return { kind: 'acked', ackMs: performance.now() - sentAt, payload: decode(text) };
      } catch (error) {
        if (error instanceof DOMException && error.name === 'TimeoutError') return { kind: 'timed-out' };
        return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Commands are form fields, interactions one form field `payload`, events JSON. */
function encode({ type, payload }: Envelope): { body: string; contentType: string } {
  const form = 'application/x-www-form-urlencoded';
  switch (type) {
    case 'slash_commands': {
      const fields = Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]);
      return { body: new URLSearchParams(fields).toString(), contentType: form };
    }
    case 'interactive':
      return { body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), contentType: form };
    case 'events_api':
      return { body: JSON.stringify(payload), contentType: 'application/json' };
    default:
      return type satisfies never;
  }
}

/** A slash command may be answered with plain text. */
function decode(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return { text };
  }
}
