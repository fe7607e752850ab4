import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { onTestFinished } from 'vitest';
import type { SlackSimulatorOptions } from './options.ts';
import { type SlackSimulator, startSlackSimulator } from './simulator.ts';

export const MAYA = 'U0MAYA000';
export const SAM = 'U0SAM0000';
export const NOTICES = 'C0MAINT00';
export const GENERAL = 'C0GENERAL';

/** A simulator that is closed when the test ends. */
export async function slackForTest(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  const slack = await startSlackSimulator({ commands: [{ command: '/deploy' }], ...options });
  onTestFinished(() => slack.close());
  return slack;
}

/** A real Bolt app in Socket Mode. The caller adds listeners before it starts. */
export async function boltApp(slack: SlackSimulator, listen: (app: App) => void): Promise<App> {
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logLevel: LogLevel.ERROR,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
  });
  const app = new App({
    token: slack.botToken,
    receiver,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
    logLevel: LogLevel.ERROR,
  });
  listen(app);
  await app.start();
  onTestFinished(() => receiver.client.disconnect().then(() => undefined));
  return app;
}

/** Calls a method as a plain HTTP client. */
export async function callApi(
  slack: SlackSimulator,
  method: string,
  args: object,
  token: string = slack.botToken,
): Promise<{ ok: boolean; error?: string; [field: string]: unknown }> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(args),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    ...((await response.json()) as { ok: boolean }),
  };
}

export function approveBlocks(value = 'run-1'): object[] {
  return [
    { type: 'header', text: { type: 'plain_text', text: 'Upgrade coast' } },
    { type: 'section', text: { type: 'mrkdwn', text: '*coast* from 1.22 to 1.23' } },
    {
      type: 'actions',
      block_id: 'decision',
      elements: [
        {
          type: 'button',
          action_id: 'approve',
          value,
          style: 'primary',
          text: { type: 'plain_text', text: 'Approve' },
          confirm: {
            title: { type: 'plain_text', text: 'Approve this plan?' },
            text: { type: 'mrkdwn', text: 'The upgrade starts at once.' },
            confirm: { type: 'plain_text', text: 'Approve' },
            deny: { type: 'plain_text', text: 'Not yet' },
          },
        },
        { type: 'button', action_id: 'reject', value, style: 'danger', text: { type: 'plain_text', text: 'Reject' } },
      ],
    },
  ];
}
