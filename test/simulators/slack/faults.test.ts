import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { programFile } from '#test/support/programs.ts';
import { parseOptions } from './options.ts';
import { createResponseUrls } from './response-urls.ts';
import { approveBlocks, boltApp, callApi, GENERAL, MAYA, NOTICES, SAM, slackForTest } from './support.ts';
import { createTriggers } from './triggers.ts';
import { Workspace } from './workspace.ts';

test('a post whose answer is lost took effect; one that is refused before did not', async () => {
  const slack = await slackForTest();
  const post = (text: string) => callApi(slack, 'chat.postMessage', { channel: NOTICES, text });
  slack.addFault({ kind: 'server-error-before', method: 'chat.postMessage' });
  expect(await post('refused')).toMatchObject({ status: 503 });
  slack.addFault({ kind: 'server-error-after', method: 'chat.postMessage' });
  expect(await post('accepted')).toMatchObject({ status: 503 });
  slack.addFault({ kind: 'connection-lost-after', method: 'chat.postMessage' });
  await expect(post('cut off')).rejects.toThrow('fetch failed');
  slack.addFault({ kind: 'rate-limited', retryAfter: 7 });
  expect(await post('too fast')).toMatchObject({ status: 429, retryAfter: '7' });
  slack.addFault({ kind: 'api-error', error: 'internal_error' });
  expect(await post('broken')).toMatchObject({ ok: false, error: 'internal_error' });
  expect(slack.messages(NOTICES).map(({ text }) => text)).toEqual(['accepted', 'cut off']);
});

test('a time-out after the post leaves the caller without an answer and the message in the channel', async () => {
  const slack = await slackForTest();
  slack.addFault({ kind: 'time-out-after', method: 'chat.postMessage' });
  const giveUp = new AbortController();
  const call = fetch(`${slack.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.botToken}` },
    body: new URLSearchParams({ channel: NOTICES, text: 'there' }),
    signal: giveUp.signal,
  });
  await slack.waitFor(() => slack.messages(NOTICES).length === 1);
  giveUp.abort();
  await expect(call).rejects.toThrow('aborted');
});

test('in an outage nothing is answered, nobody can act and sockets are cut, until it ends', async () => {
  const slack = await slackForTest();
  await boltApp(slack, () => undefined);
  slack.outage('unavailable');
  await slack.waitFor(() => slack.connections() === 0);
  expect(await callApi(slack, 'auth.test', {})).toMatchObject({ status: 503 });
  await expect(slack.slash({ user: MAYA, channel: GENERAL, text: '/deploy' })).rejects.toThrow('Slack is away');
  slack.outageEnds();
  expect(await callApi(slack, 'auth.test', {})).toMatchObject({ ok: true });
});

test('an envelope may come twice, late or never', async () => {
  const slack = await slackForTest({ ackLimitMs: 500 });
  const heard: string[] = [];
  await boltApp(slack, (app) =>
    app.command('/deploy', async ({ ack, command }) => {
      heard.push(command.text);
      await ack();
    }),
  );
  const type = (text: string) => slack.slash({ user: MAYA, channel: NOTICES, text: `/deploy ${text}` });
  slack.addFault({ kind: 'duplicate-envelope' });
  expect(await type('twice')).toMatchObject({ kind: 'acked' });
  slack.addFault({ kind: 'late-envelope', delayMs: 20 });
  expect(await type('late')).toMatchObject({ kind: 'acked' });
  slack.addFault({ kind: 'lost-envelope' });
  expect(await type('lost')).toMatchObject({ kind: 'timed-out' });
  expect(heard).toEqual(['twice', 'twice', 'late']);
});

test('an envelope that was not acked before its connection broke goes to the other connection', async () => {
  const slack = await slackForTest();
  const listen: Parameters<typeof boltApp>[1] = (app) => app.command('/deploy', async ({ ack }) => ack('hello'));
  await boltApp(slack, listen);
  await boltApp(slack, listen);
  expect(slack.connections()).toBe(2);
  slack.addFault({ kind: 'disconnect-before-ack' });
  expect(await slack.slash({ user: MAYA, channel: NOTICES, text: '/deploy' })).toMatchObject({ kind: 'acked' });
  await slack.waitFor(() => slack.connections() === 1);
});

