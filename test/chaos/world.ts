import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type ClockSettings, clockFromNow } from '../simulators/clock.ts';
import { defaultCredentials } from '../simulators/cloud/options.ts';
import { ACCOUNT, fleetFile } from '../simulators/demo/fleet.ts';
import { MAINTENANCE, PEOPLE } from '../simulators/demo/world.ts';
import { writeEksctlWrapper } from '../simulators/eksctl/write-eksctl-wrapper.ts';
import type { ChildArguments } from './bot-and-worker.ts';
import { type ChildProcessHandle, startChild } from './child.ts';
import { CONFIG_FILE, copyRemote, type Lab, type Slot } from './lab.ts';
import type { Order } from './points.ts';
import type { WorldAddresses } from './simulators.ts';
import type { Protection } from './without.ts';

export const TARGET = '1.25';

/** Everything around one run, fresh. */
export type ChaosWorld = {
  slot: Slot;
  directory: string;
  addresses: WorldAddresses;
  cluster: string;
  effectsLog: string;
  slackLog: string;
  remote: string;
  botLog: string;
  startBot: (order: Order) => ChildProcessHandle;
  close: () => Promise<void>;
};

export type WorldSettings = { speed: number; without: Protection | null };

export async function createWorld(slot: Slot, settings: WorldSettings): Promise<ChaosWorld> {
  const directory = await mkdtemp(join(slot.lab.directory, 'world-'));
  const clock = clockFromNow(settings.speed);
  const [effectsLog, slackLog, botLog] = ['effects.jsonl', 'slack.jsonl', 'bot.log'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  const [addresses, remote, eksctl] = await Promise.all([
    slot.startSimulators(simulators({ slot, clock, effectsLog, slackLog })),
    copyRemote(slot.lab, join(directory, 'clusters.git')),
    writeEksctlWrapper({ directory, clock, launch: launchEksctl(slot.lab) }),
    slot.redis.flushdb(),
    mkdir(join(directory, 'work')),
  ]);
  const env = await environment({ slot, directory, addresses, remote, eksctl });
  const log = await open(botLog, 'a');
  return {
    slot,
    directory,
    addresses,
    cluster: slot.lab.config.metadata.name,
    effectsLog,
    slackLog,
    remote,
    botLog,
    startBot: (order) => {
      const argument: ChildArguments = { clock, order, without: settings.without, cloudUrl: addresses.cloudUrl };
      return startChild({
        script: slot.lab.scripts.bot,
        argument: JSON.stringify(argument),
        env,
        stderr: log.fd,
      });
    },
    close: async () => {
      await log.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function launchEksctl({ scripts, compileCache }: Lab): string[] {
  return ['env', `NODE_COMPILE_CACHE=${compileCache}`, process.execPath, scripts.eksctl];
}

type Simulated = { slot: Slot; clock: ClockSettings; effectsLog: string; slackLog: string };

function simulators({ slot, clock, effectsLog, slackLog }: Simulated): Parameters<Slot['startSimulators']>[0] {
  return {
    cloud: { clock, effectsLog, worlds: [{ config: slot.lab.config, account: ACCOUNT }] },
    slack: { clock, logPath: slackLog, manifestPath: resolve(import.meta.dirname, '../../manifest.yml') },
  };
}

type Surroundings = { slot: Slot; directory: string; addresses: WorldAddresses; remote: string; eksctl: string };

/** Leases of half a second: what holds work when it dies is found out soon. */
async function environment({
  slot,
  directory,
  addresses: { cloudUrl, slack },
  remote,
  eksctl,
}: Surroundings): Promise<Record<string, string>> {
  const { config } = slot.lab;
  const cluster = {
    name: config.metadata.name,
    file: CONFIG_FILE,
    config,
    skew: 'supported' as const,
    coreGroups: ['core-*'],
  };
  const place = {
    teamId: slack.teamId,
    channel: MAINTENANCE.id,
    remote,
    people: { requester: PEOPLE.maya, approver: PEOPLE.sam },
  };
  const fleetPath = join(directory, 'fleet.yaml');
  await writeFile(fleetPath, stringify(fleetFile({ folder: '', clusters: [cluster] }, place)));
  const basics = Object.entries(process.env).filter(([name]) =>
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'JSONNET'].includes(name),
  );
  return {
    ...(Object.fromEntries(basics) as Record<string, string>),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.apiUrl,
    REDIS_URL: slot.redisUrl,
    FLEET_FILE: fleetPath,
    EKSCTL: eksctl,
    PORT: '0',
    WORK_DIR: join(directory, 'work'),
    NODE_COMPILE_CACHE: slot.lab.compileCache,
    LOG_LEVEL: 'info',
    LOCK_DURATION_MS: '500',
    STALLED_INTERVAL_MS: '250',
    AWS_ENDPOINT_URL: cloudUrl,
    AWS_ACCESS_KEY_ID: defaultCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: defaultCredentials.secretAccessKey,
  };
}
