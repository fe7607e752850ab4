import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Checks Signature Version 4 the way AWS does: the canonical request is built again from what arrived.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export type SignedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string>;
  bodyHash: string;
};

export type Signature = {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
  amzDate: string;
};

/** From an Authorization header, or null when it is not there or not SigV4. */
export function signatureInHeader(headers: Record<string, string>): Signature | null {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    headers['authorization'] ?? '',
  );
  if (match === null) return null;
  const [, credential = '', signedHeaders = '', signature = ''] = match;
  return scope(credential, {
    signedHeaders: signedHeaders.split(';'),
    signature,
    amzDate: headers['x-amz-date'] ?? '',
  });
}

/** From the query of a presigned URL. */
export function signatureInQuery(query: URLSearchParams): Signature | null {
  const credential = query.get('X-Amz-Credential');
  const signature = query.get('X-Amz-Signature');
  if (credential === null || signature === null) return null;
  const signedHeaders = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  return scope(credential, { signedHeaders, signature, amzDate: query.get('X-Amz-Date') ?? '' });
}

function scope(credential: string, rest: Pick<Signature, 'signedHeaders' | 'signature' | 'amzDate'>): Signature | null {
  const [accessKeyId = '', date = '', region = '', service = '', end] = credential.split('/');
  return end === 'aws4_request' ? { accessKeyId, date, region, service, ...rest } : null;
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

export function signatureMatches(request: SignedRequest, signature: Signature, secretAccessKey: string): boolean {
  const { date, region, service, amzDate } = signature;
  const toSign = [
    'AWS4-HMAC-SHA256',
    amzDate,
    `${date}/${region}/${service}/aws4_request`,
    sha256(canonicalRequest(request, signature)),
  ].join('\n');
  const key = signingKey(secretAccessKey, [date, region, service, 'aws4_request']);
  const expected = Buffer.from(hmac(key, toSign).toString('hex'));
  const given = Buffer.from(signature.signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

const signingKeys = new Map<string, string | Buffer>();

/** The same for all that one key signs in a day for one service: four of the five HMACs of a check. */
function signingKey(secretAccessKey: string, scope: string[]): string | Buffer {
  const name = [secretAccessKey, ...scope].join('/');
  const key =
    signingKeys.get(name) ??
    scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  signingKeys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function canonicalRequest(
  { method, path, query, headers, bodyHash }: SignedRequest,
  { signedHeaders }: Signature,
): string {
  const pairs = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  // the path is encoded once more than it was sent (every service but S3)
  const canonicalPath = path.split('/').map(encode).join('/');
  return [
    method,
    canonicalPath === '' ? '/' : canonicalPath,
    pairs.map(([name, value]) => `${name}=${value}`).join('&'),
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
