import { afterEach, expect, test } from 'vitest';
import { type Checks, type HealthServer, startHealthServer } from '#src/adapters/health.ts';

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function ask(path: string, { checks = {}, method = 'GET' }: { checks?: Checks; method?: string } = {}) {
  server = await startHealthServer({ port: 0, checks });
  const response = await fetch(`http://localhost:${server.port}${path}`, { method });
  return { status: response.status, body: method === 'HEAD' ? null : await response.json() };
}

const ready = async () => ({ kind: 'ready' }) as const;
const away = async () => ({ kind: 'not-ready', why: 'redis://me:hunter2@host does not answer' }) as const;

test('/healthz says that the process is alive, whatever else is not', async () => {
  expect(await ask('/healthz', { checks: { redis: away } })).toEqual({ status: 200, body: { alive: true } });
});

test('/readyz is 200 when every check is ready', async () => {
  expect(await ask('/readyz', { checks: { slack: ready, redis: ready } })).toEqual({
    status: 200,
    body: { ready: true, checks: { slack: 'ready', redis: 'ready' } },
  });
});

test('/readyz is 503 when one is not, and names each without its secrets', async () => {
  const thrown = async () => {
    throw new Error('no socket');
  };
  expect(await ask('/readyz?verbose=1', { checks: { slack: thrown, redis: away, tools: ready } })).toEqual({
    status: 503,
    body: {
      ready: false,
      checks: { slack: 'no socket', redis: 'redis://[credentials]@host does not answer', tools: 'ready' },
    },
  });
});

test('/readyz answers although a check hangs', async () => {
  const { status, body } = await ask('/readyz', { checks: { redis: () => new Promise(() => undefined) } });
  expect({ status, body }).toEqual({
    status: 503,
    body: { ready: false, checks: { redis: 'no answer within 2000 ms' } },
  });
});

test('HEAD is answered as GET is', async () => {
  expect(await ask('/readyz', { method: 'HEAD', checks: { redis: away } })).toEqual({ status: 503, body: null });
});

test('other paths and methods are refused with what to ask for', async () => {
  expect(await ask('/')).toEqual({ status: 404, body: { error: 'nothing at /: ask for /healthz or /readyz' } });
  await server?.close();
  expect(await ask('/healthz', { method: 'POST' })).toEqual({
    status: 405,
    body: { error: 'POST is not answered here: use GET' },
  });
});

test('a port that is taken is an error with its number', async () => {
  server = await startHealthServer({ port: 0, checks: {} });
  await expect(startHealthServer({ port: server.port, checks: {} })).rejects.toThrow(`${server.port}`);
});
