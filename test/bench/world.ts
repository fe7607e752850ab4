import { chmod, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type ClockSettings, clockFromNow } from '#test/simulators/clock.ts';
import { type CloudOptions, type ClusterConfig, defaultCredentials } from '#test/simulators/cloud/options.ts';
import { type ConfigRemote, createConfigRemote } from '#test/simulators/demo/config-remote.ts';
import { ACCOUNT, type DemoFleet, fleetFile } from '#test/simulators/demo/fleet.ts';
import { type DemoProcess, startProcess } from '#test/simulators/demo/processes.ts';
import { MAINTENANCE, PEOPLE } from '#test/simulators/demo/world.ts';
import { writeEksctlWrapper } from '#test/simulators/eksctl/write-eksctl-wrapper.ts';
import type { SlackAddresses } from '#test/simulators/slack/simulator.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';
import { NODE_FLAGS } from './node-flags.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

const SIMULATORS = resolve(import.meta.dirname, '../simulators');

export type WorldOptions = {
  /** Simulated milliseconds in a real one. */
  speed: number;
  clusters: ClusterConfig[];
  durations?: CloudOptions['durations'];
  rateLimits?: boolean;
};

/** What every figure is measured in: simulators, Redis and a git remote, each in a process of its own; the bot is started apart. */
export type BenchWorld = {
  directory: string;
  clock: ClockSettings;
  slack: SlackAddresses;
  slackLog: string;
  cloudUrl: string;
  redis: RedisServer;
  remote: ConfigRemote;
  fleet: DemoFleet;
  /** The program for the setting EKSCTL: the simulated eksctl, with beginning and end of each command written down. */
  eksctl: string;
  eksctlTimes: string;
  /** The environment of a bot or worker. */
  env: Record<string, string>;
  startBot: () => Promise<BotProcess>;
  startWorker: () => Promise<BotProcess>;
  stop: () => Promise<void>;
};

/** A bot or worker, and all it asks AWS. */
export type BotProcess = DemoProcess & { aws: RecordingProxy };

type Undo = (() => Promise<unknown>)[];

