import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { programFile } from '#test/support/programs.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';
import { type ClockSettings, clockFromNow } from '../clock.ts';
import { type CloudOptions, defaultCredentials } from '../cloud/options.ts';
import { writeEksctlWrapper } from '../eksctl/write-eksctl-wrapper.ts';
import type { SlackSimulatorOptions } from '../slack/options.ts';
import type { SlackAddresses } from '../slack/simulator.ts';
import { type ConfigRemote, createConfigRemote } from './config-remote.ts';
import { ACCOUNT, type DemoFleet, fleetFile } from './fleet.ts';
import type { DemoOptions } from './options.ts';
import { type DemoProcess, startProcess } from './processes.ts';

const SIMULATORS = resolve(import.meta.dirname, '..');
export const MAINTENANCE = { id: 'C0MAINT00', name: 'maintenance-notices' } as const;
export const PEOPLE = { maya: 'U0MAYA000', sam: 'U0SAM0000', robin: 'U0ROBIN00' } as const;

/** Everything the demo runs, in processes of their own, and what is needed to look at it from outside. */
export type DemoWorld = {
  clock: ClockSettings;
  slack: SlackAddresses;
  cloudUrl: string;
  redis: RedisServer;
  remote: ConfigRemote;
  eksctlLog: string;
  logFile: string;
  stop: () => Promise<void>;
};

/** Redis, the simulators, a git remote, and the unchanged bot and worker. Whatever has been started is stopped when a start fails. */
export async function startDemoWorld(options: DemoOptions, fleet: DemoFleet): Promise<DemoWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'eks-demo-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true, maxRetries: 3 })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build({ options, fleet, directory, undo })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Build = { options: DemoOptions; fleet: DemoFleet; directory: string; undo: (() => Promise<unknown>)[] };

async function build({ options, fleet, directory, undo }: Build): Promise<Omit<DemoWorld, 'stop'>> {
  const clock = clockFromNow(options.speed);
  const logFile = join(directory, 'demo.log');
  const log = await open(logFile, 'a');
  undo.push(() => log.close());
  const stderr = options.auto ? 'inherit' : log.fd;
  const started = async (starting: Promise<DemoProcess>): Promise<DemoProcess> => {
    const process = await starting;
    undo.push(process.stop);
    return process;
  };
  const [redis, remote, cloud, slack, eksctl] = await Promise.all([
    startRedis().then((server) => {
      undo.push(server.stop);
      return server;
    }),
    createConfigRemote({ folder: fleet.folder, directory }),
    started(
      startProcess({
        name: 'the cloud simulator',
        script: programFile('cloud'),
        args: [JSON.stringify(cloudOptions({ options, fleet, clock, directory }))],
        stderr,
      }),
    ),
    started(
      startProcess({
        name: 'the slack simulator',
        script: programFile('slack'),
        args: [JSON.stringify(slackOptions({ options, clock, directory }))],
        stderr,
      }),
    ),
    eksctlProgram({ options, clock, directory }),
  ]);
  if (options.fault === 'jsonnet-error') await breakConfig(remote, fleet);
  const addresses = JSON.parse(slack.firstLine) as SlackAddresses;
  const { awsUrl } = JSON.parse(cloud.firstLine) as { awsUrl: string };
  const fleetPath = join(directory, 'fleet.yaml');
  const place = {
    teamId: addresses.teamId,
    channel: MAINTENANCE.id,
    remote: remote.url,
    people: { requester: PEOPLE.maya, approver: PEOPLE.sam },
  };
  await writeFile(fleetPath, stringify(fleetFile(fleet, place)));
  const env = {
    ...onlyBasics(),
    SLACK_BOT_TOKEN: addresses.botToken,
    SLACK_APP_TOKEN: addresses.appToken,
    SLACK_API_URL: addresses.apiUrl,
    REDIS_URL: redis.url,
    FLEET_FILE: fleetPath,
    EKSCTL: eksctl.program,
    PORT: '0',
    WORK_DIR: join(directory, 'work'),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: defaultCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: defaultCredentials.secretAccessKey,
    SIMULATED_CLOCK: JSON.stringify(clock),
  };
  await Promise.all([
    started(startProcess({ name: 'the bot', script: programFile('bot'), env, stderr })),
    started(startProcess({ name: 'the worker', script: programFile('worker'), env, stderr })),
  ]);
  return { clock, slack: addresses, cloudUrl: awsUrl, redis, remote, eksctlLog: eksctl.log, logFile };
}

function cloudOptions({
  options,
  fleet,
  clock,
  directory,
}: {
  options: DemoOptions;
  fleet: DemoFleet;
  clock: ClockSettings;
  directory: string;
}): CloudOptions {
  const { fault, activity } = options;
  const inCloud = fault === 'update-fails' || fault === 'stack-rolls-back' || fault === 'no-access';
  return {
    clock,
    effectsLog: join(directory, 'cloud-effects.jsonl'),
    worlds: fleet.clusters.map(({ config }, index) => ({
      config,
      account: ACCOUNT,
      ...(index === 0 ? { activity } : {}),
    })),
    faults: inCloud ? fleet.clusters.map(({ name }) => ({ cluster: name, name: fault })) : [],
  };
}

function slackOptions({
  options,
  clock,
  directory,
}: {
  options: DemoOptions;
  clock: ClockSettings;
  directory: string;
}): SlackSimulatorOptions {
  return {
    clock,
    port: options.port,
    teamName: 'Coastal Research',
    manifestPath: resolve(SIMULATORS, '../../manifest.yml'),
    logPath: join(directory, 'slack.jsonl'),
    hint: 'Type `/eks-upgrade coast 1.24` as Maya, then act as Sam and press Approve.',
  };
}

async function eksctlProgram({
  options,
  clock,
  directory,
}: {
  options: DemoOptions;
  clock: ClockSettings;
  directory: string;
}): Promise<{ program: string; log: string }> {
  const log = join(directory, 'eksctl.jsonl');
  if (process.env.EKSCTL) return { program: process.env.EKSCTL, log };
  const faults = options.fault === 'eksctl-exits-1' ? ['eksctl-exits-1' as const] : [];
  return { program: await writeEksctlWrapper({ directory, clock, faults, logPath: log }), log };
}

/** What somebody pushed without trying it: the config does not evaluate any more. */
async function breakConfig(remote: ConfigRemote, { clusters }: DemoFleet): Promise<void> {
  for (const { file } of clusters) await remote.commit(file, `${await remote.read(file)}\n}  // one brace too many\n`);
}

/** The demo must not be changed by, nor reach, whatever else this person's environment says. */
function onlyBasics(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, LANG, JSONNET } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR, LANG, JSONNET }).filter(([, value]) => value !== undefined),
  );
}
