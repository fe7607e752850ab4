import { createInterface } from 'node:readline';
import type { CloudOptions } from '../simulators/cloud/options.ts';
import { startCloudSimulator } from '../simulators/cloud/start-cloud-simulator.ts';
import type { SlackSimulatorOptions } from '../simulators/slack/options.ts';
import { startSlackSimulator } from '../simulators/slack/simulator.ts';

/**
 * The simulators of one world after the other in a process of their own: starting a process costs more than a world.
 * A line of JSON on standard input begins a world and ends the one before; a line on standard output says where it is.
 */
export type WorldRequest = { cloud: CloudOptions; slack: SlackSimulatorOptions };
export type WorldAddresses = {
  cloudUrl: string;
  slack: { url: string; apiUrl: string; botToken: string; appToken: string; teamId: string };
};

const opened: (() => Promise<unknown>)[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  await Promise.all(opened.splice(0).map((close) => close()));
  const { cloud: cloudOptions, slack: slackOptions } = JSON.parse(line) as WorldRequest;
  const [cloud, slack] = await Promise.all([startCloudSimulator(cloudOptions), startSlackSimulator(slackOptions)]);
  opened.push(cloud.stop, slack.close);
  const { url, apiUrl, botToken, appToken, teamId } = slack;
  const addresses: WorldAddresses = { cloudUrl: cloud.awsUrl, slack: { url, apiUrl, botToken, appToken, teamId } };
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}
process.exit(0);
