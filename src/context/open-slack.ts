import type { BoltApp } from '#src/adapters/bolt-app.ts';
import type { HealthRoute } from '#src/adapters/health.ts';
import type { Logger } from '#src/adapters/logger.ts';
import type { Config } from '#src/config.ts';
import { InternalError } from '#src/domain/errors.ts';
import type { ListenerDeps } from '#src/listeners/index.ts';

type SlackParts = Omit<ListenerDeps, 'fleet' | 'log'> & {
  config: Config;
  log: Logger;
  fetch: typeof fetch;
  routes: HealthRoute[];
};

/** Bolt is loaded here and not above: the worker has no use for it, and it is a good part of the start time. */
export async function openSlack({ config, log, fetch, routes, ...parts }: SlackParts): Promise<BoltApp> {
  const { fleet, port, slack } = config;
  const { listener, botToken, apiUrl } = slack;
  if (listener.kind === 'none') throw new InternalError('NoListener', 'the worker does not listen to Slack');
  const { createBoltApp } = await import('#src/adapters/bolt-app.ts');
  const { registerListeners } = await import('#src/listeners/index.ts');
  return createBoltApp({
    botToken,
    apiUrl,
    teamId: fleet.teamId,
    log,
    fetch,
    listener: listener.kind === 'http' ? { ...listener, port, routes } : listener,
    listen: (app) => registerListeners(app, { ...parts, fleet, log }),
  });
}
