import '../script/require-node.js';
import type { App } from '@slack/bolt';
import { type BoltApp, createBoltApp } from './adapters/bolt-app.ts';
import { type Checks, healthRoutes, startHealthServer } from './adapters/health.ts';
import { readConfig } from './config.ts';
import { type Context, createContext, type Overrides } from './context.ts';
import { registerListeners } from './listeners/index.ts';
import { readyWhen, runUntilSignal, type Stoppable } from './stop-on-signal.ts';

/** The bot: listens to Slack, decides clicks, and leaves the work to the worker. */
export async function startBot(env: NodeJS.ProcessEnv, overrides: Overrides = {}): Promise<Stoppable> {
  const context = await createContext(readConfig(env, { role: 'bot' }), overrides);
  const slack = await serveSlack(context);
  return {
    stop: async () => {
      await slack.stop();
      await context.close();
    },
  };
}

/** Serves Slack and health: on one port in HTTP mode, on a port for health alone in Socket Mode. */
export async function serveSlack(context: Context): Promise<Stoppable> {
  const { config, fleet, log } = context;
  const { listener, botToken, apiUrl } = config.slack;
  if (listener.kind === 'none') throw new Error('the worker does not listen to Slack');
  const checks: Checks = {
    redis: readyWhen(context.checkRedis),
    slack: async () => (bolt.connected() ? { kind: 'ready' } : { kind: 'not-ready', why: 'no connection to Slack' }),
  };
  const bolt: BoltApp = createBoltApp({
    botToken,
    apiUrl,
    teamId: fleet.teamId,
    log,
    fetch: context.slackFetch,
    listener: listener.kind === 'http' ? { ...listener, port: config.port, routes: healthRoutes(checks, context.readMetrics) } : listener,
    listen: (app: App) => registerListeners(app, context),
  });
  const { port } = await bolt.start();
  const health = listener.kind === 'http' ? null : await startHealthServer({ port: config.port, checks, readMetrics: context.readMetrics });
  log.info({ port: health?.port ?? port }, 'bot ready');
  return {
    stop: async () => {
      await bolt.stop();
      await health?.close();
    },
  };
}

if (import.meta.main) await runUntilSignal(() => startBot(process.env));
