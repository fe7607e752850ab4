import '../script/require-node.js';
import { readConfig } from '#src/config.ts';
import { type Context, createContext, type Overrides } from '#src/context.ts';
import { readyWhen, runUntilSignal, type Stoppable } from '#src/stop-on-signal.ts';
import { startSlackWatch } from './slack-watch.ts';
import { startWorker, WEDGED_AFTER_MS } from './worker.ts';

/** The worker: takes runs forward, runs eksctl, and keeps Slack equal to the runs. */
export async function startWorkerProcess(env: NodeJS.ProcessEnv, overrides: Overrides = {}): Promise<Stoppable> {
  const context = await createContext(readConfig(env, { role: 'worker' }), overrides);
  const worker = await serveQueues(context);
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

/** `checkSlack` throws why Slack cannot be used: the work goes on all the same. */
export async function serveQueues(context: Context): Promise<Stoppable & { checkSlack: () => Promise<void> }> {
  const { config, connectWorker } = context;
  const watch = startSlackWatch(context);
  const worker = await startWorker({
    deps: context,
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
