import { type App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { type BoltLog, boltLogger } from './bolt-logger.ts';
import { appTokenRefusal, fromSlackError } from './slack-errors.ts';

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
/** Real milliseconds. Slack answered a moment ago, so it will again: the connections go on trying by themselves. */
const CONNECT_MS = 10_000;

export function socketModeConnections(options: SocketModeOptions): SocketModeConnections {
  const connections = Array.from({ length: CONNECTIONS }, () => connection(options));
  return {
    init: (app: App) => {
      for (const { receiver } of connections) receiver.init(app);
    },
    // A token that is refused ends it at once: socket-mode asks again for ever after most refusals.
    start: () =>
      withinTime(
        Promise.all(connections.map(({ receiver, refused }) => Promise.race([started(receiver), refused]))),
        CONNECT_MS,
      ),
    // SocketModeReceiver.stop() does not wait for the disconnect.
    stop: () => Promise.all(connections.map(({ receiver }) => withinTime(receiver.client.disconnect(), DISCONNECT_MS))),
    connected: () => connections.some(({ isOpen }) => isOpen()),
  };
}

type Connection = { receiver: SocketModeReceiver; isOpen: () => boolean; refused: Promise<never> };

function connection({ appToken, apiUrl, log }: SocketModeOptions): Connection {
  const { promise: refused, reject: refuse } = Promise.withResolvers<never>();
  refused.catch(() => undefined);
  const receiver = new SocketModeReceiver({
    appToken,
    logger: boltLogger(log),
    installerOptions: {
      clientOptions: {
        slackApiUrl: apiUrl,
        // Without `forever`, socket-mode 3.1 gives up after an outage: its reconnect rejects where nobody can catch it.
        retryConfig: { forever: true, minTimeout: 500, factor: 1.5, maxTimeout: 15_000 },
        fetch: noticingRefusals(refuse),
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
  return { receiver, isOpen: () => open, refused };
}

async function started(receiver: SocketModeReceiver): Promise<void> {
  await receiver.start().catch((error: unknown) => {
    throw fromSlackError(error, 'apps.connections.open');
  });
}

/** socket-mode says what Slack answered to its log alone. */
function noticingRefusals(refuse: (error: Error) => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const answer: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    const name = typeof answer === 'object' && answer !== null && 'error' in answer ? String(answer.error) : '';
    const refusal = appTokenRefusal(name);
    if (refusal !== null) refuse(refusal);
    return response;
  };
}

/** Resolves when the work is done or time is up; then it goes on by itself. */
async function withinTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  work.catch(() => undefined);
  try {
    await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
