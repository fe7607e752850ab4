import { expect, test } from 'vitest';
import { createLogger, type Logger } from '#src/adapters/logger.ts';

const signingSecret = '0123456789abcdef0123456789abcdef';

function lines(log: (logger: Logger) => void, level: 'info' | 'warn' = 'info'): string {
  let written = '';
  log(
    createLogger({
      level,
      role: 'worker',
      secrets: [signingSecret, 'p&ss"word', 'ab'],
      write: (line) => (written += line),
    }),
  );
  return written;
}

test('a line is JSON with level, role, time, fields and message', () => {
  const line: unknown = JSON.parse(
    lines((logger) => logger.info({ runId: 'r1', cluster: 'coast' }, 'starting the run')),
  );
  expect(line).toEqual({
    level: 'info',
    role: 'worker',
    pid: process.pid,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    runId: 'r1',
    cluster: 'coast',
    msg: 'starting the run',
  });
});

test('what is below the level is not written', () => {
  expect(lines((logger) => logger.info('polling'), 'warn')).toBe('');
});

const failed = (properties: object): Error => Object.assign(new Error('request failed'), properties);

test.each<[string, (logger: Logger) => void, string]>([
  ['a Slack bot token in the message', (logger) => logger.info('using xoxb-12-345-abcDEF'), '345-abcDEF'],
  ['a Slack app token', (logger) => logger.info({ note: 'xapp-1-A0-99-beef' }), 'A0-99-beef'],
  ['a Slack refresh token', (logger) => logger.info('xoxe.xoxp-1-Mi0yLTEyMw'), 'Mi0yLTEyMw'],
  ['a response URL', (logger) => logger.info({ url: 'https://hooks.slack.com/commands/T01/22/abc' }), 'T01/22/abc'],
  ['a socket ticket', (logger) => logger.info('connecting to wss://wss-primary.slack.com/link/?ticket=t1-2'), 't1-2'],
  ['an AWS access key', (logger) => logger.info({ note: 'as AKIAIOSFODNN7EXAMPLE' }), 'AKIAIOSFODNN7EXAMPLE'],
  [
    'an AWS secret key, by name',
    (logger) => logger.info({ credentials: { secretAccessKey: 'wJalrXUtnFEMI' } }),
    'wJalrXUtnFEMI',
  ],
  [
    'an AWS secret key in the text of a variable',
    (logger) => logger.info('AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI eksctl'),
    'wJalrXUtnFEMI',
  ],
  [
    'an AWS session token, deep inside',
    (logger) => logger.info({ a: [{ b: { SessionToken: 'IQoJb3JpZ2lu' } }] }),
    'IQoJb3JpZ2lu',
  ],
  ['a presigned Kubernetes token', (logger) => logger.info('k8s-aws-v1.aHR0cHM6Ly9zdHM'), 'aHR0cHM6Ly9zdHM'],
  ['an authorization header', (logger) => logger.info({ headers: { Authorization: 'Bearer abcdef' } }), 'abcdef'],
  [
    'an authorization header in a text',
    (logger) => logger.info('sent authorization: Bearer abcdef012345'),
    'abcdef012345',
  ],
  ['a cookie', (logger) => logger.info({ headers: { 'set-cookie': 'd=xyz' } }), 'xyz'],
  ['the password of an address', (logger) => logger.info('redis://me:hunter2@host:6379 is away'), 'hunter2'],
  ['a known secret that has no shape', (logger) => logger.info(`checked with ${signingSecret}`), signingSecret],
  ['a known secret with characters that JSON escapes', (logger) => logger.info({ note: 'is p&ss"word' }), 'p&ss'],
  [
    'a secret in an error and its cause',
    (logger) => logger.error(new Error('no', { cause: new Error('for xoxb-12-345-abc') })),
    '345-abc',
  ],
  [
    'a secret in the fields of an error',
    (logger) => logger.error({ err: failed({ config: { headers: { authorization: 'abcdef' } } }) }),
    'abcdef',
  ],
  ['a secret bound to a child logger', (logger) => logger.child({ botToken: 'some-value' }).info('x'), 'some-value'],
  ['a secret used as a name', (logger) => logger.info({ 'xoxb-12-345-abc': 1 }), '345-abc'],
  ['a secret that is formatted in', (logger) => logger.info('with %s', 'xoxb-12-345-abc'), '345-abc'],
])('%s is not written', (_, log, secret) => {
  const line = lines(log);
  expect(line).not.toContain(secret);
  expect(JSON.parse(line)).toHaveProperty('level');
});

test('request tokens of updates, ids and short known values are evidence and stay', () => {
  const line = lines((logger) => logger.info({ clientRequestToken: 'run-1-hop-2', updateId: 'u-1' }, 'about updates'));
  expect(JSON.parse(line)).toMatchObject({ clientRequestToken: 'run-1-hop-2', updateId: 'u-1', msg: 'about updates' });
});
