import './require-node.js';
import { serveQueues } from '#jobs/main.ts';
import { readConfig } from '#src/config.ts';
import { createContext } from '#src/context.ts';
import { serveSlack } from '#src/main.ts';
import { runUntilSignal } from '#src/stop-on-signal.ts';

/** Both halves in one process, for small fleets: the same code, one Redis client less. */
await runUntilSignal(async () => {
  const context = await createContext(readConfig(process.env, { role: 'both' }));
  // Slack first: when it refuses a token the start fails, and no eksctl may have been started by then. A Slack that is
  // away is waited for by its half, while the other one makes again what was deleted.
  const halves = [await serveSlack(context), await serveQueues(context)];
  return {
    stop: async () => {
      await Promise.all(halves.map((half) => half.stop()));
      await context.close();
    },
  };
});
