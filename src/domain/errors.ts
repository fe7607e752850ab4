/**
 * The four ways something can go wrong. A cancelled or declined thing is a result, not an error.
 * Messages: lower case, no full stop, the wrong value in them, and what to do.
 */
abstract class CodedError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The request is wrong: the person who made it can fix it. */
export class UserError extends CodedError {}

/** The request is understood, and policy forbids it. */
export class RefusedError extends CodedError {}

/** The outside world did not answer as it should; the same call may work later. */
export class TransientError extends CodedError {
  /** How long the other side asked us to wait, or null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(code: string, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Our own bug, or a stored value we cannot read. */
export class InternalError extends CodedError {}

/** The text of anything that was thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
