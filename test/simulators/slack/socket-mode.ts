import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { DeliveryOutcome, Envelope, Transport } from './delivery.ts';
import type { Workspace } from './workspace.ts';

/** https://docs.slack.dev/apis/events-api/using-socket-mode: at most ten connections; one of them gets each envelope. */
const CONNECTIONS_MAX = 10;
/** socket-mode gives a connection up when the server has not pinged for 30 s. */
const PING_EVERY_MS = 5000;

const ackSchema = z.object({ envelope_id: z.string(), payload: z.unknown().optional() });

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled';

export type SocketMode = Transport & {
  /** A URL that is good for one connection. */
  openUrl: (base: string) => string;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  connections: () => number;
  /** `null`: the connections are cut without a word. */
  disconnect: (reason: DisconnectReason | null) => void;
  close: () => void;
};

type Waiting = { id: string; connection: WebSocket; settle: (outcome: DeliveryOutcome) => void; sentAt: number };

export function createSocketMode(workspace: Workspace): SocketMode {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const open: WebSocket[] = [];
  let waiting: Waiting[] = [];
  let turn = 0;

  const onMessage = (data: string): void => {
    const ack = ackSchema.safeParse(readJson(data));
    const waiter = ack.success ? waiting.find(({ id }) => id === ack.data.envelope_id) : undefined;
    if (!ack.success || waiter === undefined) workspace.log.add('unexpected-socket-message', { data });
    else waiter.settle({ kind: 'acked', ackMs: performance.now() - waiter.sentAt, payload: ack.data.payload });
  };

  const onClose = (connection: WebSocket): void => {
    const at = open.indexOf(connection);
    if (at >= 0) open.splice(at, 1);
    workspace.announce({ kind: 'connections' });
    for (const { connection: used, settle } of [...waiting]) {
      if (used === connection) settle({ kind: 'failed', why: 'the connection closed before the ack' });
    }
  };

  const greet = (connection: WebSocket): void => {
    if (open.length >= CONNECTIONS_MAX) {
      connection.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets', debug_info: debugInfo() }));
      connection.close();
      return;
    }
    open.push(connection);
    connection.on('message', (data) => onMessage(Buffer.isBuffer(data) ? data.toString() : ''));
    connection.on('close', () => onClose(connection));
    connection.on('error', (error) => workspace.log.add('socket-error', { message: error.message }));
    const hello = {
      type: 'hello',
      num_connections: open.length,
      debug_info: debugInfo(),
      connection_info: { app_id: workspace.bot.appId },
    };
    connection.send(JSON.stringify(hello));
    connection.ping();
    workspace.announce({ kind: 'connections' });
  };

  const pings = setInterval(() => {
    for (const connection of open) connection.ping();
  }, PING_EVERY_MS);
  pings.unref();

  const sendOnce = (connection: WebSocket, envelope: Envelope, limitMs: number): Promise<DeliveryOutcome> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => settle({ kind: 'timed-out' }), limitMs);
      const settle = (outcome: DeliveryOutcome): void => {
        clearTimeout(timer);
        waiting = waiting.filter((one) => one !== waiter);
        resolve(outcome);
      };
      const waiter = { id: envelope.id, connection, settle, sentAt: performance.now() };
      waiting.push(waiter);
      connection.send(JSON.stringify(wireEnvelope(envelope)));
    });

  return {
    openUrl: (base) => {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${base}/link/?ticket=${ticket}&app_id=${workspace.bot.appId}`;
    },
    upgrade: (request, socket, head) => {
      const ticket = new URL(request.url ?? '/', 'ws://local').searchParams.get('ticket') ?? '';
      if (!tickets.delete(ticket)) return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      server.handleUpgrade(request, socket, head, greet);
    },
    connections: () => open.length,
    disconnect: (reason) => {
      for (const connection of [...open]) {
        if (reason === null) connection.terminate();
        else connection.send(JSON.stringify({ type: 'disconnect', reason, debug_info: debugInfo() }));
      }
    },
    close: () => {
      clearInterval(pings);
      for (const connection of server.clients) connection.terminate();
      server.close();
    },
    /** A connection that is lost before the ack hands its envelope to another one, if there is one. */
    send: async (envelope, { limitMs, dropConnection }) => {
      const connection = open[turn++ % Math.max(1, open.length)];
      if (connection === undefined) return { kind: 'failed', why: 'no Socket Mode connection' };
      const sent = sendOnce(connection, envelope, limitMs);
      if (dropConnection) connection.terminate();
      const outcome = await sent;
      const other = open.find((one) => one !== connection);
      return outcome.kind === 'failed' && other !== undefined ? await sendOnce(other, envelope, limitMs) : outcome;
    },
  };
}

function wireEnvelope({ id, type, payload, retryAttempt, retryReason }: Envelope): object {
  return {
    envelope_id: id,
    type,
    payload,
    accepts_response_payload: type !== 'events_api',
    ...(type === 'events_api' ? { retry_attempt: retryAttempt, retry_reason: retryReason } : {}),
  };
}

function debugInfo(): object {
  return { host: 'slack-simulator', build_number: 1, approximate_connection_time: 18060 };
}

function readJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
