import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUrlProbe } from '#src/adapters/url-probe.ts';

let server: Server;
let address: string;
let asked: { path: string; authorization: string | undefined }[];

const ANSWERS: Record<string, (response: ServerResponse) => unknown> = {
  '/health': (response) => response.writeHead(200).end('fine'),
  '/empty': (response) => response.writeHead(204).end(),
  '/broken': (response) => response.writeHead(503).end(),
  '/moved': (response) => response.writeHead(302, { location: '/health' }).end(),
  '/login': (response) => response.writeHead(302, { location: 'http://login.example.org/health' }).end(),
  '/circle': (response) => response.writeHead(302, { location: '/circle' }).end(),
  '/silent': () => undefined,
  '/endless': (response) => response.writeHead(200).write('x'.repeat(1000)),
};

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    ANSWERS[request.url ?? '']?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('a health URL', () => {
  it.each([
    ['/health', { healthy: true, says: '200' }],
    ['/empty', { healthy: true, says: '204' }],
    ['/broken', { healthy: false, says: '503' }],
    ['/moved', { healthy: true, says: '200' }],
    ['/login', { healthy: false, says: '302 to another host, login.example.org' }],
    ['/circle', { healthy: false, says: 'more than 3 redirects' }],
    ['/silent', { healthy: false, says: 'no answer within 0.2 s' }],
  ])('%s says %j', async (path, answer) => {
    expect(await createUrlProbe({ timeoutMs: path === '/silent' ? 200 : 5000 })(`${address}${path}`)).toEqual(answer);
  });

  it('whose body never ends is healthy by its status, at once', async () => {
    expect(await createUrlProbe()(`${address}/endless`)).toEqual({ healthy: true, says: '200' });
  });

  it('is asked once, without credentials', async () => {
    await createUrlProbe()(`${address}/health`);
    expect(asked).toEqual([{ path: '/health', authorization: undefined }]);
  });

  it('that nobody listens at says why', async () => {
    server.close();
    server.closeAllConnections();
    expect(await createUrlProbe()(`${address}/health`)).toMatchObject({
      healthy: false,
      says: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
