import { type App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { type BoltLog, boltLogger } from './bolt-logger.ts';

export type SocketModeOptions = { appToken: string; apiUrl: string; log: BoltLog };

export type SocketModeConnections = Receiver & { connected: () => boolean };

/**
 * Slack closes each connection every few hours, and socket-mode is away for about 5 s then. Slack gives an envelope to
 * any one of an app's connections, so with two nothing is lost. Up to ten are allowed:
 * https://docs.slack.dev/apis/events-api/using-socket-mode#connections
 */
const CONNECTIONS = 2;
/** Real milliseconds. A peer that does not answer the close handshake must not hold up a stop. */
const DISCONNECT_MS = 3_000;

export function socketModeConnections(options: SocketModeOptions): SocketModeConnections {
  const connections = Array.from({ length: CONNECTIONS }, () => connection(options));
  return {
    init: (app: App) => {
      for (const { receiver } of connections) receiver.init(app);
    },
    start: () => Promise.all(connections.map(({ receiver }) => receiver.start())),
    // SocketModeReceiver.stop() does not wait for the disconnect.
    stop: () => Promise.all(connections.map(({ receiver }) => withinTime(receiver.client.disconnect(), DISCONNECT_MS))),
    connected: () => connections.some(({ isOpen }) => isOpen()),
  };
}

function connection({ appToken, apiUrl, log }: SocketModeOptions): {
  receiver: SocketModeReceiver;
  isOpen: () => boolean;
} {
  const receiver = new SocketModeReceiver({
    appToken,
    logger: boltLogger(log),
    installerOptions: {
      clientOptions: {
        slackApiUrl: apiUrl,
        // Without `forever`, socket-mode 3.1 gives up after an outage: its reconnect rejects where nobody can catch it.
        retryConfig: { forever: true, minTimeout: 500, factor: 1.5, maxTimeout: 15_000 },
      },
    },
    // An envelope whose listener failed is acked all the same: the person was told, and Slack would only repeat it.
    processEventErrorHandler: async ({ error }) => {
      log.error({ err: error }, 'a listener failed');
      return true;
    },
  });
  let open = false;
  receiver.client.on('connected', () => {
    open = true;
  });
  receiver.client.on('close', () => {
    open = false;
  });
  return { receiver, isOpen: () => open };
}

async function withinTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}
