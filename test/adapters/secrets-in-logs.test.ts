import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createAwsClients } from '#src/adapters/aws-clients.ts';
import { createEks } from '#src/adapters/eks.ts';
import { createGit } from '#src/adapters/git.ts';
import { createLogger, type Logger } from '#src/adapters/logger.ts';
import { connectRedis, openConnection } from '#src/adapters/redis.ts';
import { backgroundClient, createSlackMessages } from '#src/adapters/slack-messages.ts';
import { runSubprocess } from '#src/adapters/subprocess.ts';
import { secretsOf } from '#src/config.ts';
import { FLEET } from '#test/support/fakes/fake-worker-deps.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';

/**
 * Errors as they really come, from the real clients, go into the log whole (message, stack, cause, whatever fields a
 * library hangs on them). Each library hangs others: ioredis the AUTH command with its password, the SDK the request.
 */
const SECRETS = {
  botToken: 'xoxb-999-888-SlackBotTokenValue',
  appToken: 'xapp-1-A0-99-SlackAppTokenValue',
  redisPassword: 'redis/Pass:word',
  awsSecret: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY',
  awsSession: 'IQoJb3JpZ2luX2VjEFakeSessionTokenValue',
  gitPassword: 'gitHunter2Value',
};

let redis: RedisServer;
let written: string;
let log: Logger;
beforeAll(async () => {
  redis = await startRedis({ args: ['--requirepass', 'another'] });
});
afterAll(() => redis.stop());
beforeEach(() => {
  // Not once for all: before each test goes what the file before this one in its process has stubbed.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRETS.awsSecret);
  vi.stubEnv('AWS_SESSION_TOKEN', SECRETS.awsSession);
  written = '';
  const secrets = secretsOf({
    slack: { botToken: SECRETS.botToken, apiUrl: '', listener: { kind: 'socket-mode', appToken: SECRETS.appToken } },
    redisUrl: redisUrl(),
    inheritedEnv: {
      base: {},
      git: {},
      aws: { AWS_SECRET_ACCESS_KEY: SECRETS.awsSecret, AWS_SESSION_TOKEN: SECRETS.awsSession },
    },
  });
  log = createLogger({ level: 'debug', role: 'worker', secrets, write: (line) => (written += line) });
});

function redisUrl(): string {
  return `redis://:${encodeURIComponent(SECRETS.redisPassword)}@127.0.0.1:${redis.port}`;
}

/** Names of the secrets that were written, in whatever form. */
function leaked(): string[] {
  if (written === '') throw new Error('nothing was written');
  const forms = (secret: string) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  const secrets = Object.entries({ ...SECRETS, accessKey: 'AKIAIOSFODNN7EXAMPLE' });
  return secrets.filter(([, secret]) => forms(secret).some((form) => written.includes(form))).map(([name]) => name);
}

