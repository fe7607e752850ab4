import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fromSlackError } from '#src/adapters/slack-errors.ts';
import { backgroundClient, createPermalinks, createSlackMessages } from '#src/adapters/slack-messages.ts';
import { createSlackPeople } from '#src/adapters/slack-people.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import type { OutgoingMessage } from '#src/ports/slack.ts';
import type { SlackSimulator } from '#test/simulators/slack/simulator.ts';
import { NOTICES, slackForTest } from '#test/simulators/slack/support.ts';
import { runsInEveryState } from '#test/support/builders.ts';

const card: OutgoingMessage = {
  channel: NOTICES,
  key: 'card',
  runId: 'r1',
  threadTs: null,
  broadcast: false,
  text: 'the card',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'the card' } }],
};

function adapter(slack: SlackSimulator, changes: { token?: string; apiUrl?: string; timeoutMs?: number } = {}) {
  return createSlackMessages(backgroundClient({ token: slack.botToken, apiUrl: slack.apiUrl, ...changes }));
}

describe('posting and editing', () => {
  it('posts a card, replies in its thread, shows a notice in the channel too, and edits in place', async () => {
    const slack = await slackForTest();
    const messages = adapter(slack);
    const { ts } = await messages.post(card);
    await messages.post({ ...card, key: 'step:a', threadTs: ts, text: 'a step' });
    await messages.post({ ...card, key: 'start', threadTs: ts, broadcast: true, text: 'a notice' });
    await messages.edit({ channel: NOTICES, ts, text: 'the card, edited', blocks: card.blocks });

    expect(slack.messages(NOTICES).map(({ text }) => text)).toEqual(['the card, edited', 'a notice']);
    expect(slack.thread(ts).map(({ text }) => text)).toEqual(['the card, edited', 'a step', 'a notice']);
    expect(slack.messages(NOTICES)[0]).toMatchObject({
      metadata: { event_type: 'eks_upgrade_message', event_payload: { run: 'r1', key: 'card' } },
    });
  });

  it('gets every message of every state past a strict Slack', async () => {
    const slack = await slackForTest();
    const messages = adapter(slack);
    for (const run of Object.values(runsInEveryState())) {
      const { ts } = await messages.post(card);
      for (const { key, text, blocks, broadcast, parent } of messagesOf(run, {
        approvers: { users: [], groups: ['S0PLATFRM'] },
      })) {
        await messages.post({
          channel: NOTICES,
          key,
          runId: run.id,
          threadTs: parent === null ? null : ts,
          broadcast,
          text,
          blocks,
        });
      }
    }
    expect(slack.log().filter(({ kind }) => kind === 'simulator-bug')).toEqual([]);
  });

  it('gives the address of a message, and none rather than an error', async () => {
    const slack = await slackForTest();
    const { ts } = await adapter(slack).post(card);
    const permalink = createPermalinks(backgroundClient({ token: slack.botToken, apiUrl: slack.apiUrl }));
    expect(await permalink({ channel: NOTICES, ts })).toContain(`/archives/${NOTICES}/p${ts.replace('.', '')}`);
    expect(await permalink({ channel: NOTICES, ts: '1.2' })).toBeNull();
  });
});

describe('finding a post whose answer was lost', () => {
  it.each(['server-error-after', 'connection-lost-after', 'time-out-after'] as const)(
    '%s: says so, posts once, and finds it',
    async (kind) => {
      const slack = await slackForTest();
      const messages = adapter(slack, { timeoutMs: 300 });
      slack.addFault({ kind, method: 'chat.postMessage' });
      await expect(messages.post(card)).rejects.toMatchObject({ name: 'TransientError', code: 'SlackAnswerLost' });

      expect(slack.messages(NOTICES)).toHaveLength(1);
      const query = { channel: NOTICES, key: 'card', runId: 'r1', threadTs: null, since: Date.now() };
      expect(await messages.find(query)).toEqual({ ts: slack.messages(NOTICES)[0]?.ts });
      expect(await messages.find({ ...query, key: 'start' })).toBeNull();
      expect(await messages.find({ ...query, runId: 'r2' })).toBeNull();
    },
  );

  it('finds a reply in its thread, behind more than a page of others', async () => {
    const slack = await slackForTest();
    const messages = adapter(slack);
    const { ts: threadTs } = await messages.post(card);
    for (let i = 0; i < 205; i++) slack.say({ user: 'U0MAYA000', channel: NOTICES, text: `talk ${i}`, threadTs });
    const { ts } = await messages.post({ ...card, key: 'step:a', threadTs });
    expect(await messages.find({ channel: NOTICES, key: 'step:a', runId: 'r1', threadTs, since: Date.now() })).toEqual({
      ts,
    });
  });

  it('finds nothing when the post never arrived', async () => {
    const slack = await slackForTest();
    slack.addFault({ kind: 'server-error-before', method: 'chat.postMessage' });
    await expect(adapter(slack).post(card)).rejects.toMatchObject({ code: 'SlackAnswerLost' });
    expect(
      await adapter(slack).find({ channel: NOTICES, key: 'card', runId: 'r1', threadTs: null, since: Date.now() }),
    ).toBeNull();
  });
});

