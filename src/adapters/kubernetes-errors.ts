import { z } from 'zod';
import type { NoAnswer } from '#src/domain/api-server-reach.ts';
import { InternalError, messageOf, RefusedError, TransientError, UserError } from '#src/domain/errors.ts';

/** An answer of the API server that is not 2xx. `body` is its text: usually a `Status` object as JSON. */
export type ApiFailure = Error & { code: number; body: unknown; headers?: Record<string, string> };

const status = z.object({ message: z.string(), reason: z.string().optional() });
const details = z.object({ details: z.object({ causes: z.array(z.object({ reason: z.string().optional() })) }) });

/** client-node's ApiException, told by its shape: its class would have to be loaded to be compared with. */
export function isApiFailure(error: unknown): error is ApiFailure {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'body' in error;
}

export function isUnauthorized(error: unknown): boolean {
  return isApiFailure(error) && error.code === 401;
}

export function isNotFound(error: unknown): boolean {
  return isApiFailure(error) && error.code === 404;
}

/** Somebody else changed the object since it was read. */
export function isConflict(error: unknown): boolean {
  return isApiFailure(error) && error.code === 409;
}

/** The reasons that the server gives beside its words, e.g. `DisruptionBudget`. */
export function causesOf({ body }: ApiFailure): string[] {
  const parsed = details.safeParse(typeof body === 'string' ? parseJson(body) : body);
  return parsed.success ? parsed.data.details.causes.flatMap(({ reason }) => reason ?? []) : [];
}

/** The API server may have another address, another CA or another view of who the bot is: look them up again. */
export function mayHaveMoved(error: unknown): boolean {
  return isUnauthorized(error) || networkCause(error) !== undefined;
}

/** The server's own words, without the headers that client-node puts into its messages. */
export function apiMessage(error: ApiFailure): string {
  const { body, code } = error;
  const parsed = status.safeParse(typeof body === 'string' ? parseJson(body) : body);
  if (parsed.success) return parsed.data.message;
  // Too many requests, and what stands before the API server, answer in plain text.
  const text = typeof body === 'string' && !/^\s*[<{]/.test(body) ? body.trim().split('\n')[0] : '';
  return text ? `HTTP ${code}: ${text.slice(0, 200)}` : `HTTP ${code}`;
}

export function fromKubernetesError(
  error: unknown,
  { cluster, operation }: { cluster: string; operation: string },
): Error {
  if ([UserError, RefusedError, TransientError, InternalError].some((type) => error instanceof type))
    return error as Error;
  const what = `kubernetes of ${cluster}: ${operation}`;
  if (isApiFailure(error)) return fromAnswer(error, what);
  const network = networkCause(error);
  if (network !== undefined)
    return new TransientError('KubernetesUnreachable', `${what}: ${network}`, { cause: error });
  return new InternalError('KubernetesCallFailed', `${what}: ${messageOf(error)}`, { cause: error });
}

function fromAnswer(error: ApiFailure, what: string): Error {
  const words = apiMessage(error);
  const options = { cause: error };
  if (ADMISSION.test(words) && error.code < 500)
    return new UserError(
      'KubernetesAdmissionDenied',
      `${what}: ${words}; have whoever keeps that policy let the bot through`,
      options,
    );
  switch (error.code) {
    case 401:
      // Some minutes after a control-plane update this passes by itself; at any other time the bot is not mapped.
      return new TransientError(
        'KubernetesUnauthorized',
        `${what}: the API server does not know the bot (401): ${words}`,
        options,
      );
    case 403:
      return new UserError(
        'KubernetesForbidden',
        `${what}: ${words}; give the bot the rights in docs/rbac.yaml`,
        options,
      );
    case 404:
      return new UserError('KubernetesNotFound', `${what}: ${words}`, options);
    case 408:
    case 409:
    case 410:
    case 429:
      return new TransientError('KubernetesBusy', `${what}: ${words}`, { ...options, ...retryAfter(error) });
    default:
      if (error.code >= 500) return new TransientError('KubernetesUnavailable', `${what}: ${words}`, options);
      return new InternalError('KubernetesRejected', `${what}: HTTP ${error.code}: ${words}`, options);
  }
}

/**
 * A webhook or a policy of the cluster, whatever its code says (it may choose one):
 * kubernetes `staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go`.
 */
const ADMISSION = /admission webhook .+ denied the request|ValidatingAdmissionPolicy .+ denied request/;

/** Whole seconds: kubernetes `staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go`. */
function retryAfter({ headers }: ApiFailure): { retryAfterMs?: number } {
  const seconds = Number(headers?.['retry-after']);
  return seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}

const DNS = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'];
const TIMED_OUT = ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];
const BROKEN = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED'];
const NO_ROUTE = ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN'];
/** OpenSSL's verify errors and Node's own: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Of those, what a certificate says that another authority signed. */
const NOT_TRUSTED =
  /^(UNABLE_TO_(?:VERIFY|GET_ISSUER)|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)/;

/** What kept the call from being answered, in words; `undefined` when it was not the network. */
function networkCause(error: unknown): string | undefined {
  return networkFailure(error)?.words;
}

/** For who has to know what to do about it. */
export function noAnswerOf(error: unknown): NoAnswer {
  return networkFailure(error) ?? { kind: 'lost', words: messageOf(error) };
}

function networkFailure(error: unknown): NoAnswer | undefined {
  for (const link of chainOf(error)) {
    const failure = failureOfLink(link);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function failureOfLink(link: Error): NoAnswer | undefined {
  if (link.name === 'TimeoutError') return { kind: 'silent', words: `no answer in time (time-out): ${link.message}` };
  const code = 'code' in link && typeof link.code === 'string' ? link.code : '';
  const words = link.message || code;
  if (DNS.includes(code))
    return { kind: 'name-unknown', words: `the name of the API server is not found (DNS): ${link.message}` };
  if (code === 'ECONNREFUSED') return { kind: 'lost', words: `connection refused: ${words}` };
  if (TIMED_OUT.includes(code)) return { kind: 'silent', words: `no answer in time (time-out): ${words}` };
  if (BROKEN.includes(code)) return { kind: 'lost', words: `connection lost: ${words}` };
  if (NO_ROUTE.includes(code)) return { kind: 'silent', words: `no route to the API server: ${words}` };
  if (!TLS.test(code)) return undefined;
  return {
    kind: NOT_TRUSTED.test(code) ? 'not-trusted' : 'tls',
    words: `the API server's certificate is not trusted (TLS): ${words}`,
  };
}

/** undici says only "fetch failed": the reason is in the causes, or in the errors of each address that was tried. */
function chainOf(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const tried = error instanceof AggregateError ? error.errors.flatMap((inner) => chainOf(inner, depth + 1)) : [];
  return [error, ...tried, ...chainOf(error.cause, depth + 1)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
