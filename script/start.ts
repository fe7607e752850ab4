import './require-node.js';
import { serveObserverQueues, serveQueues } from '#jobs/main.ts';
import { type Config, readConfig } from '#src/config.ts';
import { createContext, createObserver, type Observer } from '#src/context.ts';
import { serveSlack } from '#src/main.ts';
import { runUntilSignal, type Stoppable } from '#src/stop-on-signal.ts';

/** Both halves in one process, for small fleets: the same code, one Redis client less. */
await runUntilSignal(async () => {
  const config = readConfig(process.env, { role: 'both' });
  return config.mode === 'observe' ? startObserver(config) : start(config);
});

async function start(config: Config): Promise<Stoppable> {
  const context = await createContext(config);
  // Slack first: when it refuses a token the start fails, and no eksctl may have been started by then. A Slack that is
  // away is waited for by its half, while the other one makes again what was deleted.
  const halves = [await serveSlack(context), await serveQueues(context)];
  return stoppable(halves, context);
}

async function startObserver(config: Config): Promise<Stoppable> {
  const context = await createObserver(config);
  return stoppable([await serveSlack(context), await serveObserverQueues(context)], context);
}

function stoppable(halves: Stoppable[], context: Pick<Observer, 'close'>): Stoppable {
  return {
    stop: async () => {
      await Promise.all(halves.map((half) => half.stop()));
      await context.close();
    },
  };
}
