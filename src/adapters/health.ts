import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '#src/domain/errors.ts';
import { redactSecrets } from './redact-secrets.ts';

/** What one dependency says of itself. `why` is for operators. */
export type Check = { kind: 'ready' } | { kind: 'not-ready'; why: string };

/** By the name that `/readyz` shows, e.g. `slack`, `redis`. */
export type Checks = Record<string, () => Promise<Check>>;

/** Also a `CustomRoute` of Bolt, which serves them on its own port in HTTP mode. */
export type HealthRoute = {
  path: string;
  method: string[];
  handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
};

/** What `/metrics` answers with, asked anew each time. */
export type ReadMetrics = () => Promise<{ contentType: string; text: string }>;

export type HealthServer = { port: number; close: () => Promise<void> };

/** Real milliseconds: a probe must be answered even when what it asks about hangs. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * `/healthz`: the process runs, 200. `/readyz`: 200 when every check is ready, else 503; the body names each.
 * `/metrics`: for Prometheus.
 */
export function healthRoutes(checks: Checks, readMetrics: ReadMetrics | null = null): HealthRoute[] {
  return [
    ...(readMetrics === null ? [] : [metricsRoute(readMetrics)]),
    {
      path: '/healthz',
      method: ['GET', 'HEAD'],
      handler: async (_, response) => answer(response, 200, { alive: true }),
    },
    {
      path: '/readyz',
      method: ['GET', 'HEAD'],
      handler: async (_, response) => {
        const entries = await Promise.all(
          Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
        );
        const ready = entries.every(([, outcome]) => outcome === 'ready');
        answer(response, ready ? 200 : 503, { ready, checks: Object.fromEntries(entries) });
      },
    },
  ];
}

export type HealthOptions = { port: number; checks: Checks; readMetrics?: ReadMetrics | null };

/** For a half of the bot that serves nothing else: the worker, and the bot in Socket Mode. Port 0: any free one. */
export async function startHealthServer({ port, checks, readMetrics = null }: HealthOptions): Promise<HealthServer> {
  const routes = healthRoutes(checks, readMetrics);
  const server = createServer((request, response) => {
    void serve(routes, request, response);
  });
  server.listen(port);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function metricsRoute(readMetrics: ReadMetrics): HealthRoute {
  return {
    path: '/metrics',
    method: ['GET', 'HEAD'],
    handler: async (_, response) => {
      const { contentType, text } = await readMetrics();
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
    },
  };
}

async function serve(routes: HealthRoute[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0];
  const route = routes.find((candidate) => candidate.path === path);
  if (route === undefined)
    return answer(response, 404, {
      error: `nothing at ${String(path)}: ask for ${routes.map((each) => each.path).join(' or ')}`,
    });
  if (!route.method.includes(request.method ?? ''))
    return answer(response, 405, { error: `${String(request.method)} is not answered here: use GET` });
  await route.handler(request, response);
}

async function outcomeOf(check: () => Promise<Check>): Promise<string> {
  const outcome = await Promise.race([settled(check), timeout()]);
  return outcome.kind === 'ready' ? 'ready' : redactSecrets(outcome.why);
}

async function settled(check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    return { kind: 'not-ready', why: messageOf(error) };
  }
}

function timeout(): Promise<Check> {
  const { promise, resolve } = Promise.withResolvers<Check>();
  setTimeout(
    () => resolve({ kind: 'not-ready', why: `no answer within ${CHECK_TIMEOUT_MS} ms` }),
    CHECK_TIMEOUT_MS,
  ).unref();
  return promise;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}