async function logged(work: () => Promise<unknown>): Promise<string[]> {
  const error: unknown = await work().then(
    () => new Error('it was expected to fail'),
    (reason: unknown) => reason,
  );
  log.error({ run: 'r1', cluster: 'coast', err: error }, 'it failed');
  log.warn({ error }, `it failed: ${String(error)}`);
  log.error(error as Error);
  return leaked();
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const slackAnswers: [string, RequestListener][] = [
  [
    'refuses the token',
    (_, response) =>
      void response
        .setHeader('content-type', 'application/json')
        .end(`{"ok":false,"error":"invalid_auth","token":"${SECRETS.botToken}"}`),
  ],
  [
    'answers 500 with what it was sent',
    (request, response) => void response.writeHead(500).end(JSON.stringify(request.headers)),
  ],
  ['answers 429', (_, response) => void response.writeHead(429, { 'retry-after': '3' }).end()],
  ['hangs up', (request) => void request.socket.destroy()],
];

test.each(slackAnswers)('Slack %s: the token is not written', async (_, answer) => {
  const client = backgroundClient({ token: SECRETS.botToken, apiUrl: await serve(answer), timeoutMs: 2000 });
  const messages = createSlackMessages(client);
  expect(await logged(() => messages.edit({ channel: 'C1', ts: '1.1', text: 'x', blocks: [] }))).toEqual([]);
  expect(await logged(() => client.chat.update({ channel: 'C1', ts: '1.1', text: 'x' }))).toEqual([]);
});

const awsAnswers: [string, RequestListener][] = [
  [
    'denies with what it was sent',
    (request, response) =>
      void response
        .writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' })
        .end(JSON.stringify({ message: JSON.stringify(request.headers) })),
  ],
  ['answers 400 without JSON', (_, response) => void response.writeHead(400).end('<html>')],
];

test.each(awsAnswers)('AWS %s: no key is written', async (_, answer) => {
  const clients = createAwsClients(
    { region: 'us-west-2', roleArn: null },
    { version: '0', endpointUrl: await serve(answer) },
  );
  onTestFinished(clients.close);
  const eks = createEks({ clients, cluster: 'coast', logger: log });
  expect(await logged(() => eks.describeCluster('coast'))).toEqual([]);
  log.info(
    { credentials: await clients.credentials(), clients: { options: { credentials: await clients.credentials() } } },
    'credentials',
  );
  expect(leaked()).toEqual([]);
});

test('a Redis that refuses the password: neither its error nor its address shows it', async () => {
  const connection = connectRedis(redisUrl(), 'store');
  const events: Error[] = [];
  connection.on('error', (error: Error) => events.push(error));
  expect(await logged(() => openConnection(connection, redisUrl()))).toEqual([]);
  for (const error of events) log.error({ err: error, url: redisUrl() }, 'redis failed');
  log.error({ redis: { options: connection.options } }, `cannot use ${redisUrl()}`);
  expect(leaked()).toEqual([]);
});

test('a Redis that is away: its address is not written with the password', async () => {
  const url = `redis://:${encodeURIComponent(SECRETS.redisPassword)}@127.0.0.1:1/0`;
  const connection = connectRedis(url, 'worker');
  const [error] = (await once(connection, 'error').catch((reason: unknown) => [reason])) as [Error];
  connection.disconnect();
  log.error({ err: error, url }, 'worker error');
  expect(leaked()).toEqual([]);
});

test('a child that prints what it should not know: neither its output nor its failure shows it', async () => {
  const print = `console.log(process.env.ALL); console.error(process.env.ALL); process.exit(3)`;
  const ALL = [
    `AWS_SECRET_ACCESS_KEY=${SECRETS.awsSecret}`,
    `{"SessionToken": "${SECRETS.awsSession}"}`,
    SECRETS.botToken,
    SECRETS.appToken,
    `https://bot:${SECRETS.gitPassword}@git.example.org/x.git`,
    `REDIS_URL=${redisUrl()}`,
    'AKIAIOSFODNN7EXAMPLE',
  ].join('\n');
  const result = await runSubprocess({
    program: process.execPath,
    args: ['-e', print],
    cwd: '/',
    env: { ALL },
    timeoutMs: 10_000,
  });
  expect(result).toMatchObject({ kind: 'exited', code: 3 });
  log.info({ run: 'r1', cluster: 'coast', result }, 'a command ended');
  expect(leaked()).toEqual([]);
});

test('a git remote with a password that is away: the password is not written', async () => {
  const git = createGit({ program: 'git', inheritedEnv: { PATH: process.env['PATH'] ?? '' } });
  const remote = `https://bot:${SECRETS.gitPassword}@127.0.0.1:1/x.git`;
  const answer = await git({ args: ['ls-remote', '--', remote], directory: '/' });
  log.warn({ answer, remote }, `cannot read ${remote}`);
  expect(
    await logged(() => Promise.reject(new Error(answer.stderr, { cause: new Error(`cannot fetch ${remote}`) }))),
  ).toEqual([]);
});

test('settings that are wrong, the fleet and the whole environment: no value of a secret is written', () => {
  const env = {
    SLACK_BOT_TOKEN: SECRETS.botToken,
    REDIS_URL: redisUrl(),
    AWS_SECRET_ACCESS_KEY: SECRETS.awsSecret,
    AWS_SESSION_TOKEN: SECRETS.awsSession,
    GIT_REMOTE: `https://bot:${SECRETS.gitPassword}@host/x`,
  };
  log.info({ env, fleet: FLEET }, 'starting');
  log.info(env, JSON.stringify(env));
  log.info('%s', JSON.stringify(env));
  expect(leaked()).toEqual([]);
});
