import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request to AWS, as it passed by. */
export type AwsCall = {
  /** Real epoch milliseconds at which it arrived. */
  at: number;
  caller: 'bot' | 'eksctl' | 'other';
  /** EKS: method and path; the services with a query protocol: their Action. */
  operation: string;
  /** Of EKS calls about one; null for all others. */
  cluster: string | null;
};

/** What is done with a call before it goes on; a promise that stays open holds the call, as an AWS that hangs does. */
export type Interception = (call: AwsCall) => Promise<void> | undefined;

export type RecordingProxy = {
  /** Value for AWS_ENDPOINT_URL. */
  url: string;
  calls: AwsCall[];
  intercept: (interception: Interception | null) => void;
  stop: () => Promise<void>;
};

/**
 * Stands between one process of the bot and the simulated AWS and writes down what passes by: when, who, and about which
 * cluster. Nothing is changed on the way, so the signature (which covers the Host header as it was sent) still holds.
 */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const calls: AwsCall[] = [];
  let interception: Interception | null = null;
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => response.destroy());
  });
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = Date.now();
    const body = await readBody(request);
    const call: AwsCall = {
      at,
      caller: callerOf(request),
      operation: operationOf(request, body),
      cluster: clusterOf(request.url ?? ''),
    };
    calls.push(call);
    await interception?.(call);
    const onward = send({ hostname, port, agent, method: request.method, path: request.url, headers: request.headers });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    intercept: (next) => {
      interception = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function callerOf({ headers }: IncomingMessage): AwsCall['caller'] {
  const agent = headers['user-agent'] ?? '';
  if (agent.includes('eks-upgrade-bot')) return 'bot';
  return agent.includes('eksctl') ? 'eksctl' : 'other';
}

function operationOf({ method, url = '' }: IncomingMessage, body: Buffer): string {
  const action = /(?:^|&)Action=(\w+)/.exec(body.toString('latin1', 0, 4096))?.[1];
  return action ?? `${method} ${url.split('?')[0]}`;
}

function clusterOf(url: string): string | null {
  const name = /^\/clusters\/([^/?]+)/.exec(url)?.[1];
  return name === undefined ? null : decodeURIComponent(name);
}
