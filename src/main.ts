import '../script/require-node.js';
import { readConfig } from './config.ts';
import { createContext, createObserver, type Observer, type Overrides } from './context.ts';
import { readyWhen, runUntilSignal, type Stoppable } from './stop-on-signal.ts';

/** The bot: listens to Slack, decides clicks, and leaves the work to the worker. */
export async function startBot(env: NodeJS.ProcessEnv, overrides: Overrides = {}): Promise<Stoppable> {
  const config = readConfig(env, { role: 'bot' });
  const context = await (config.mode === 'observe' ? createObserver : createContext)(config, overrides);
  const slack = await serveSlack(context);
  return {
    stop: async () => {
      await slack.stop();
      await context.close();
    },
  };
}

type ServedHalf = Pick<Observer, 'config' | 'log' | 'checkRedis' | 'openSlack' | 'serveHealth'>;

/** Serves Slack and health: on one port in HTTP mode, on a port for health alone in Socket Mode. */
export async function serveSlack({ config, log, checkRedis, openSlack, serveHealth }: ServedHalf): Promise<Stoppable> {
  const redis = readyWhen(checkRedis);
  const state: { of: Awaited<ReturnType<Observer['openSlack']>>['state'] } = {
    of: () => ({ kind: 'away', why: 'not started' }),
  };
  const slack = readyWhen(async () => {
    const now = state.of();
    if (now.kind === 'away') throw new Error(now.why);
  });
  const bolt = await openSlack({ redis, slack });
  state.of = bolt.state;
  const { port } = await bolt.start();
  const health = config.slack.listener.kind === 'http' ? null : await serveHealth({ redis, slack });
  const isThere = bolt.state().kind === 'connected';
  log.info({ port: health?.port ?? port }, isThere ? 'bot ready' : 'bot waiting for Slack');
  return {
    stop: async () => {
      await bolt.stop();
      await health?.close();
    },
  };
}

if (import.meta.main) await runUntilSignal(() => startBot(process.env));
