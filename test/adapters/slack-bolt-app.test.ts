import type { App } from '@slack/bolt';
import { expect, it, onTestFinished } from 'vitest';
import { type BoltAppOptions, createBoltApp } from '#src/adapters/bolt-app.ts';
import type { SlackSimulator } from '#test/simulators/slack/simulator.ts';
import { MAYA, slackForTest } from '#test/simulators/slack/support.ts';

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
} as unknown as BoltAppOptions['log'];
const echo = (app: App) => app.command('/deploy', async ({ ack, command }) => ack(`heard ${command.text}`));

function boltApp(slack: SlackSimulator, changes: Partial<BoltAppOptions> = {}) {
  const bot = createBoltApp({
    botToken: slack.botToken,
    apiUrl: slack.apiUrl,
    teamId: slack.teamId,
    listener: { kind: 'socket-mode', appToken: slack.appToken },
    log,
    listen: echo,
    ...changes,
  });
  onTestFinished(() => bot.stop());
  return bot;
}

it('holds two connections in Socket Mode, and closes both when it stops', async () => {
  const slack = await slackForTest();
  const bot = boltApp(slack);
  expect(bot.state().kind).toBe('away');
  expect(await bot.start()).toEqual({ port: null });
  expect([slack.connections(), bot.state()]).toEqual([2, { kind: 'connected' }]);
  await bot.stop();
  expect(bot.state().kind).toBe('away');
  await expect.poll(() => slack.connections()).toBe(0);
});

it('still hears commands while one connection is refreshed', async () => {
  const slack = await slackForTest();
  const bot = boltApp(slack);
  await bot.start();
  slack.addFault({ kind: 'disconnect-before-ack' });
  await slack.slash({ user: MAYA, channel: '#general', text: '/deploy first' });
  expect(bot.state()).toEqual({ kind: 'connected' });
  expect(await slack.slash({ user: MAYA, channel: '#general', text: '/deploy second' })).toMatchObject({
    kind: 'acked',
  });
});

it('stays up when its app-level token is revoked while Slack refreshes the connections: it is not ready, says why, and is there again when the token is good', async () => {
  const slack = await slackForTest();
  const errors: unknown[] = [];
  const bot = boltApp(slack, { log: { ...log, error: (fields: object) => errors.push(fields) } as typeof log });
  await bot.start();
  // As Slack does it: `invalid_auth` is what socket-mode throws where nobody can catch it, `token_revoked` what it retries.
  slack.addFault({ kind: 'api-error', method: 'apps.connections.open', error: 'token_revoked', count: 2 });
  slack.addFault({ kind: 'api-error', method: 'apps.connections.open', error: 'invalid_auth', count: 1000 });
  slack.disconnect('refresh_requested');
  await expect
    .poll(() => bot.state(), { timeout: 10_000 })
    .toEqual({
      kind: 'away',
      why: expect.stringMatching(/SLACK_APP_TOKEN.*\(apps\.connections\.open: invalid_auth\)/),
    });
  expect(errors).toContainEqual({ err: expect.stringContaining('apps.connections.open: token_revoked') });
  slack.clearFaults();
  await expect.poll(() => bot.state(), { timeout: 10_000 }).toEqual({ kind: 'connected' });
  expect(await slack.slash({ user: MAYA, channel: '#general', text: '/deploy it' })).toMatchObject({ kind: 'acked' });
});

it('asks Slack who it is once, at the start, and not while a person waits', async () => {
  const slack = await slackForTest();
  await boltApp(slack).start();
  await slack.slash({ user: MAYA, channel: '#general', text: '/deploy it' });
  expect(slack.log().filter(({ method }) => method === 'auth.test')).toHaveLength(1);
});

it('refuses a token of another workspace, naming both', async () => {
  const slack = await slackForTest();
  await expect(boltApp(slack, { teamId: 'T0ANOTHER' }).start()).rejects.toThrow(
    'the bot token belongs to the workspace T0LOCAL00 (Local Workspace), but the fleet file says teamId T0ANOTHER',
  );
});

