import { expect, test } from 'vitest';
import type { KubernetesApis } from '#src/adapters/kubernetes-client.ts';
import { createKubernetesConnection } from '#src/adapters/kubernetes-connection.ts';
import { TransientError } from '#src/domain/errors.ts';

const unauthorized = () => Object.assign(new Error('HTTP-Code: 401'), { code: 401, body: undefined });

/** A cluster whose API server moves to the next endpoint each time it is looked up. */
function world({ lookUpFails = false } = {}) {
  const seen = { lookUps: 0, closed: [] as string[], tokensForgotten: 0 };
  const connection = createKubernetesConnection({
    cluster: 'coast',
    eks: {
      describeCluster: async () => {
        seen.lookUps++;
        if (lookUpFails) throw new TransientError('AwsThrottled', 'later');
        return { endpoint: `https://api-${seen.lookUps}`, certificateAuthority: 'pem' } as never;
      },
    },
    tokens: { token: async () => 't', forget: () => seen.tokensForgotten++ },
    userAgent: 'test',
    logger: { debug: () => {}, info: () => {}, warn: () => {} },
    connect: async ({ endpoint }) =>
      ({ endpoint, close: () => seen.closed.push(endpoint) }) as unknown as KubernetesApis,
  });
  return { connection, seen };
}

const endpointOf = (apis: KubernetesApis) => (apis as unknown as { endpoint: string }).endpoint;

test('the address is looked up once for many calls', async () => {
  const { connection, seen } = world();
  await Promise.all([connection.use('a', async () => 1), connection.use('b', async () => 2)]);
  await connection.use('c', async () => 3);
  expect(seen.lookUps).toBe(1);
});

test('after a 401 address, CA and token are made anew, and the call is tried once more', async () => {
  const { connection, seen } = world();
  const answer = await connection.use('list nodes', async (apis) => {
    if (endpointOf(apis) === 'https://api-1') throw unauthorized();
    return endpointOf(apis);
  });
  expect(answer).toBe('https://api-2');
  expect(seen).toEqual({ lookUps: 2, closed: ['https://api-1'], tokensForgotten: 1 });
});

test('a 401 that lasts is said after the second try', async () => {
  const { connection, seen } = world();
  await expect(connection.use('list nodes', async () => Promise.reject(unauthorized()))).rejects.toMatchObject({
    name: 'TransientError',
    code: 'KubernetesUnauthorized',
  });
  expect(seen.lookUps).toBe(2);
});

test('the address is looked up at the first of many 401s, and again when one comes after an answer', async () => {
  const { connection, seen } = world();
  let answer: (() => string) | (() => never) = () => {
    throw unauthorized();
  };
  const ask = () => connection.use('list nodes', async () => answer()).catch(() => 'refused');
  for (let minute = 0; minute < 5; minute++) expect(await ask()).toBe('refused');
  expect(seen).toMatchObject({ lookUps: 2, closed: ['https://api-1'], tokensForgotten: 5 });
  answer = () => 'nodes';
  expect(await ask()).toBe('nodes');
  answer = () => {
    throw unauthorized();
  };
  expect(await ask()).toBe('refused');
  expect(seen.lookUps).toBe(3);
});

test('a lost connection among 401s is a reason to look the address up', async () => {
  const { connection, seen } = world();
  const failing = (error: Error) => connection.use('list nodes', async () => Promise.reject(error)).catch(() => null);
  await failing(unauthorized());
  await failing(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  expect(seen.lookUps).toBe(3);
});

test('after a lost connection the address is looked up once more, and the token stays', async () => {
  const { connection, seen } = world();
  const lost = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  const answer = await connection.use('list nodes', async (apis) => {
    if (endpointOf(apis) === 'https://api-1') throw lost;
    return endpointOf(apis);
  });
  expect(answer).toBe('https://api-2');
  expect(seen).toMatchObject({ lookUps: 2, tokensForgotten: 0 });
});

test('calls that fail together share one look-up', async () => {
  const { connection, seen } = world();
  const call = async (apis: KubernetesApis) => {
    if (endpointOf(apis) === 'https://api-1') throw unauthorized();
    return endpointOf(apis);
  };
  const answers = await Promise.all([connection.use('a', call), connection.use('b', call), connection.use('c', call)]);
  expect(new Set(answers)).toEqual(new Set(['https://api-2']));
  expect(seen).toMatchObject({ lookUps: 2, tokensForgotten: 1 });
});

test('another failure is neither tried again nor a reason to look up', async () => {
  const { connection, seen } = world();
  const forbidden = Object.assign(new Error('HTTP-Code: 403'), { code: 403, body: '{"message":"no"}' });
  await expect(connection.use('list nodes', async () => Promise.reject(forbidden))).rejects.toMatchObject({
    code: 'KubernetesForbidden',
  });
  expect(seen.lookUps).toBe(1);
});

test('a failure may be an answer', async () => {
  const { connection } = world();
  const missing = Object.assign(new Error('HTTP-Code: 404'), { code: 404, body: '' });
  expect(
    await connection.use<string | null>(
      'get',
      async () => Promise.reject(missing),
      () => null,
    ),
  ).toBeNull();
});

test('a look-up that fails is said as it is, and made again by the next call', async () => {
  const { connection, seen } = world({ lookUpFails: true });
  await expect(connection.use('a', async () => 1)).rejects.toMatchObject({ code: 'AwsThrottled' });
  await expect(connection.use('a', async () => 1)).rejects.toMatchObject({ code: 'AwsThrottled' });
  expect(seen.lookUps).toBe(2);
});
