import { describe, expect, test } from 'vitest';
import { fromKubernetesError, mayHaveMoved } from '#src/adapters/kubernetes-errors.ts';

const call = { cluster: 'coast', operation: 'list nodes' };

/** As client-node throws it: the body is text. */
function answer(code: number, message?: string): Error {
  const body = message === undefined ? undefined : JSON.stringify({ kind: 'Status', message, reason: 'x' });
  return Object.assign(new Error(`HTTP-Code: ${code}\nHeaders: …`), { code, body });
}

function fetchFailed(cause: unknown): Error {
  return new TypeError('fetch failed', { cause });
}

const coded = (code: string, message = '') => Object.assign(new Error(message), { code });

describe('answers of the API server', () => {
  test.each([
    [401, 'Unauthorized', 'TransientError', 'KubernetesUnauthorized'],
    [403, 'nodes is forbidden: User "bot" cannot list resource "nodes"', 'UserError', 'KubernetesForbidden'],
    [404, 'daemonsets.apps "x" not found', 'UserError', 'KubernetesNotFound'],
    [409, 'the object has been modified', 'TransientError', 'KubernetesBusy'],
    [410, 'the provided continue parameter is too old', 'TransientError', 'KubernetesBusy'],
    [429, 'too many requests', 'TransientError', 'KubernetesBusy'],
    [422, 'spec is invalid', 'InternalError', 'KubernetesRejected'],
    [500, 'etcdserver: leader changed', 'TransientError', 'KubernetesUnavailable'],
    [503, 'shutting down', 'TransientError', 'KubernetesUnavailable'],
  ])('%i %s is a %s %s, in the server’s words', (code, message, name, ours) => {
    const error = fromKubernetesError(answer(code, message), call);
    expect(error).toMatchObject({ name, code: ours });
    expect(error.message).toContain('kubernetes of coast: list nodes');
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('Headers');
  });

  test('a 401 without a body, as client-node gives it, is still one', () => {
    expect(fromKubernetesError(answer(401), call)).toMatchObject({ code: 'KubernetesUnauthorized' });
  });

  test.each([400, 403, 422])('a webhook that refuses with %i is no missing right', (code) => {
    const words =
      'configmaps "aws-auth" is forbidden: admission webhook "freeze.example.com" denied the request: frozen';
    const error = fromKubernetesError(answer(code, words), call);
    expect(error).toMatchObject({ name: 'UserError', code: 'KubernetesAdmissionDenied' });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('rbac');
  });

  test('too many requests say in plain text, and how long to wait', () => {
    const parts = { code: 429, body: 'Too many requests, please try again later.\n', headers: { 'retry-after': '7' } };
    const error = fromKubernetesError(Object.assign(new Error('x'), parts), call);
    expect(error).toMatchObject({ code: 'KubernetesBusy', retryAfterMs: 7000 });
    expect(error.message).toContain('HTTP 429: Too many requests, please try again later.');
  });

  test('a page of HTML is not quoted', () => {
    const error = fromKubernetesError(Object.assign(new Error('x'), { code: 502, body: '<html>bad gateway' }), call);
    expect(error.message).toMatch(/HTTP 502$/);
  });

  test('a missing right points at the file that grants it', () => {
    expect(fromKubernetesError(answer(403, 'no'), call).message).toContain('docs/rbac.yaml');
  });
});

describe('no answer', () => {
  test.each([
    [coded('ENOTFOUND', 'getaddrinfo ENOTFOUND x.eks.amazonaws.com'), '(DNS)'],
    [coded('EAI_AGAIN', 'getaddrinfo EAI_AGAIN x'), '(DNS)'],
    [coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'), 'connection refused'],
    [new AggregateError([coded('ECONNREFUSED', 'connect ECONNREFUSED ::1:1')]), 'connection refused'],
    [coded('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error'), '(time-out)'],
    [coded('UND_ERR_SOCKET', 'other side closed'), 'connection lost'],
    [coded('EHOSTUNREACH', 'connect EHOSTUNREACH'), 'no route'],
    [coded('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'), '(TLS)'],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'), '(TLS)'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames"), '(TLS)'],
  ])('%s is unreachable, and says how: %s', (cause, words) => {
    const error = fromKubernetesError(fetchFailed(cause), call);
    expect(error).toMatchObject({ name: 'TransientError', code: 'KubernetesUnreachable' });
    expect(error.message).toContain(words);
  });

  test('our own time limit is a time-out', () => {
    expect(
      fromKubernetesError(new DOMException('The operation was aborted due to timeout', 'TimeoutError'), call).message,
    ).toContain('(time-out)');
  });
});

test('an error that is neither is our bug', () => {
  expect(fromKubernetesError(new TypeError('x is undefined'), call)).toMatchObject({
    name: 'InternalError',
    code: 'KubernetesCallFailed',
  });
});

test.each([
  [answer(401), true],
  [fetchFailed(coded('ECONNREFUSED')), true],
  [fetchFailed(coded('CERT_HAS_EXPIRED')), true],
  [answer(403, 'no'), false],
  [answer(500, 'x'), false],
  [new TypeError('x'), false],
])('%s: the API server may have moved: %s', (error, moved) => {
  expect(mayHaveMoved(error)).toBe(moved);
});