it('says which token it is when Slack refuses that of Socket Mode', async () => {
  const slack = await slackForTest();
  await expect(
    boltApp(slack, { listener: { kind: 'socket-mode', appToken: 'xapp-wrong' } }).start(),
  ).rejects.toMatchObject({
    name: 'UserError',
    code: 'SlackTokenRefused',
    message: expect.stringContaining('set SLACK_APP_TOKEN to one with the scope connections:write'),
  });
});

it('says what to do about a token that Slack refuses', async () => {
  const slack = await slackForTest();
  await expect(boltApp(slack, { botToken: 'xoxb-wrong' }).start()).rejects.toMatchObject({
    name: 'UserError',
    code: 'SlackTokenRefused',
  });
});

it('says so at once when the app-level token may not open connections, instead of asking for ever', async () => {
  const slack = await slackForTest();
  slack.addFault({ kind: 'api-error', method: 'apps.connections.open', error: 'missing_scope', count: 1000 });
  await expect(boltApp(slack).start()).rejects.toMatchObject({
    code: 'SlackTokenRefused',
    message: expect.stringMatching(/scope connections:write.*\(apps\.connections\.open: missing_scope\)/),
  });
});

it('starts while Slack is away, says that it is not ready, and connects when Slack is back', async () => {
  const slack = await slackForTest();
  slack.outage('unavailable');
  const bot = boltApp(slack);
  await bot.start();
  expect(bot.state()).toEqual({ kind: 'away', why: expect.stringContaining('HTTP status 503') });
  slack.outageEnds();
  await expect.poll(() => bot.state(), { timeout: 10_000 }).toEqual({ kind: 'connected' });
  expect(await slack.slash({ user: MAYA, channel: '#general', text: '/deploy it' })).toMatchObject({ kind: 'acked' });
});

it('serves its own routes in HTTP mode while Slack is away', async () => {
  const slack = await slackForTest();
  slack.outage('unavailable');
  const routes = [
    {
      path: '/healthz',
      method: ['GET'],
      handler: (_: unknown, response: { end: (text: string) => void }) => response.end('alive'),
    },
  ];
  const bot = boltApp(slack, { listener: { kind: 'http', signingSecret: 'secret', port: 0, routes } });
  const { port } = await bot.start();
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('alive');
  expect(bot.state().kind).toBe('away');
});

it('closes what it opened when the start fails', async () => {
  const slack = await slackForTest();
  slack.addFault({ kind: 'api-error', method: 'apps.connections.open', error: 'invalid_auth' });
  const bot = boltApp(slack);
  await expect(bot.start()).rejects.toThrow('invalid_auth');
  await expect.poll(() => slack.connections()).toBe(0);
  expect(bot.state().kind).toBe('away');
});

it('takes signed requests in HTTP mode beside routes of its own, and refuses others', async () => {
  const secret = 'signing-secret';
  const routes = [
    {
      path: '/healthz',
      method: ['GET'],
      handler: (_: unknown, response: { end: (text: string) => void }) => response.end('alive'),
    },
  ];
  const first = await slackForTest();
  const bot = boltApp(first, { listener: { kind: 'http', signingSecret: secret, port: 0, routes } });
  const { port } = await bot.start();
  expect(bot.state()).toEqual({ kind: 'connected' });
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('alive');

  const requestUrl = `http://127.0.0.1:${port}/slack/events`;
  const slack = await slackForTest({ mode: { kind: 'http', requestUrl, signingSecret: secret } });
  expect(await slack.slash({ user: MAYA, channel: '#general', text: '/deploy now' })).toMatchObject({ kind: 'acked' });
  expect(slack.ephemerals(MAYA)).toMatchObject([{ text: 'heard now' }]);
  const stranger = await slackForTest({ mode: { kind: 'http', requestUrl, signingSecret: 'another' } });
  expect(await stranger.slash({ user: MAYA, channel: '#general', text: '/deploy now' })).toMatchObject({
    kind: 'failed',
  });
  await bot.stop();
  expect(bot.state().kind).toBe('away');
});
