import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkBlocks, checkView } from './block-schema.ts';
import { parseOptions } from './options.ts';
import { approveBlocks, callApi, GENERAL, MAYA, NOTICES, slackForTest } from './support.ts';

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const plain = (text: string) => ({ type: 'plain_text', text });

test.each([
  ['an unknown method', 'chat.shout', {}, 'unknown_method'],
  ['an unknown channel', 'chat.postMessage', { channel: 'C0NOWHERE', text: 'x' }, 'channel_not_found'],
  ['a channel that the bot is not in', 'chat.postMessage', { channel: GENERAL, text: 'x' }, 'not_in_channel'],
  ['an archived channel', 'chat.postMessage', { channel: 'C0OLD0000', text: 'x' }, 'is_archived'],
  ['an edit in an archived channel', 'chat.update', { channel: 'C0OLD0000', ts: '1.000001', text: 'x' }, 'is_inactive'],
  ['neither text nor blocks', 'chat.postMessage', { channel: NOTICES }, 'no_text'],
  ['blocks that are no array', 'chat.postMessage', { channel: NOTICES, blocks: 'x' }, 'invalid_blocks_format'],
  [
    'a thread that is not there',
    'chat.postMessage',
    { channel: NOTICES, text: 'x', thread_ts: '1.000001' },
    'thread_not_found',
  ],
  ['a thread that is no ts', 'chat.postMessage', { channel: NOTICES, text: 'x', thread_ts: '0' }, 'invalid_thread_ts'],
  [
    'too long a text in an edit',
    'chat.update',
    { channel: NOTICES, ts: '1.000001', text: 'x'.repeat(4001) },
    'msg_too_long',
  ],
  ['an edit of what is not there', 'chat.update', { channel: NOTICES, ts: '1.000001', text: 'x' }, 'message_not_found'],
  [
    'metadata without its payload',
    'chat.postMessage',
    { channel: NOTICES, text: 'x', metadata: { event_type: 'a' } },
    'invalid_metadata_schema',
  ],
  [
    'too much text in all blocks',
    'chat.postMessage',
    { channel: NOTICES, blocks: Array(5).fill(section('x'.repeat(2900))) },
    'msg_blocks_too_long',
  ],
  [
    'an ephemeral for a stranger',
    'chat.postEphemeral',
    { channel: NOTICES, user: 'U0NOBODY', text: 'x' },
    'user_not_in_channel',
  ],
  ['a method whose scope the app lacks', 'conversations.info', { channel: NOTICES }, 'missing_scope'],
  ['an unknown user group', 'usergroups.users.list', { usergroup: 'S0NONE' }, 'no_such_subteam'],
  ['replies of what is not there', 'conversations.replies', { channel: NOTICES, ts: '1.000001' }, 'thread_not_found'],
  ['a wrong limit', 'conversations.history', { channel: NOTICES, limit: 5000 }, 'invalid_limit'],
  ['a bot token where an app token belongs', 'apps.connections.open', {}, 'not_allowed_token_type'],
  [
    'a trigger that never was',
    'views.open',
    { trigger_id: '1.x', view: { type: 'modal', title: plain('x'), blocks: [] } },
    'invalid_trigger_id',
  ],
])('Slack refuses %s', async (_, method, args, error) => {
  const slack = await slackForTest({
    channels: [
      { id: NOTICES, name: 'maintenance-notices' },
      { id: GENERAL, name: 'general', botIsMember: false },
      { id: 'C0OLD0000', name: 'old', isArchived: true },
    ],
  });
  expect(await callApi(slack, method, args)).toMatchObject({ ok: false, error, status: 200 });
});

