import '../script/require-node.js';
import { type Config, readConfig } from '#src/config.ts';
import { type Context, createContext, createObserver, type Observer, type Overrides } from '#src/context.ts';
import { readyWhen, runUntilSignal, type Stoppable } from '#src/stop-on-signal.ts';
import { startSlackWatch } from './slack-watch.ts';
import { startWorker, WEDGED_AFTER_MS } from './worker.ts';

/** The worker: takes runs forward, runs eksctl, and keeps Slack equal to the runs. */
export async function startWorkerProcess(env: NodeJS.ProcessEnv, overrides: Overrides = {}): Promise<Stoppable> {
  const config = readConfig(env, { role: 'worker' });
  const { context, worker } =
    config.mode === 'observe' ? await observer(config, overrides) : await upgrader(config, overrides);
  const health = await context.serveHealth({
    redis: readyWhen(context.checkRedis),
    slack: readyWhen(worker.checkSlack),
  });
  context.log.info({ port: health.port }, 'worker started; /readyz says when it is ready');
  return {
    stop: async () => {
      await worker.stop();
      await health.close();
      await context.close();
    },
  };
}

async function upgrader(config: Config, overrides: Overrides) {
  const context = await createContext(config, overrides);
  return { context, worker: await serveQueues(context) };
}

async function observer(config: Config, overrides: Overrides) {
  const context = await createObserver(config, overrides);
  return { context, worker: await serveObserverQueues(context) };
}

/** `checkSlack` throws why Slack cannot be used: the work goes on all the same. */
export function serveQueues(context: Context): Promise<Served> {
  return serve(context, context);
}

/** As `serveQueues`, of a worker that only looks. */
export function serveObserverQueues(context: Observer): Promise<Served> {
  return serve(context, null);
}

type Served = Stoppable & { checkSlack: () => Promise<void> };

async function serve(context: Observer | Context, hands: Context | null): Promise<Served> {
  const { config, connectWorker } = context;
  const watch = startSlackWatch(context);
  const worker = await startWorker({
    deps: context,
    hands,
    connect: connectWorker,
    wedge: { afterMs: WEDGED_AFTER_MS, leave: () => process.exit(1) },
    settings: { ...config.lease, commandConcurrency: config.commandConcurrency },
  });
  return {
    checkSlack: watch.check,
    stop: async () => {
      watch.stop();
      await worker.stop();
    },
  };
}

if (import.meta.main) await runUntilSignal(() => startWorkerProcess(process.env));
