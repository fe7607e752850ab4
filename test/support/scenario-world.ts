import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { stringify } from 'yaml';
import { startWorkerProcess } from '#jobs/main.ts';
import type { Overrides } from '#src/context.ts';
import { startBot } from '#src/main.ts';
import { type ClockSettings, clockFromNow, simulatedClock } from '#test/simulators/clock.ts';
import type { Durations } from '#test/simulators/cloud/durations.ts';
import { type CloudOptions, defaultCredentials, type Fault } from '#test/simulators/cloud/options.ts';
import { type CloudSimulator, startCloudSimulator } from '#test/simulators/cloud/start-cloud-simulator.ts';
import { type ConfigRemote, createConfigRemote } from '#test/simulators/demo/config-remote.ts';
import { ACCOUNT, fleetFile } from '#test/simulators/demo/fleet.ts';
import { type EksctlFault, type EksctlFaultRule, setEksctlFaults } from '#test/simulators/eksctl/faults.ts';
import { writeEksctlWrapper } from '#test/simulators/eksctl/write-eksctl-wrapper.ts';
import { createFaultyGit, type FaultyGit } from '#test/simulators/git/faults.ts';
import { type SlackSimulator, startSlackSimulator } from '#test/simulators/slack/simulator.ts';
import { borrowRedis } from './borrowed-redis.ts';
import { hostedProgram, hostedSubprocess } from './hosted-subprocess.ts';
import { QUICK } from './quick-cloud.ts';
import { type ScenarioCluster, writeConfigs } from './scenario-clusters.ts';
import { createLooks, type Looks } from './scenario-looks.ts';
import { createPeople, MAINTENANCE, PEOPLE, type People } from './scenario-people.ts';

type Faults = (EksctlFault | EksctlFaultRule)[];

export type WorldOptions = {
  clusters: ScenarioCluster[];
  /** Simulated milliseconds in a real one. */
  speed?: number;
  /**
   * Of the cloud, where they differ from the usual: a deadline that a busy machine must not miss wants a slow clock. Absent:
   * the cloud is quick (quick-cloud.ts).
   */
  durations?: Partial<Durations>;
  faults?: Fault[];
  eksctl?: Faults;
  /** `none`: no worker starts with the world. */
  worker?: 'here' | 'none';
  /** `none`: no bot starts with the world; a test starts it as a process. */
  bot?: 'here' | 'none';
  /** Added to the fleet file. */
  fleet?: { approvalHours?: number };
  /** `observe`: the bot and the worker have no more rights than a bot that only looks, and are started with MODE=observe. */
  mode?: 'observe';
  /** Roles that AssumeRole answers. */
  assumableRoles?: string[];
  /** Of those; absent: as in the cloud. */
  roleRights?: CloudOptions['roleRights'];
  /** The bot runs in a container as this role, and its own credentials are sessions. Absent: it has the keys of a user. */
  containerRole?: string;
  /** Added to what the bot and the worker are started with. */
  env?: Record<string, string>;
  /** `faulty`: git goes through a server whose faults `world.git` switches, and each cluster has an address there. */
  git?: 'faulty';
  /** Absent: a database of the file's own Redis, as a user who may do everything. */
  redisUrl?: string;
};

/** A whole world in the test's own process: only Redis, git, jsonnet and the simulated eksctl are processes of their own. */
export type ScenarioWorld = People &
  Looks & {
    slack: SlackSimulator;
    cloud: CloudSimulator;
    remote: ConfigRemote;
    git: FaultyGit;
    clock: ClockSettings;
    /** What the bot and the worker were started with. */
    env: Record<string, string>;
    /** From now on eksctl has these faults. */
    changeEksctl: (faults: Faults) => Promise<void>;
    /** What eksctl was called with; asking for its version, and what is the same in every call, are left out. */
    eksctlCalls: () => Promise<string[]>;
    /** Somebody with all rights in every cluster runs this eksctl command in a terminal. */
    adminRuns: (command: string) => Promise<void>;
  };

/**
 * Ten minutes of a control plane take 0.6 s, and the shortest deadline in run time that matters here (nodes 30 minutes,
 * a rollout 15) is more than a second even so: a busy machine delays, but does not fail, a run.
 */
const SPEED = 1000;

/** The SDK's credential chain reads the process's own environment; every world has the same key. */
function haveKeysOfUser(): void {
  process.env['AWS_ACCESS_KEY_ID'] = defaultCredentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = defaultCredentials.secretAccessKey;
}
haveKeysOfUser();

const BOT = { ...defaultCredentials, arn: `arn:aws:iam::${ACCOUNT}:user/eks-upgrade-bot` };
export const ADMIN = {
  accessKeyId: 'AKIASIMULATEDADMIN00',
  secretAccessKey: 'simulated-secret-of-an-admin',
  arn: `arn:aws:iam::${ACCOUNT}:user/ada`,
  rights: 'admin' as const,
};

/**
 * A test that starts worlds of its own; they are stopped with it. Most of a run's time is waiting for simulated minutes
 * and for child processes, so the tests of a file should run at the same time.
 */
