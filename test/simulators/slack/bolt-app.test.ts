import { App, LogLevel } from '@slack/bolt';
import { expect, onTestFinished, test } from 'vitest';
import { approveBlocks, boltApp, callApi, MAYA, NOTICES, SAM, slackForTest } from './support.ts';

test('a Bolt app in Socket Mode gets a command, posts buttons, gets the click of another person and edits', async () => {
  const slack = await slackForTest();
  await boltApp(slack, (app) => {
    app.command('/deploy', async ({ ack, command, client }) => {
      await ack(`on it: ${command.text}`);
      await client.chat.postMessage({
        channel: NOTICES,
        text: `requested by <@${command.user_id}>`,
        blocks: approveBlocks() as never,
      });
    });
    app.action('approve', async ({ ack, body, client, action }) => {
      await ack();
      if (
        body.type !== 'block_actions' ||
        body.channel === undefined ||
        body.message === undefined ||
        action.type !== 'button'
      )
        return;
      await client.chat.update({
        channel: body.channel.id,
        ts: body.message.ts,
        text: `approved by <@${body.user.id}>: ${action.value}`,
      });
    });
  });

  const typed = await slack.slash({ user: MAYA, channel: '#general', text: '/deploy coast 1.24' });
  expect(typed.kind).toBe('acked');
  expect(slack.ephemerals(MAYA)).toMatchObject([{ text: 'on it: coast 1.24', author: 'bot' }]);

  const card = await slack.waitFor(() => slack.messages(NOTICES)[0]);
  expect(await slack.click({ user: SAM, messageTs: card.ts, actionId: 'approve' })).toMatchObject({ kind: 'acked' });
  const edited = await slack.waitFor(() => slack.messages(NOTICES).find(({ edited }) => edited !== null));
  expect(edited).toMatchObject({ ts: card.ts, text: `approved by <@${SAM}>: run-1`, blocks: [] });
  await expect(slack.click({ user: SAM, messageTs: card.ts, actionId: 'approve' })).rejects.toThrow(
    'no button approve',
  );
  expect(slack.deliveries().map(({ name, attempts }) => [name, attempts])).toEqual([
    ['/deploy', 1],
    ['block_actions', 1],
  ]);
});

test('a modal opens from a click, shows the errors of the app, and closes when it is submitted right', async () => {
  const slack = await slackForTest();
  const reasons: string[] = [];
  await boltApp(slack, (app) => {
    app.action('approve', async ({ ack, body, client }) => {
      await ack();
      if (body.type !== 'block_actions') return;
      await client.views.open({ trigger_id: body.trigger_id, view: reasonView() as never });
    });
    app.view('reason', async ({ ack, view }) => {
      const reason = view.state.values.why?.reason?.value ?? '';
      if (reason.length < 5) return await ack({ response_action: 'errors', errors: { why: 'say more' } });
      reasons.push(reason);
      await ack();
    });
  });
  const { ts } = await callApi(slack, 'chat.postMessage', { channel: NOTICES, blocks: approveBlocks() });
  await slack.click({ user: SAM, messageTs: String(ts), actionId: 'approve' });
  await slack.waitFor(() => slack.views(SAM).length === 1);

  expect(await slack.submitView({ user: SAM, values: { reason: '' } })).toMatchObject({ kind: 'incomplete' });
  expect(await slack.submitView({ user: SAM, values: { reason: 'no' } })).toMatchObject({
    kind: 'errors',
    errors: { why: 'say more' },
  });
  expect(slack.views(SAM)[0]?.errors).toEqual({ why: 'say more' });
  expect(await slack.submitView({ user: SAM, values: { reason: 'a good one' } })).toMatchObject({ kind: 'closed' });
  expect(reasons).toEqual(['a good one']);
  expect(slack.views(SAM)).toEqual([]);
});

test('an app in HTTP mode gets signed requests, and one with another secret refuses them', async () => {
  const port = await freePort();
  const mode = { kind: 'http', requestUrl: `http://127.0.0.1:${port}/slack/events`, signingSecret: 'right' } as const;
  const slack = await slackForTest({ mode });
  const app = new App({
    token: slack.botToken,
    signingSecret: 'right',
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  });
  app.command('/deploy', async ({ ack, command }) =>
    ack({ text: `heard ${command.text}`, response_type: 'in_channel' }),
  );
  app.action('approve', async ({ ack, respond }) => {
    await ack();
    await respond({ text: 'only for you', response_type: 'ephemeral', replace_original: false });
  });
  await app.start(port);
  onTestFinished(() => app.stop().then(() => undefined));

  expect(await slack.slash({ user: MAYA, channel: NOTICES, text: '/deploy now' })).toMatchObject({ kind: 'acked' });
  expect(slack.messages(NOTICES)).toMatchObject([{ text: 'heard now' }]);
  const { ts } = await callApi(slack, 'chat.postMessage', { channel: NOTICES, blocks: approveBlocks() });
  expect(await slack.click({ user: SAM, messageTs: String(ts), actionId: 'approve' })).toMatchObject({ kind: 'acked' });
  await slack.waitFor(() => slack.ephemerals(SAM).some(({ text }) => text === 'only for you'));

  const stranger = await slackForTest({ mode: { ...mode, signingSecret: 'wrong' } });
  expect(await stranger.slash({ user: MAYA, channel: NOTICES, text: '/deploy' })).toMatchObject({
    kind: 'failed',
    why: expect.stringContaining('401'),
  });
  expect(stranger.ephemerals(MAYA)).toMatchObject([
    { author: 'slackbot', text: expect.stringContaining('dispatch_failed') },
  ]);
});

test('a command that is not acked in time fails for the person, who is told by Slack', async () => {
  const slack = await slackForTest({ ackLimitMs: 30 });
  await boltApp(slack, (app) => app.command('/deploy', async () => undefined));
  expect(await slack.slash({ user: MAYA, channel: NOTICES, text: '/deploy' })).toMatchObject({ kind: 'timed-out' });
  expect(slack.ephemerals(MAYA)).toMatchObject([
    { author: 'slackbot', text: expect.stringContaining('operation_timeout') },
  ]);
});

test('what is no command of the workspace is refused, as is a command when no app is connected', async () => {
  const slack = await slackForTest();
  await expect(slack.slash({ user: MAYA, channel: NOTICES, text: '/reploy x' })).rejects.toThrow(
    '/reploy is not a command',
  );
  expect(await slack.slash({ user: MAYA, channel: NOTICES, text: '/deploy x' })).toMatchObject({ kind: 'failed' });
});

function reasonView(): object {
  return {
    type: 'modal',
    callback_id: 'reason',
    title: { type: 'plain_text', text: 'Go ahead anyway' },
    submit: { type: 'plain_text', text: 'Go ahead' },
    blocks: [
      {
        type: 'input',
        block_id: 'why',
        label: { type: 'plain_text', text: 'Reason' },
        element: { type: 'plain_text_input', action_id: 'reason', multiline: true },
      },
    ],
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return await new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