describe('errors', () => {
  it('says how long Slack asked to wait', async () => {
    const slack = await slackForTest();
    slack.addFault({ kind: 'rate-limited', method: 'chat.postMessage', retryAfter: 7 });
    await expect(adapter(slack).post(card)).rejects.toMatchObject({
      name: 'TransientError',
      code: 'SlackRateLimited',
      retryAfterMs: 7000,
    });
    expect(slack.messages(NOTICES)).toEqual([]);
  });

  it('knows that nothing was posted when no connection came about', async () => {
    const slack = await slackForTest();
    await expect(
      adapter(slack, { apiUrl: `http://127.0.0.1:${await closedPort()}/api/` }).post(card),
    ).rejects.toMatchObject({ name: 'TransientError', code: 'SlackUnreachable' });
  });

  it.each([
    ['internal_error', 'TransientError', 'SlackAnswerLost'],
    ['service_unavailable', 'TransientError', 'SlackUnavailable'],
    ['channel_not_found', 'UserError', 'SlackChannelNotFound'],
    ['not_in_channel', 'UserError', 'SlackNotInChannel'],
    ['is_archived', 'UserError', 'SlackChannelArchived'],
    ['missing_scope', 'UserError', 'SlackMissingScope'],
    ['token_revoked', 'UserError', 'SlackTokenRefused'],
    ['message_not_found', 'UserError', 'SlackMessageGone'],
    ['invalid_blocks', 'InternalError', 'SlackRefused'],
  ])('%s is a %s %s', async (error, name, code) => {
    const slack = await slackForTest();
    slack.addFault({ kind: 'api-error', method: 'chat.postMessage', error });
    await expect(adapter(slack).post(card)).rejects.toMatchObject({ name, code });
  });

  it('names the way out when the bot was removed from the channel', async () => {
    const slack = await slackForTest();
    slack.changeChannel(NOTICES, { botIsMember: false });
    await expect(adapter(slack).post(card)).rejects.toThrow(
      'the bot is not in the channel: invite it there with /invite (chat.postMessage: not_in_channel)',
    );
  });

  it('keeps what it does not know as our bug, with its cause', () => {
    const cause = new Error('odd');
    expect(fromSlackError(cause, 'chat.update')).toMatchObject({
      name: 'InternalError',
      message: 'calling chat.update of slack failed: odd',
      cause,
    });
  });
});

describe('people', () => {
  const people = (slack: SlackSimulator) =>
    createSlackPeople(backgroundClient({ token: slack.botToken, apiUrl: slack.apiUrl }));

  it('reads the members of a group', async () => {
    expect(await people(await slackForTest()).groupMembers('S0PLATFRM')).toEqual(['U0SAM0000']);
  });

  it('says what to do for a group that is not there, a missing scope and a plan without groups', async () => {
    const slack = await slackForTest();
    await expect(people(slack).groupMembers('S0NOBODY')).rejects.toThrow(
      'slack has no active user group S0NOBODY: correct the fleet file',
    );
    await expect(people(await slackForTest({ scopes: ['chat:write'] })).groupMembers('S0PLATFRM')).rejects.toThrow(
      'without the scope usergroups:read',
    );
    slack.addFault({ kind: 'api-error', method: 'usergroups.users.list', error: 'paid_teams_only' });
    await expect(people(slack).groupMembers('S0PLATFRM')).rejects.toMatchObject({
      name: 'UserError',
      code: 'SlackPlanWithoutGroups',
    });
  });
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
