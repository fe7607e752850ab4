import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type RedisServer, startRedis } from '#test/support/redis.ts';
import { type ClockSettings, clockFromNow } from '../../simulators/clock.ts';
import { type CloudOptions, defaultCredentials } from '../../simulators/cloud/options.ts';
import { createConfigRemote } from '../../simulators/demo/config-remote.ts';
import { ACCOUNT } from '../../simulators/demo/fleet.ts';
import { MAINTENANCE, PEOPLE } from '../../simulators/demo/world.ts';
import { setEksctlFaults } from '../../simulators/eksctl/faults.ts';
import { writeEksctlWrapper } from '../../simulators/eksctl/write-eksctl-wrapper.ts';
import { createFaultyGit, type FaultyGit } from '../../simulators/git/faults.ts';
import type { SlackSimulatorOptions } from '../../simulators/slack/options.ts';
import { type ChildProcessHandle, startChild } from '../child.ts';
import type { WorldAddresses } from '../simulators.ts';
import { CloudView } from './cloud-view.ts';
import type { StormCluster } from './clusters.ts';
import { Crew } from './crew.ts';
import { killEksctlOf } from './eksctl-children.ts';
import { type Reach, rulesOf } from './reach.ts';
import { SlackView } from './slack-view.ts';

const WORKERS = 3;
/** Real milliseconds; production's are 15 s and 10 s. A worker that sleeps for longer loses its tickets. */
const LEASES = { LOCK_DURATION_MS: '5000', STALLED_INTERVAL_MS: '2500' };
/** A killed server loses nothing that it wrote (faults.md), and a busy disk must not keep it from answering. */
const REDIS_ARGS = ['--hz', '100', '--appendfsync', 'no'];

/** Everything that many upgrades at once share; only the bot's processes are the bot. */
export type StormWorld = {
  directory: string;
  /** Run time when it began, and now. */
  beganAt: number;
  now: () => number;
  speed: number;
  slackUrl: string;
  redis: RedisServer;
  /** The bare repository behind the remote. */
  bare: string;
  slack: SlackView;
  cloud: CloudView;
  reach: Reach;
  botLog: string;
  close: () => Promise<void>;
};

export type StormSettings = {
  clusters: readonly StormCluster[];
  /** Simulated milliseconds in a real one. */
  speed: number;
  /** Whenever a process of the bot ends. */
  onEnd: (end: { name: string; how: string; byItself: boolean }) => void;
};

type Undo = (() => unknown)[];

