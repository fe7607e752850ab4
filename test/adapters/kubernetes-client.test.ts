import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { connectKubernetes, type KubernetesApis } from '#src/adapters/kubernetes-client.ts';
import { fromKubernetesError } from '#src/adapters/kubernetes-errors.ts';
import { makeServerIdentity, type ServerIdentity } from '#test/simulators/cloud/certificate-authority.ts';

let identity: ServerIdentity;
const servers: Server[] = [];
const opened: KubernetesApis[] = [];

beforeAll(async () => {
  identity = await makeServerIdentity();
});

afterEach(async () => {
  for (const apis of opened.splice(0)) apis.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function apiServer(answer: RequestListener, callTimeoutMs?: number) {
  const seen = { connections: 0, requests: [] as IncomingMessage[] };
  const server = createServer({ key: identity.keyPem, cert: identity.certificatePem }, (request, response) => {
    seen.requests.push(request);
    answer(request, response);
  });
  server.on('secureConnection', () => seen.connections++);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  servers.push(server);
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const apis = await connect(endpoint, identity.caPem, callTimeoutMs);
  return { seen, endpoint, apis };
}

async function connect(
  endpoint: string,
  certificateAuthority: string,
  callTimeoutMs?: number,
): Promise<KubernetesApis> {
  const limit = callTimeoutMs === undefined ? {} : { callTimeoutMs };
  const apis = await connectKubernetes({
    endpoint,
    certificateAuthority,
    token: async () => 'k8s-aws-v1.token',
    userAgent: 'eks-upgrade-bot/1',
    ...limit,
  });
  opened.push(apis);
  return apis;
}

const json: RequestListener = (_, response) =>
  response.setHeader('content-type', 'application/json').end('{"gitVersion":"v1.22.17-eks-1","items":[]}');

test('calls carry the bearer token and say who calls', async () => {
  const { apis, seen } = await apiServer(json);
  expect((await apis.version.getCode()).gitVersion).toBe('v1.22.17-eks-1');
  expect(seen.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer k8s-aws-v1.token',
    'user-agent': 'eks-upgrade-bot/1',
  });
});

test('calls share a few connections, also when every one is answered with a 401', async () => {
  const { apis, seen } = await apiServer((_, response) => {
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end(JSON.stringify({ message: 'Unauthorized', padding: 'x'.repeat(100_000) }));
  });
  for (let i = 0; i < 20; i++) await expect(apis.core.listNode()).rejects.toMatchObject({ code: 401 });
  expect(seen.requests).toHaveLength(20);
  expect(seen.connections).toBeLessThanOrEqual(6);
});

test('a call that is not answered ends by itself, as a time-out', async () => {
  const { apis } = await apiServer(() => {}, 50);
  const error = fromKubernetesError(await apis.core.listNode().catch((failure: unknown) => failure), {
    cluster: 'coast',
    operation: 'list nodes',
  });
  expect(error).toMatchObject({ code: 'KubernetesUnreachable' });
  expect(error.message).toContain('(time-out)');
});

test('an API server whose certificate is of another CA is not talked to', async () => {
  const { endpoint, seen } = await apiServer(json);
  const other = await connect(endpoint, (await makeServerIdentity()).caPem);
  const error = fromKubernetesError(await other.core.listNode().catch((failure: unknown) => failure), {
    cluster: 'coast',
    operation: 'list nodes',
  });
  expect(error.message).toContain('(TLS)');
  expect(seen.requests).toEqual([]);
});

test('the token is not carried to where a redirect points', async () => {
  const { apis, seen } = await apiServer((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await expect(apis.core.listNode()).rejects.toThrow('fetch failed');
  expect(seen.requests).toHaveLength(1);
});

test('refused connections are said as such', async () => {
  const { endpoint } = await apiServer(json);
  for (const server of servers) await new Promise((closed) => server.close(closed));
  const error = fromKubernetesError(
    await (await connect(endpoint, identity.caPem)).core.listNode().catch((failure: unknown) => failure),
    { cluster: 'coast', operation: 'list nodes' },
  );
  expect(error.message).toContain('connection refused');
});