export const scenario = test.extend('startWorld', async ({ onTestFinished }) => {
  const undo: Undo = [];
  onTestFinished(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  return (options: WorldOptions): Promise<ScenarioWorld> => startWorld(options, undo);
});

/** One world for all tests of a file; each has a cluster of its own in it. */
export function sharedWorld(options: WorldOptions): () => ScenarioWorld {
  const undo: Undo = [];
  let world: ScenarioWorld | undefined;
  beforeAll(async () => {
    world = await startWorld(options, undo);
  }, 60_000);
  afterAll(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  }, 60_000);
  return () => {
    if (world === undefined) throw new Error('the world begins with the first test');
    return world;
  };
}

type Undo = (() => unknown)[];

async function startWorld(options: WorldOptions, undo: Undo): Promise<ScenarioWorld> {
  const redisUrl = options.redisUrl ?? (await borrowedBy(undo));
  const directory = await mkdtemp(join(tmpdir(), 'scenario-'));
  undo.push(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  const clock = clockFromNow(options.speed ?? SPEED);
  const fleet = await writeConfigs(join(directory, 'configs'), options.clusters);
  const eksctlLog = join(directory, 'eksctl.jsonl');
  const [slack, cloud, remote, eksctl] = await Promise.all([
    startSlackSimulator({ clock, manifestPath: resolve(import.meta.dirname, '../../manifest.yml') }),
    startCloudSimulator({
      clock,
      worlds: fleet.clusters.map(({ config }, i) => ({ config, account: ACCOUNT, ...options.clusters[i]?.seed })),
      faults: options.faults ?? [],
      principals: [{ ...BOT, rights: options.mode ?? 'upgrade' }, ADMIN],
      durations: options.durations ?? QUICK,
      assumableRoles: options.assumableRoles ?? [],
      roleRights: options.roleRights ?? {},
    }),
    createConfigRemote({ folder: fleet.folder, directory, run: hostedProgram }),
    writeEksctlWrapper({ directory, clock, faults: options.eksctl ?? [], logPath: eksctlLog }),
  ]);
  undo.push(slack.close, cloud.stop);
  if (options.containerRole !== undefined) undo.push(runInContainer(cloud.controlUrl, options.containerRole));
  const git = await createFaultyGit({ bare: remote.url, directory });
  const place = {
    teamId: slack.teamId,
    channel: MAINTENANCE,
    remote: options.git === 'faulty' ? git.remoteOf : remote.url,
  };
  const people = { requester: PEOPLE.maya, approver: PEOPLE.sam };
  await writeFile(
    join(directory, 'fleet.yaml'),
    stringify({ ...fleetFile(fleet, { ...place, people }), ...options.fleet }),
  );
  const env = {
    ...environment({ slack, cloud, redisUrl, eksctl, git, directory }),
    MODE: options.mode ?? 'upgrade',
    ...options.env,
  };
  const here = overridesHere(clock);
  if (options.bot !== 'none') undo.push((await startBot(env, here)).stop);
  if (options.worker !== 'none') undo.push((await startWorkerProcess(env, here)).stop);
  const looks = createLooks({ slack, cloud, redisUrl, first: options.clusters[0]?.name ?? '', undo });
  return {
    ...looks,
    ...createPeople(slack, looks),
    slack,
    cloud,
    remote,
    git,
    clock,
    env,
    changeEksctl: (faults) => setEksctlFaults(directory, faults),
    eksctlCalls: () => eksctlCalls(eksctlLog),
    adminRuns: async (command) => {
      const keys = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey };
      await hostedProgram(eksctl, command.split(/\s+/).slice(1), { env: { ...env, ...keys } });
    },
  };
}

async function borrowedBy(undo: Undo): Promise<string> {
  const { url, giveBack } = await borrowRedis();
  undo.push(giveBack);
  return url;
}

/** For a bot or a worker that runs in the test's own process. */
export function overridesHere(clock: ClockSettings): Overrides {
  return { clock: simulatedClock(clock), subprocess: hostedSubprocess };
}

/** As ECS and EKS Pod Identity hand out credentials. Of the whole test file: the SDK's chain reads the process's environment. */
function runInContainer(controlUrl: string, role: string): () => void {
  delete process.env['AWS_ACCESS_KEY_ID'];
  delete process.env['AWS_SECRET_ACCESS_KEY'];
  const query = new URLSearchParams({ role });
  process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = `${controlUrl}/container-credentials?${query.toString()}`;
  return () => {
    delete process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
    haveKeysOfUser();
  };
}

type Parts = {
  slack: SlackSimulator;
  cloud: CloudSimulator;
  redisUrl: string;
  eksctl: string;
  git: FaultyGit;
  directory: string;
};

function environment({ slack, cloud, redisUrl, eksctl, git, directory }: Parts): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.apiUrl,
    REDIS_URL: redisUrl,
    FLEET_FILE: join(directory, 'fleet.yaml'),
    EKSCTL: eksctl,
    GIT: git.program,
    GIT_SSH_COMMAND: git.sshCommand,
    PORT: '0',
    WORK_DIR: join(directory, 'work'),
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
    ...cloud.environment,
  };
}

async function eksctlCalls(log: string): Promise<string[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const calls = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as string[]);
  return calls
    .filter(([verb]) => verb !== 'version')
    .map((args) => args.filter((arg) => !/^--(?:config-file|color)=/.test(arg)).join(' '));
}
