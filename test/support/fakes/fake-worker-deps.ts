import type { WorkerDeps } from '#jobs/worker-deps.ts';
import type { Fleet, FleetCluster } from '#src/domain/fleet.ts';
import type { ConfigNodeGroup } from '#src/domain/observation.ts';
import type { CommandOutcome, RunId } from '#src/domain/run.ts';
import type { Branch, Checkout, CommitRequest } from '#src/ports/config-repository.ts';
import type { EksctlCommand } from '#src/ports/eksctl.ts';
import { APPROVER, REQUESTER, STARTED_AT } from '../builders.ts';
import { aConfigGroup } from '../observations.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type FakeCloud, fakeCloud } from './fake-cloud.ts';
import { type FakeSlack, fakeSlack } from './fake-slack.ts';
import { type MemoryLedger, memoryLedger } from './memory-ledger.ts';
import { type MemoryRunStore, memoryRunStore } from './memory-run-store.ts';

export const COAST: FleetCluster = {
  name: 'coast',
  region: 'us-west-2',
  account: '111122223333',
  roleArn: null,
  access: null,
  config: { remote: 'git@git.example:fleet.git', branch: 'main', path: 'coast.jsonnet' },
  coreGroups: ['core-*'],
  skewPolicy: 'supported',
  allowAmiFamilyChange: false,
  healthUrls: [],
  proveEmptyGroups: 'none',
  core: { drain: true },
};

export const FLEET: Fleet = {
  teamId: 'T0FLEET',
  maintenanceChannel: 'C0NOTICES',
  approvers: { users: [APPROVER], groups: ['S0PLATFORM'] },
  requesters: { users: [REQUESTER], groups: ['S0EVERYONE'] },
  activitySelectors: ['component=singleuser-server'],
  approvalHours: 24,
  clusters: [COAST, { ...COAST, name: 'harbour' }],
};

/** Where a push leaves its branch. */
const PUSHED = '9d3f1a7c00000000000000000000000000000000';
const HEAD = '4f2a9c07d1b3e5f60718293a4b5c6d7e8f901234';

export type FakeConfig = {
  groups: ConfigNodeGroup[];
  version: string;
  /** Thrown when the config is evaluated. */
  renderError: Error | null;
  checkoutError: Error | null;
  /** The source as the editor leaves it; the same as `source` when there is nothing to edit. */
  source: string;
  edited: string;
  editError: Error | null;
  pushError: Error | null;
  pushes: CommitRequest[];
  branches: Branch[];
  /** Whether a branch counts as merged. */
  merged: boolean;
  openCheckouts: number;
};

type WakeUpKind = 'run' | 'slack' | 'push' | 'command';

export type FakeWorld = {
  /** What health URLs answer, where they are not healthy. */
  urls: Map<string, { healthy: boolean; says: string }>;
  /** What workers that are gone left on the disk. */
  abandoned: string[];
  deps: WorkerDeps;
  clock: FakeClock;
  store: MemoryRunStore;
  ledger: MemoryLedger;
  slack: FakeSlack;
  cloud: FakeCloud;
  config: FakeConfig;
  woken: { kind: WakeUpKind; runId: RunId }[];
  eksctl: EksctlCommand[];
  /** What eksctl does and how it ends; the test replaces it. */
  onEksctl: { act: (command: EksctlCommand) => Promise<CommandOutcome> };
  logged: string[];
  tools: { versions: Awaited<ReturnType<WorkerDeps['tools']['versions']>> };
};

/** Every dependency of the worker as a small object in memory whose state the test sets. */
export function fakeWorld(): FakeWorld {
  const clock = fakeClock(STARTED_AT);
  const store = memoryRunStore();
  const ledger = memoryLedger(store);
  const slack = fakeSlack();
  const cloud = fakeCloud();
  const config = fakeConfig();
  const world: Omit<FakeWorld, 'deps'> = {
    clock,
    store,
    ledger,
    slack,
    cloud,
    config,
    woken: [],
    eksctl: [],
    onEksctl: { act: async () => ({ kind: 'exited', code: 0, lastLines: '' }) },
    logged: [],
    urls: new Map(),
    abandoned: [],
    tools: {
      versions: (['eksctl', 'jsonnet', 'git'] as const).map((tool) => ({
        tool,
        minimum: '0.1.0',
        found: { kind: 'version', version: '0.230.0' },
      })),
    },
  };
  return { ...world, deps: depsOf(world) };
}

function fakeConfig(): FakeConfig {
  return {
    groups: ['core-a', 'nb-small', 'nb-large', 'dask-worker'].map((name) => aConfigGroup(name)),
    version: '1.22',
    renderError: null,
    checkoutError: null,
    source: "{ version: '1.22' }",
    edited: "{ version: '1.24' }",
    editError: null,
    pushError: null,
    pushes: [],
    branches: [],
    merged: false,
    openCheckouts: 0,
  };
}

function depsOf(world: Omit<FakeWorld, 'deps'>): WorkerDeps {
  const { config, clock, store, ledger, slack, cloud } = world;
  const say = (_fields: object, message: string): void => {
    world.logged.push(message);
  };
  const wake = (kind: WakeUpKind) => async (runId: RunId) => {
    world.woken.push({ kind, runId });
    if (kind === 'run') await store.bumpWakeSeq(runId);
  };
  return {
    clock,
    log: { debug: say, info: say, warn: say, error: say },
    fleet: FLEET,
    store,
    setAsides: {
      setAside: async () => false,
      list: async () => [],
      takeBack: async () => undefined,
      release: async () => false,
    },
    ledger,
    wakeUps: { wakeRun: wake('run'), syncSlack: wake('slack'), pushConfig: wake('push'), runCommand: wake('command') },
    cloudOf: () => cloud,
    repository: {
      headCommit: async () => HEAD,
      branches: async (_location, prefix) => config.branches.filter(({ branch }) => branch.startsWith(prefix)),
      isMerged: async () => config.merged,
      checkout: async (_location, commit) => openCheckout(config, commit),
      commitAndPush: async (request) => {
        if (config.pushError !== null) throw config.pushError;
        config.pushes.push(request);
        const pushed = { branch: request.branch, commit: PUSHED };
        config.branches = [...config.branches.filter(({ branch }) => branch !== pushed.branch), pushed];
        return { ...pushed, diff: '' };
      },
    },
    readConfig: () => ({
      clusterName: 'coast',
      region: 'us-west-2',
      version: config.version,
      nodeGroups: config.groups,
    }),
    renderCopy: (rendered, change) => JSON.stringify({ rendered, ...change }),
    editConfig: async () => {
      if (config.editError !== null) throw config.editError;
      return config.edited;
    },
    eksctl: {
      run: async (command) => {
        world.eksctl.push(command);
        return world.onEksctl.act(command);
      },
    },
    tools: { versions: async () => world.tools.versions },
    probeUrl: async (url) => world.urls.get(url) ?? { healthy: true, says: '200' },
    tidyUp: async () => world.abandoned.splice(0),
    slack,
  };
}

function openCheckout(config: FakeConfig, commit: string): Checkout {
  if (config.checkoutError !== null) throw config.checkoutError;
  config.openCheckouts += 1;
  const render = async (): Promise<string> => {
    if (config.renderError !== null) throw config.renderError;
    return '{}';
  };
  return {
    commit,
    directory: '/checkout',
    source: config.source,
    render,
    renderEdited: render,
    dispose: async () => {
      config.openCheckouts -= 1;
    },
  };
}
