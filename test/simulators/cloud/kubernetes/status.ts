import type { JsonObject } from '../json.ts';

/** A Kubernetes answer that is an error: a Status object. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | null;

  constructor(code: number, reason: string, message: string, details: JsonObject | null = null) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === null ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

export function notFound(plural: string, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${plural} "${name}" not found`);
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}
