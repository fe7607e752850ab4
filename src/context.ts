import type { Redis } from 'ioredis';
import packageJson from '../package.json' with { type: 'json' };
import { announceChanges } from './adapters/announcing-run-store.ts';
import type { BoltApp } from './adapters/bolt-app.ts';
import { createCloudOf, createSightOf } from './adapters/cloud.ts';
import { parseObject, readConfig, renderCopyText } from './adapters/eksctl-config-schema.ts';
import { createGitConfigSource } from './adapters/git-config-repository.ts';
import { type Checks, type HealthServer, healthRoutes, startHealthServer } from './adapters/health.ts';
import { createLogger, type Logger } from './adapters/logger.ts';
import { logRuns } from './adapters/logging-run-store.ts';
import { measureEksctl } from './adapters/measuring-eksctl.ts';
import { connectRedis } from './adapters/redis.ts';
import { identifyBot } from './adapters/slack-identity.ts';
import { backgroundClient, createPermalinks, createSlackMessages } from './adapters/slack-messages.ts';
import { countedFetch } from './adapters/slack-metrics.ts';
import { createSlackPeople } from './adapters/slack-people.ts';
import { createSteadyClock, watchSteadyClock } from './adapters/steady-clock.ts';
import { runSubprocess, type Subprocess } from './adapters/subprocess.ts';
import { createTools } from './adapters/tools.ts';
import { createUrlProbe } from './adapters/url-probe.ts';
import { yamlStrings } from './adapters/yaml-strings.ts';
import { type Config, secretsOf } from './config.ts';
import { childProcesses, gitSettings, tidyUp } from './context/child-processes.ts';
import { openSlack } from './context/open-slack.ts';
import { openStorage } from './context/open-storage.ts';
import { CARD } from './messages/message.ts';
import { createOperations } from './operations/create-operations.ts';
import { createEditConfig } from './operations/edit-config.ts';
import type { Operations } from './operations/operations.ts';
import { createReleaseCluster, type ReleaseCluster } from './operations/release-cluster.ts';
import type { Clock } from './ports/clock.ts';
import type { CloudOf, SightOf } from './ports/cloud.ts';
import type { EditConfig } from './ports/config-editor.ts';
import type { ConfigRepository, ConfigSource } from './ports/config-repository.ts';
import type { Eksctl } from './ports/eksctl.ts';
import type { MessageLedger } from './ports/message-ledger.ts';
import type { RunStore } from './ports/run-store.ts';
import type { SetAsides } from './ports/set-asides.ts';
import type { SlackMessages, SlackPeople } from './ports/slack.ts';
import type { Tools } from './ports/tools.ts';
import type { ProbeUrl } from './ports/url-probe.ts';
import type { WakeUps } from './ports/wake-ups.ts';

/**
 * What an entry may replace. The demo replaces the clock and nothing else; the crash-point harness also stands between
 * us and the outside, to end the process before and after each call; tests with a large process have their children
 * started by a small one.
 */
export type Overrides = {
  clock?: Clock;
  outside?: (ports: OutsidePorts) => OutsidePorts;
  subprocess?: Subprocess;
};

/** The ways out of the process, before anything is built on them: `store` does not announce its changes yet. */
export type OutsidePorts = Pick<
  Context,
  'store' | 'ledger' | 'wakeUps' | 'cloudOf' | 'repository' | 'eksctl' | 'tools' | 'slack' | 'probeUrl'
>;

/** Everything, built once. Here, and in the parts of it in context/, is the only place that constructs clients. */
export type Context = {
  config: Config;
  clock: Clock;
  log: Logger;
  fleet: Config['fleet'];
  store: RunStore;
  setAsides: SetAsides;
  ledger: MessageLedger;
  wakeUps: WakeUps;
  cloudOf: CloudOf;
  repository: ConfigRepository;
  readConfig: typeof readConfig;
  renderCopy: typeof renderCopyText;
  editConfig: EditConfig;
  eksctl: Eksctl;
  tools: Tools;
  probeUrl: ProbeUrl;
  slack: SlackMessages;
  /** Removes what workers of this host that are gone left on the disk; the names of what it removed. */
  tidyUp: () => Promise<string[]>;
  people: SlackPeople;
  operations: Operations;
  releaseCluster: ReleaseCluster;
  /** The app that listens to Slack, not yet started. In HTTP mode it serves health and metrics too. */
  openSlack: (checks: Checks) => Promise<BoltApp>;
  /** `/healthz`, `/readyz` and `/metrics` on the port of the settings. */
  serveHealth: (checks: Checks) => Promise<HealthServer>;
  /** A connection of its own for a BullMQ worker. */
  connectWorker: () => Redis;
  /** Throws what is wrong with Redis; also whether it answers now. */
  checkRedis: () => Promise<void>;
  /** Throws what is wrong with Slack or with the bot token. */
  checkSlack: () => Promise<void>;
  /** What a person has to do before messages reach people again, and since when; null: they do. */
  slackTrouble: () => Promise<{ since: number; why: string } | null>;
  close: () => Promise<void>;
};

/** All there is with MODE=observe: what could change a cluster, or a config in git, is not made. */
export type Observer = Omit<
  Context,
  'cloudOf' | 'repository' | 'renderCopy' | 'editConfig' | 'eksctl' | 'releaseCluster'
> & {
  cloudOf: SightOf;
  repository: ConfigSource;
};

