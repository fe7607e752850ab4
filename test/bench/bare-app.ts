import { App } from '@slack/bolt';

/** The least that answers a slash command: what Bolt, Socket Mode and this machine take by themselves. */
const { SLACK_BOT_TOKEN: token = '', SLACK_APP_TOKEN: appToken = '', SLACK_API_URL: slackApiUrl = '' } = process.env;
const app = new App({ token, appToken, socketMode: true, clientOptions: { slackApiUrl } });
app.command('/eks-upgrade', async ({ ack, respond }) => {
  await ack();
  await respond({ response_type: 'ephemeral', text: 'Heard.' });
});
await app.start();
process.stdout.write('ready\n');