export async function openStormWorld(settings: StormSettings): Promise<StormWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'eks-storm-'));
  // Also when somebody interrupts us.
  const sweep = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', sweep);
  const undo: Undo = [sweep, () => process.off('exit', sweep)];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build(settings, directory, undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  { clusters, speed, onEnd }: StormSettings,
  directory: string,
  undo: Undo,
): Promise<Omit<StormWorld, 'close'>> {
  const clock = clockFromNow(speed);
  const now = (): number => clock.origin + (Date.now() - clock.realOrigin) * speed;
  const [effectsLog, slackLog, botLog] = ['effects.jsonl', 'slack.jsonl', 'bot.log'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await Promise.all([writeConfigs(directory, clusters), mkdir(join(directory, 'work'))]);
  const remote = await createConfigRemote({ folder: join(directory, 'configs'), directory });
  const [redis, git, eksctl, { cloudUrl, slack: addresses }] = await Promise.all([
    startRedis({ appendOnly: true, args: REDIS_ARGS }).then((server) => {
      undo.push(server.stop);
      return server;
    }),
    createFaultyGit({ bare: remote.url, directory }),
    writeEksctlWrapper({ directory, clock }),
    startSimulators({ clock, clusters, effectsLog, slackLog, undo }),
  ]);
  const env = await environment({ directory, addresses, cloudUrl, redis, git, eksctl, clusters, clock });
  const log = await open(botLog, 'a');
  undo.push(() => log.close());
  const crew = new Crew({ env, workers: WORKERS, stderr: log.fd, onEnd });
  undo.push(() => crew.end());
  await crew.ready();
  const slack = new SlackView(slackLog);
  return {
    directory,
    beganAt: now(),
    now,
    speed,
    slackUrl: addresses.url,
    redis,
    bare: remote.url,
    slack,
    cloud: new CloudView({ url: cloudUrl, effectsLog, now }),
    reach: reachOf({ cloudUrl, slackUrl: addresses.url, slack, redis, crew, git, directory }),
    botLog,
  };
}

type Simulated = {
  clock: ClockSettings;
  clusters: readonly StormCluster[];
  effectsLog: string;
  slackLog: string;
  undo: Undo;
};

/** Both simulators in one process of their own, as the crash-point harness has them. */
async function startSimulators({ clock, clusters, effectsLog, slackLog, undo }: Simulated): Promise<WorldAddresses> {
  const child: ChildProcessHandle = startChild({
    script: resolve(import.meta.dirname, '../simulators.ts'),
    argument: '',
    env: process.env,
    stderr: 'inherit',
  });
  undo.push(async () => {
    child.kill('SIGKILL');
    await child.exited;
  });
  const cloud: CloudOptions = {
    clock,
    effectsLog,
    worlds: clusters.map(({ config, seed }) => ({ config, account: ACCOUNT, ...seed })),
  };
  const slack: SlackSimulatorOptions = {
    clock,
    logPath: slackLog,
    manifestPath: resolve(import.meta.dirname, '../../../manifest.yml'),
  };
  child.stdin.write(`${JSON.stringify({ cloud, slack })}\n`);
  return JSON.parse(await firstLine(child)) as WorldAddresses;
}

async function firstLine({ stdout }: ChildProcessHandle): Promise<string> {
  let text = '';
  for await (const chunk of stdout) {
    text += String(chunk);
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error('the simulators ended before they were ready');
}

async function writeConfigs(directory: string, clusters: readonly StormCluster[]): Promise<void> {
  const folder = join(directory, 'configs');
  await mkdir(folder);
  await Promise.all(clusters.map(({ name, config }) => writeFile(join(folder, fileOf(name)), stringify(config))));
}

function fileOf(cluster: string): string {
  return `${cluster}.yaml`;
}

type Parts = {
  directory: string;
  addresses: WorldAddresses['slack'];
  cloudUrl: string;
  redis: RedisServer;
  git: FaultyGit;
  eksctl: string;
  clusters: readonly StormCluster[];
  clock: ClockSettings;
};

/** Nothing of the environment of whoever runs this may change what happens. */
async function environment(parts: Parts): Promise<Record<string, string>> {
  const { directory, addresses, cloudUrl, redis, git, eksctl, clock } = parts;
  const fleetFile = join(directory, 'fleet.yaml');
  await writeFile(fleetFile, stringify(fleetOf(parts)));
  const basics = Object.entries(process.env).filter(([name]) => ['PATH', 'LANG', 'TMPDIR', 'JSONNET'].includes(name));
  return {
    ...(Object.fromEntries(basics) as Record<string, string>),
    ...LEASES,
    HOME: directory,
    GIT: git.program,
    GIT_SSH_COMMAND: git.sshCommand,
    GIT_CONFIG_NOSYSTEM: '1',
    SLACK_BOT_TOKEN: addresses.botToken,
    SLACK_APP_TOKEN: addresses.appToken,
    SLACK_API_URL: addresses.apiUrl,
    REDIS_URL: redis.url,
    FLEET_FILE: fleetFile,
    EKSCTL: eksctl,
    PORT: '0',
    WORK_DIR: join(directory, 'work'),
    LOG_LEVEL: 'info',
    AWS_ENDPOINT_URL: cloudUrl,
    AWS_ACCESS_KEY_ID: defaultCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: defaultCredentials.secretAccessKey,
    SIMULATED_CLOCK: JSON.stringify(clock),
  };
}

function fleetOf({ addresses, git, clusters }: Parts): object {
  const people = { users: [PEOPLE.maya, PEOPLE.sam] };
  return {
    teamId: addresses.teamId,
    maintenanceChannel: MAINTENANCE.id,
    requesters: people,
    approvers: people,
    clusters: clusters.map(({ name, config, skew }) => ({
      name,
      region: config.metadata.region,
      account: ACCOUNT,
      config: { remote: git.remoteOf(name), branch: 'main', path: fileOf(name) },
      coreGroups: ['core', 'core-*'],
      skewPolicy: skew,
    })),
  };
}

type Touched = {
  cloudUrl: string;
  slackUrl: string;
  slack: SlackView;
  redis: RedisServer;
  crew: Crew;
  git: FaultyGit;
  directory: string;
};

function reachOf({ cloudUrl, slackUrl, slack, redis, crew, git, directory }: Touched): Reach {
  return {
    cloud: {
      fault: (fault) => post(`${cloudUrl}/_sim/faults`, fault),
      activity: (cluster, count) => post(`${cloudUrl}/_sim/activity`, { cluster, count }),
    },
    slack: {
      fault: (fault) => post(`${slackUrl}/_sim/faults`, fault),
      act: (name, body) => post(`${slackUrl}/_sim/${name}`, body),
      messageTs: (cluster, key) => slack.ofCluster(cluster, key)?.ts ?? null,
    },
    redis,
    processes: { signal: (name, signal) => crew.signal(name, signal) },
    eksctl: {
      ...rulesOf((rules) => setEksctlFaults(directory, rules)),
      kill: (cluster) => killEksctlOf(crew.pids(), cluster),
    },
    git: rulesOf((rules) => git.setFaults(rules)),
    wait: (seconds) => sleep(seconds * 1000),
  };
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} refused: ${await response.text()}`);
}