export async function createContext(config: Config, overrides: Overrides = {}): Promise<Context> {
  const base = await openBase(config, overrides);
  const { clock, log, storage, slack } = base;
  const clouds = createCloudOf(awsSettings(base));
  const children = childProcesses(config, { clouds, subprocess: overrides.subprocess });
  const outside = overrides.outside ?? ((ports: OutsidePorts) => ports);
  const ports = outside({
    ...storage.ports,
    ...children,
    eksctl: measureEksctl(children.eksctl, storage.metrics),
    cloudOf: clouds,
    slack,
    probeUrl: createUrlProbe(),
  });
  const halves = assemble(base, ports);
  const { store } = halves;
  return {
    ...ports,
    ...halves,
    renderCopy: renderCopyText,
    editConfig: createEditConfig({ parseObject, yamlStrings }),
    releaseCluster: createReleaseCluster({ clock, log, fleet: config.fleet, store, setAsides: storage.setAsides }),
    close: () => closeAll(base, clouds),
  };
}

export async function createObserver(
  config: Config,
  { clock, subprocess = runSubprocess }: Pick<Overrides, 'clock' | 'subprocess'> = {},
): Promise<Observer> {
  const base = await openBase(config, clock === undefined ? {} : { clock });
  const clouds = createSightOf(awsSettings(base));
  const { programs, inheritedEnv, workDirectory } = config;
  const ports = {
    ...base.storage.ports,
    repository: createGitConfigSource(gitSettings(config, subprocess)),
    tools: createTools({
      programs,
      inheritedEnv: inheritedEnv.base,
      directory: '/',
      needed: ['jsonnet', 'git'],
      subprocess,
    }),
    cloudOf: clouds,
    slack: base.slack,
    probeUrl: createUrlProbe(),
  };
  base.log.info({ workDirectory }, 'observe mode: nothing that could change a cluster is there');
  return { ...ports, ...assemble(base, ports), close: () => closeAll(base, clouds) };
}

type Base = Awaited<ReturnType<typeof openBase>>;

async function openBase(config: Config, overrides: Pick<Overrides, 'clock'>) {
  const steady = createSteadyClock();
  const clock = overrides.clock ?? steady.clock;
  const log = createLogger({ level: config.logLevel, role: config.role, secrets: secretsOf(config) });
  const storage = await openStorage(config, { clock, log });
  const clockWatch = watchSteadyClock({ steady, redisTime: storage.time, log });
  const slackFetch = countedFetch(storage.metrics);
  const slackClient = { token: config.slack.botToken, apiUrl: config.slack.apiUrl, fetch: slackFetch };
  const background = backgroundClient(slackClient);
  const removed = await tidyUp(config);
  if (removed.length > 0) log.info({ removed }, 'removed what workers that are gone left behind');
  return {
    config,
    clock,
    log,
    storage,
    clockWatch,
    slackFetch,
    background,
    slack: createSlackMessages(background),
    // A click waits for the membership of a group, so it is asked with little patience and by a client of its own.
    people: createSlackPeople(backgroundClient({ ...slackClient, timeoutMs: 2500 })),
  };
}

function awsSettings({ config, log, storage }: Base) {
  return {
    version: packageJson.version,
    endpointUrl: config.inheritedEnv.aws.AWS_ENDPOINT_URL ?? null,
    logger: log,
    metrics: storage.metrics,
  };
}

async function closeAll({ clockWatch, storage }: Base, clouds: { close: () => void }): Promise<void> {
  clockWatch.stop();
  await storage.close();
  clouds.close();
}

type AnyPorts = Pick<OutsidePorts, 'store' | 'ledger' | 'wakeUps'> & { cloudOf: SightOf };

/** What both kinds of bot are, on their ports. */
function assemble({ config, clock, log, storage, background, people, slackFetch }: Base, ports: AnyPorts) {
  const permalink = createPermalinks(background);
  const { wakeUps, ledger, cloudOf } = ports;
  const store = announceChanges(logRuns(ports.store, log), wakeUps);
  const cardLink = async (runId: string): Promise<string | null> => {
    const card = (await ledger.read(runId)).card;
    return card?.kind === 'posted' ? permalink({ channel: config.fleet.maintenanceChannel, ts: card.ts }) : null;
  };
  const slackTrouble = async () => {
    const outage = await ledger.outage();
    return outage?.why == null ? null : { since: outage.since, why: outage.why };
  };
  const { fleet, mode } = config;
  const operations = createOperations({ clock, log, fleet, mode, store, wakeUps, people, cloudOf });
  return {
    config,
    clock,
    log,
    fleet,
    store,
    setAsides: storage.setAsides,
    readConfig,
    people,
    tidyUp: () => tidyUp(config),
    operations,
    openSlack: (checks: Checks) =>
      openSlack({
        config,
        log,
        operations,
        cardLink,
        slackTrouble,
        renewCard: async (runId) => {
          await ledger.doubt(runId, [CARD]);
          await wakeUps.syncSlack(runId);
        },
        fetch: slackFetch,
        routes: healthRoutes(checks, storage.readMetrics),
      }),
    serveHealth: (checks: Checks) => startHealthServer({ port: config.port, checks, readMetrics: storage.readMetrics }),
    connectWorker: () => connectRedis(config.redisUrl, 'worker'),
    checkRedis: storage.check,
    checkSlack: async () => void (await identifyBot(background, fleet)),
    slackTrouble,
  };
}