export async function startBenchWorld(options: WorldOptions): Promise<BenchWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const undo: Undo = [() => rm(directory, { recursive: true, force: true, maxRetries: 5 })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build(options, directory, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: WorldOptions, directory: string, undo: Undo): Promise<Omit<BenchWorld, 'stop'>> {
  const clock = clockFromNow(options.speed);
  const slackLog = join(directory, 'slack.jsonl');
  const log = await open(join(directory, 'bot.log'), 'a');
  undo.push(() => log.close());
  const started = async <P extends DemoProcess>(starting: Promise<P>): Promise<P> => {
    const process = await starting;
    undo.push(process.stop);
    return process;
  };
  const fleet = await writeConfigs(directory, options.clusters);
  const [redis, remote, cloud, slackProcess, eksctl] = await Promise.all([
    startRedis().then((server) => {
      undo.push(server.stop);
      return server;
    }),
    createConfigRemote({ folder: fleet.folder, directory }),
    started(startCloud(cloudOptions(options, clock, directory), directory, log.fd)),
    started(startSlack(slackOptions(options, clock, slackLog), log.fd)),
    timedEksctl(directory, clock),
  ]);
  const slack = JSON.parse(slackProcess.firstLine) as SlackAddresses;
  const { awsUrl: cloudUrl } = JSON.parse(cloud.firstLine) as { awsUrl: string };
  const env = await environment({ slack, redis, remote, fleet, directory, eksctl: eksctl.program });
  const startBotProcess = async (script: string): Promise<BotProcess> => {
    const aws = await startRecordingProxy(cloudUrl);
    undo.push(aws.stop);
    const environmentOfProcess = { ...env, AWS_ENDPOINT_URL: aws.url, SIMULATED_CLOCK: JSON.stringify(clock) };
    const path = join(SIMULATORS, 'demo', script);
    return {
      ...(await started(
        startProcess({ name: script, script: path, flags: NODE_FLAGS, env: environmentOfProcess, stderr: log.fd }),
      )),
      aws,
    };
  };
  return {
    directory,
    clock,
    slack,
    slackLog,
    cloudUrl,
    redis,
    remote,
    fleet,
    env,
    eksctl: eksctl.program,
    eksctlTimes: eksctl.times,
    startBot: () => startBotProcess('bot.ts'),
    startWorker: () => startBotProcess('worker.ts'),
  };
}

async function startCloud(options: CloudOptions, directory: string, stderr: number): Promise<DemoProcess> {
  const path = join(directory, 'cloud-options.json');
  await writeFile(path, JSON.stringify(options));
  return startProcess({
    name: 'the cloud simulator',
    script: join(import.meta.dirname, 'cloud-process.ts'),
    args: [path],
    stderr,
  });
}

export function startSlack(options: object, stderr: number): Promise<DemoProcess> {
  return startProcess({
    name: 'the slack simulator',
    script: join(SIMULATORS, 'slack/process.ts'),
    args: [JSON.stringify(options)],
    stderr,
  });
}

function cloudOptions({ clusters, durations }: WorldOptions, clock: ClockSettings, directory: string): CloudOptions {
  return {
    clock,
    effectsLog: join(directory, 'cloud-effects.jsonl'),
    worlds: clusters.map((config) => ({ config, account: ACCOUNT })),
    ...(durations === undefined ? {} : { durations }),
  };
}

function slackOptions({ rateLimits = false }: WorldOptions, clock: ClockSettings, logPath: string): object {
  return { clock, rateLimits, logPath, manifestPath: resolve(SIMULATORS, '../../manifest.yml') };
}

async function writeConfigs(directory: string, clusters: ClusterConfig[]): Promise<DemoFleet> {
  const folder = join(directory, 'configs');
  await mkdir(folder);
  await Promise.all(
    clusters.map((config) => writeFile(join(folder, `${config.metadata.name}.yaml`), stringify(config))),
  );
  return {
    folder,
    clusters: clusters.map((config) => {
      return {
        name: config.metadata.name,
        file: `${config.metadata.name}.yaml`,
        config,
        skew: 'supported',
        coreGroups: ['core-*'],
      };
    }),
  };
}

/** Writes `from to argument…` for each command, in real epoch milliseconds; its exit code and output stay its own. */
async function timedEksctl(directory: string, clock: ClockSettings): Promise<{ program: string; times: string }> {
  const inner = await writeEksctlWrapper({ directory, clock });
  const times = join(directory, 'eksctl-times.txt');
  const program = join(directory, 'timed-eksctl');
  const lines = [
    '#!/bin/sh',
    `if [ "$*" = version ]; then exec '${inner}' version; fi`,
    'from=$(date +%s%3N)',
    `'${inner}' "$@"`,
    'code=$?',
    `echo "$from $(date +%s%3N) $*" >> '${times}'`,
    'exit $code',
    '',
  ];
  await writeFile(program, lines.join('\n'));
  await writeFile(times, '');
  await chmod(program, 0o755);
  return { program, times };
}

type Parts = {
  slack: SlackAddresses;
  redis: RedisServer;
  remote: ConfigRemote;
  fleet: DemoFleet;
  directory: string;
  eksctl: string;
};

/** Nothing of the environment of whoever measures may change what is measured; leases and limits are the product's own. */
async function environment({ slack, redis, remote, fleet, directory, eksctl }: Parts): Promise<Record<string, string>> {
  const fleetPath = join(directory, 'fleet.yaml');
  const place = {
    teamId: slack.teamId,
    channel: MAINTENANCE.id,
    remote: remote.url,
    people: { requester: PEOPLE.maya, approver: PEOPLE.sam },
  };
  await writeFile(fleetPath, stringify(fleetFile(fleet, place)));
  const basics = Object.entries(process.env).filter(([name]) =>
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'JSONNET'].includes(name),
  );
  return {
    ...(Object.fromEntries(basics) as Record<string, string>),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.apiUrl,
    REDIS_URL: redis.url,
    FLEET_FILE: fleetPath,
    EKSCTL: eksctl,
    PORT: '0',
    WORK_DIR: join(directory, 'work'),
    LOG_LEVEL: 'info',
    AWS_ACCESS_KEY_ID: defaultCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: defaultCredentials.secretAccessKey,
  };
}
