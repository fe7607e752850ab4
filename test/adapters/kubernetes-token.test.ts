import { createHash, createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createAwsClients } from '#src/adapters/aws-clients.ts';
import { createTokenSource } from '#src/adapters/kubernetes-token.ts';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'a+b/c==' };
const NOW = Date.UTC(2026, 10, 22, 14, 0, 0);
const opened: { close: () => void }[] = [];

afterEach(() => {
  for (const clients of opened.splice(0)) clients.close();
});

function source({
  region = 'us-west-2',
  endpointUrl = null,
  at = () => NOW,
}: {
  region?: string;
  endpointUrl?: string | null;
  at?: () => number;
} = {}) {
  let asked = 0;
  let confirmed = 0;
  const clients = createAwsClients({ region, roleArn: null }, { version: '0', endpointUrl });
  opened.push(clients);
  const credentials = async () => {
    asked++;
    return KEY;
  };
  const confirmedCredentials = async () => {
    confirmed++;
    return KEY;
  };
  const tokens = createTokenSource(
    { clients: { ...clients, credentials, confirmedCredentials }, cluster: 'coast' },
    at,
  );
  return { tokens, asked: () => asked, confirmed: () => confirmed };
}

function urlIn(token: string): URL {
  expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
}

/** SigV4 as AWS writes it down, apart from the SDK: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf(url: URL, cluster: string): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = [
    'GET',
    '/',
    query,
    `host:${url.host}\nx-k8s-aws-id:${cluster}\n`,
    'host;x-k8s-aws-id',
    sha(''),
  ].join('\n');
  const [date = '', region = '', service = '', last = ''] = (url.searchParams.get('X-Amz-Credential') ?? '')
    .split('/')
    .slice(1);
  const toSign = [
    'AWS4-HMAC-SHA256',
    url.searchParams.get('X-Amz-Date'),
    `${date}/${region}/${service}/${last}`,
    sha(canonical),
  ].join('\n');
  const key = [date, region, service, last].reduce<Buffer | string>(
    (k, part) => createHmac('sha256', k).update(part).digest(),
    `AWS4${KEY.secretAccessKey}`,
  );
  return createHmac('sha256', key).update(toSign).digest('hex');
}

describe('the token', () => {
  test('is a presigned GetCallerIdentity for the region’s STS, signed for this cluster alone', async () => {
    const url = urlIn(await source().tokens.token());
    expect(url.origin).toBe('https://sts.us-west-2.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20261122/us-west-2/sts/aws4_request',
      'X-Amz-Date': '20261122T140000Z',
      'X-Amz-Expires': '60',
      'X-Amz-Security-Token': 'a+b/c==',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Signature': signatureOf(url, 'coast'),
    });
    expect(url.searchParams.get('X-Amz-Signature')).not.toBe(signatureOf(url, 'another'));
  });

  test.each([
    ['us-east-1', 'https://sts.us-east-1.amazonaws.com'],
    ['cn-north-1', 'https://sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'https://sts.us-gov-west-1.amazonaws.com'],
  ])('in %s it is for %s', async (region, origin) => {
    expect(urlIn(await source({ region }).tokens.token()).origin).toBe(origin);
  });

  test('names AWS’s STS also when the bot reaches AWS under another name: API servers take no other', async () => {
    const { tokens } = source({ endpointUrl: 'http://127.0.0.1:1' });
    expect(urlIn(await tokens.token()).origin).toBe('https://sts.us-west-2.amazonaws.com');
  });
});

describe('a token', () => {
  test('is used for ten minutes and then made anew', async () => {
    let now = NOW;
    const { tokens, asked } = source({ at: () => now });
    const first = await tokens.token();
    now += 10 * 60_000 - 1;
    expect(await tokens.token()).toBe(first);
    now += 1;
    expect(await tokens.token()).not.toBe(first);
    expect(asked()).toBe(2);
  });

  test('is made once for calls that ask together', async () => {
    const { tokens, asked } = source();
    await Promise.all([tokens.token(), tokens.token()]);
    expect(asked()).toBe(1);
  });

  test('is made anew after it was refused, from credentials that AWS has just taken: a session may have ended', async () => {
    const { tokens, asked, confirmed } = source();
    await tokens.token();
    tokens.forget();
    await tokens.token();
    await tokens.token();
    expect([asked(), confirmed()]).toEqual([1, 1]);
  });

  test('that could not be signed is not kept, and says why', async () => {
    const clients = createAwsClients({ region: 'us-west-2', roleArn: null }, { version: '0', endpointUrl: null });
    opened.push(clients);
    let fails = true;
    const credentials = async () => {
      if (fails) throw Object.assign(new Error('no profile'), { name: 'CredentialsProviderError' });
      return KEY;
    };
    const tokens = createTokenSource({ clients: { ...clients, credentials }, cluster: 'coast' });
    await expect(tokens.token()).rejects.toMatchObject({ name: 'TransientError', code: 'AwsCredentialsMissing' });
    fails = false;
    await expect(tokens.token()).resolves.toMatch(/^k8s-aws-v1\./);
  });
});