test('an event that is not acked is sent three times more', async () => {
  const slack = await slackForTest({ ackLimitMs: 20 });
  await slack.event({ type: 'member_joined_channel', user: MAYA, channel: NOTICES });
  expect(slack.deliveries()).toMatchObject([
    { name: 'member_joined_channel', attempts: 4, outcome: { kind: 'failed' } },
  ]);
});

test('an app may be thrown out of a channel, and the channel archived', async () => {
  const slack = await slackForTest();
  const post = () => callApi(slack, 'chat.postMessage', { channel: NOTICES, text: 'x' });
  slack.changeChannel(NOTICES, { botIsMember: false });
  expect(await post()).toMatchObject({ error: 'not_in_channel' });
  slack.changeChannel(NOTICES, { botIsMember: true, isArchived: true });
  expect(await post()).toMatchObject({ error: 'is_archived' });
  slack.changeChannel(NOTICES, { isArchived: false });
  expect(await post(), 'archiving took it out').toMatchObject({ error: 'not_in_channel' });
});

test('a response_url is good for five answers, and replaces or deletes the message it came from', async () => {
  const workspace = new Workspace(parseOptions({}), {
    now: () => now,
    delay: async () => undefined,
    realMs: (ms) => ms,
  });
  let now = 1_000_000;
  const urls = createResponseUrls(
    workspace,
    () => 'http://slack',
    () => now,
  );
  const idOf = (url: string) => url.replace('http://slack/response/', '');
  const message = workspace.post({
    channel: NOTICES,
    threadTs: null,
    broadcast: false,
    author: workspace.bot.userId,
    text: 'old',
    blocks: [],
    metadata: null,
  });
  const create = () =>
    idOf(urls.create({ user: SAM, channel: NOTICES, original: { kind: 'message', ts: message.ts } }));
  const id = create();
  urls.post(id, { text: 'new', replace_original: true });
  expect(workspace.message(NOTICES, message.ts)?.text).toBe('new');
  for (let use = 2; use <= 5; use += 1) urls.post(id, { text: `answer ${use}` });
  expect(workspace.ephemerals(SAM)).toHaveLength(4);
  expect(() => urls.post(id, { text: 'a sixth' })).toThrow('used_url');
  urls.post(create(), { delete_original: true });
  expect(workspace.message(NOTICES, message.ts)).toBeUndefined();
  const old = create();
  now += 30 * 60_000 + 1;
  expect(() => urls.post(old, { text: 'too late' })).toThrow('expired_url');
});

test('a trigger is good for three seconds, and once', () => {
  let now = 0;
  const triggers = createTriggers(() => now);
  const [one, two] = [triggers.create(SAM), triggers.create(SAM)];
  expect(triggers.exchange(one)).toBe(SAM);
  expect(() => triggers.exchange(one)).toThrow('exchanged_trigger_id');
  now = 3001;
  expect(() => triggers.exchange(two)).toThrow('expired_trigger_id');
});

test('the process says where it is, serves the control API, keeps a log, and ends with its parent', async () => {
  const logPath = join(await mkdtemp(join(tmpdir(), 'slack-')), 'effects.jsonl');
  const child = spawn(process.execPath, [programFile('slack'), JSON.stringify({ logPath })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, apiUrl, botToken } = JSON.parse(line) as { url: string; apiUrl: string; botToken: string };
  const posted = await fetch(`${apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: NOTICES, text: 'card', blocks: approveBlocks() }),
  });
  const { ts } = (await posted.json()) as { ts: string };
  const control = (name: string, body: object) =>
    fetch(`${url}/_sim/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect(await (await control('wait-for', { channel: NOTICES, contains: 'Upgrade coast' })).json()).toMatchObject({
    message: { ts },
  });
  const click = await control('click', { user: SAM, messageTs: ts, actionId: 'approve' });
  expect(await click.json()).toMatchObject({ kind: 'failed', why: 'no Socket Mode connection' });
  expect((await control('click', { user: SAM, messageTs: ts, actionId: 'explode' })).status).toBe(400);
  expect((await control('slash', { user: SAM, channel: GENERAL, text: '/deploy' })).status).toBe(400);
  const log = (await readFile(logPath, 'utf8'))
    .trim()
    .split('\n')
    .map((entry) => (JSON.parse(entry) as { kind: string }).kind);
  expect(log).toEqual(['posted', 'api-call', 'clicked', 'delivery', 'delivered', 'ephemeral', 'ephemeral']);
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});
