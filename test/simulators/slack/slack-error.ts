import type { JsonObject } from './messages.ts';

/** What Slack answers as `{ ok: false, error }` with HTTP 200. */
export class SlackError extends Error {
  readonly code: string;
  readonly extra: JsonObject;

  constructor(code: string, extra: JsonObject = {}) {
    super(code);
    this.name = 'SlackError';
    this.code = code;
    this.extra = extra;
  }
}

/** Slack's form of "these blocks are wrong". */
export function invalidBlocks(code: 'invalid_blocks' | 'invalid_arguments', messages: string[]): SlackError {
  return new SlackError(code, {
    errors: messages,
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}