test('tokens are asked for and checked', async () => {
  const slack = await slackForTest();
  expect(await callApi(slack, 'auth.test', {}, 'xoxb-wrong')).toMatchObject({ error: 'invalid_auth' });
  const bare = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST' });
  expect(await bare.json()).toEqual({ ok: false, error: 'not_authed' });
  const form = await fetch(`${slack.apiUrl}auth.test`, {
    method: 'POST',
    body: new URLSearchParams({ token: slack.botToken }),
  });
  expect(await form.json()).toMatchObject({ ok: true, team_id: slack.teamId, user_id: slack.botUserId });
  expect(await callApi(slack, 'conversations.info', { channel: NOTICES })).toMatchObject({ needed: 'channels:read' });
});

test.each([
  ['an unknown block', [{ type: 'carousel' }], 'unsupported type [json-pointer:/blocks/0/type]'],
  [
    'an unknown field',
    [{ type: 'divider', color: 'red' }],
    'invalid additional property: color [json-pointer:/blocks/0]',
  ],
  ['51 blocks', Array(51).fill({ type: 'divider' }), 'no more than 50 items allowed [json-pointer:/blocks]'],
  [
    'a long section',
    [section('x'.repeat(3001))],
    'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
  ],
  ['an empty section', [section('')], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
  ['a section without words', [{ type: 'section' }], 'missing required field: text or fields [json-pointer:/blocks/0]'],
  [
    'a long header',
    [{ type: 'header', text: plain('x'.repeat(151)) }],
    'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'mrkdwn in a header',
    [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
    expect.stringContaining('[json-pointer:/blocks/0/text/type]'),
  ],
  [
    'a long button',
    [button({ text: plain('x'.repeat(76)) })],
    'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
  ],
  [
    'a long value',
    [button({ value: 'x'.repeat(2001) })],
    'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
  ],
  [
    'a long action id',
    [button({ action_id: 'x'.repeat(256) })],
    'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
  ],
  [
    'a block id twice',
    [
      { type: 'divider', block_id: 'a' },
      { type: 'divider', block_id: 'a' },
    ],
    expect.stringContaining('`block_id` already exists'),
  ],
  [
    'an action id twice',
    [{ type: 'actions', elements: [buttonElement({}), buttonElement({})] }],
    expect.stringContaining('`action_id` already exists'),
  ],
  [
    '26 buttons',
    [{ type: 'actions', elements: Array.from({ length: 26 }, (_, n) => buttonElement({ action_id: `a${n}` })) }],
    'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
  ],
])('%s is invalid', async (_, blocks, message) => {
  expect(checkBlocks(blocks)).toEqual({ kind: 'wrong', messages: [message] });
  const slack = await slackForTest();
  const answer = await callApi(slack, 'chat.postMessage', { channel: NOTICES, text: 'x', blocks });
  expect(answer).toMatchObject({
    ok: false,
    error: 'invalid_blocks',
    response_metadata: { messages: [expect.stringMatching(/^\[ERROR\] /)] },
  });
});

test.each([
  ['a long title', { title: plain('x'.repeat(25)) }, 'must be less than 25 characters [json-pointer:/view/title/text]'],
  [
    'much private metadata',
    { private_metadata: 'x'.repeat(3001) },
    'must be less than 3001 characters [json-pointer:/view/private_metadata]',
  ],
  ['an input without submit', { submit: undefined }, expect.stringContaining('missing required field: submit')],
])('a modal with %s is invalid', (_, change, message) => {
  const input = { type: 'input', label: plain('Reason'), element: { type: 'plain_text_input' } };
  const view = { type: 'modal', title: plain('Why'), submit: plain('Go'), blocks: [input] };
  expect(checkView(view)).toMatchObject({ kind: 'ok' });
  expect(checkView({ ...view, ...change })).toEqual({ kind: 'wrong', messages: [message] });
});

test('history and replies come in pages, with metadata only when it is asked for', async () => {
  const slack = await slackForTest();
  const metadata = { event_type: 'eks_upgrade', event_payload: { key: 'card' } };
  const { ts } = await callApi(slack, 'chat.postMessage', { channel: NOTICES, text: 'card', metadata });
  const reply = (text: string, more = {}) =>
    callApi(slack, 'chat.postMessage', { channel: NOTICES, text, thread_ts: ts, ...more });
  await reply('one', { metadata });
  await reply('two', { reply_broadcast: true });
  await callApi(slack, 'chat.postMessage', { channel: NOTICES, text: 'later' });

  const first = await callApi(slack, 'conversations.history', { channel: NOTICES, limit: 2 });
  expect(first).toMatchObject({
    has_more: true,
    messages: [{ text: 'later' }, { text: 'two', subtype: 'thread_broadcast', thread_ts: ts }],
  });
  const cursor = (first.response_metadata as { next_cursor: string }).next_cursor;
  const second = await callApi(slack, 'conversations.history', { channel: NOTICES, limit: 2, cursor });
  expect(second).toMatchObject({ has_more: false, messages: [{ text: 'card', reply_count: 2 }] });
  expect(JSON.stringify(second)).not.toContain('event_payload');
  const since = await callApi(slack, 'conversations.history', {
    channel: NOTICES,
    oldest: ts,
    include_all_metadata: true,
  });
  expect(since).toMatchObject({ messages: [{ text: 'later' }, { text: 'two' }] });
  const replies = await callApi(slack, 'conversations.replies', { channel: NOTICES, ts, include_all_metadata: true });
  expect(replies).toMatchObject({ messages: [{ text: 'card', metadata }, { text: 'one', metadata }, { text: 'two' }] });
});

test('an edit keeps metadata, drops blocks that are left out, and only the author may make it', async () => {
  const slack = await slackForTest();
  const metadata = { event_type: 'eks_upgrade', event_payload: { key: 'card' } };
  const { ts } = await callApi(slack, 'chat.postMessage', {
    channel: NOTICES,
    text: 'card',
    blocks: approveBlocks(),
    metadata,
  });
  await callApi(slack, 'chat.update', { channel: NOTICES, ts, text: 'done' });
  expect(slack.messages(NOTICES)).toMatchObject([{ ts, text: 'done', blocks: [], metadata }]);
  const mine = slack.say({ user: MAYA, channel: NOTICES, text: 'a < b' });
  expect(mine.text).toBe('a &lt; b');
  expect(await callApi(slack, 'chat.update', { channel: NOTICES, ts: mine.ts, text: 'x' })).toMatchObject({
    error: 'cant_update_message',
  });
  slack.deleteMessage(NOTICES, String(ts));
  expect(await callApi(slack, 'chat.update', { channel: NOTICES, ts, text: 'x' })).toMatchObject({
    error: 'message_not_found',
  });
});

test('rate limits hold when they are on: posts to a channel have a burst of three and one a second, in simulated time', async () => {
  const slow = await slackForTest({ rateLimits: true, clock: { origin: 1e12, realOrigin: Date.now(), speed: 1e-6 } });
  const post = () => callApi(slow, 'chat.postMessage', { channel: NOTICES, text: 'x' });
  for (let burst = 0; burst < 3; burst += 1) expect(await post()).toMatchObject({ ok: true });
  expect(await post()).toMatchObject({ status: 429, error: 'ratelimited', retryAfter: '3' });
  expect(slow.messages(NOTICES)).toHaveLength(3);
});

function buttonElement(change: object): object {
  return { type: 'button', action_id: 'a', text: plain('Go'), ...change };
}

function button(change: object): object {
  return { type: 'actions', elements: [buttonElement(change)] };
}

test('scopes and commands come from the manifest of the app', () => {
  const { scopes, commands } = parseOptions({ manifestPath: join(import.meta.dirname, '../../../manifest.yml') });
  expect(scopes).toContain('chat:write');
  expect(commands).toMatchObject([{ command: '/eks-upgrade', usageHint: expect.stringContaining('<cluster>') }]);
});
