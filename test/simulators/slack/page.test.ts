import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { formatDate, prepare, restore } from './mrkdwn.ts';
import { approveBlocks, boltApp, callApi, NOTICES, SAM, slackForTest } from './support.ts';

test('a person types the command, another one approves, and everybody sees it without a reload', async () => {
  const slack = await slackForTest({ hint: 'Type `/deploy coast`.' });
  await boltApp(slack, (app) => {
    app.command('/deploy', async ({ ack, client }) => {
      await ack('Planning <b>');
      await client.chat.postMessage({ channel: NOTICES, text: 'asked', blocks: approveBlocks() as never });
    });
    app.action('approve', async ({ ack, body, client }) => {
      await ack();
      if (body.type !== 'block_actions' || body.message === undefined) return;
      await client.chat.update({ channel: NOTICES, ts: body.message.ts, text: `Approved by <@${body.user.id}>` });
      await client.chat.postMessage({
        channel: NOTICES,
        thread_ts: body.message.ts,
        reply_broadcast: true,
        text: 'It has *started*',
      });
    });
  });
  const page = await openPage(slack.url);
  await page.getByRole('button', { name: '/deploy coast' }).click();
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.press('Enter');
  await page.getByText('Only visible to you').waitFor();
  await page.getByRole('radio', { name: /Sam Lindqvist/ }).check();
  expect(await page.getByText('Planning <b>').count()).toBe(0);

  await box.fill('half a sentence');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog', { name: 'Approve this plan?' }).getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Approved by @Sam Lindqvist (edited)').waitFor();
  expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  expect(await box.inputValue()).toBe('half a sentence');

  await page.getByRole('link', { name: '1 reply' }).click();
  const thread = page.getByRole('complementary', { name: 'Thread' });
  await thread.getByText('Also sent to the channel').waitFor();
  await thread.getByRole('textbox', { name: 'Reply' }).fill('thanks & bye');
  await thread.getByRole('textbox', { name: 'Reply' }).press('Enter');
  await thread.getByText('thanks & bye').waitFor();
  expect(slack.messages(NOTICES).at(-1)).toMatchObject({ broadcast: true, text: 'It has *started*' });
});

test('a modal shows the errors of its inputs and keeps what was typed', async () => {
  const slack = await slackForTest();
  const heard: unknown[] = [];
  await boltApp(slack, (app) => {
    app.action('approve', async ({ ack, body, client }) => {
      await ack();
      if (body.type !== 'block_actions') return;
      const element = { type: 'plain_text_input', action_id: 'text' } as const;
      const view = {
        type: 'modal',
        callback_id: 'why',
        title: { type: 'plain_text', text: 'Go ahead' },
        submit: { type: 'plain_text', text: 'Submit' },
      } as const;
      await client.views.open({
        trigger_id: body.trigger_id,
        view: {
          ...view,
          blocks: [{ type: 'input', block_id: 'reason', label: { type: 'plain_text', text: 'Reason' }, element }],
        },
      });
    });
    app.view('why', async ({ ack, view }) => {
      heard.push(view.state.values.reason?.text?.value);
      if (heard.length === 1) await ack({ response_action: 'errors', errors: { reason: 'Say more' } });
      else await ack();
    });
  });
  await callApi(slack, 'chat.postMessage', { channel: NOTICES, blocks: approveBlocks() });
  const page = await openPage(`${slack.url}/?as=${SAM}`);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  const modal = page.getByRole('dialog', { name: 'Go ahead' });
  await modal.getByRole('button', { name: 'Submit' }).click();
  await modal.getByText('Please complete this required field.').waitFor();
  await modal.getByRole('textbox', { name: 'Reason' }).fill('short');
  await modal.getByRole('button', { name: 'Submit' }).click();
  await modal.getByText('Say more').waitFor();
  expect(await modal.getByRole('textbox', { name: 'Reason' }).inputValue()).toBe('short');
  await modal.getByRole('button', { name: 'Submit' }).click();
  await modal.waitFor({ state: 'detached' });
  expect(heard).toEqual(['short', 'short']);
});

test('escaped characters survive the library, and dates follow the simulated clock', () => {
  const prepared = prepare({ type: 'mrkdwn', text: '&lt;b&gt; ```\ncode\n```' }, 0);
  expect(prepared.text).not.toContain('&lt;');
  expect(restore(prepared.text)).toBe('&lt;b&gt; ```code```');
  const noon = new Date(2030, 4, 6, 12).getTime();
  expect(formatDate(noon, '{date_short_pretty} at {time}', noon)).toBe('today at 12:00 PM');
  expect(formatDate(noon, '{date_long}', 0)).toBe('Monday, May 6, 2030');
});

async function openPage(url: string): Promise<Page> {
  const args = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(10_000);
  await page.goto(url);
  return page;
}
