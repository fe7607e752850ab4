import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { authorizeKubernetes } from '../authorize.ts';
import type { ServerIdentity } from '../certificate-authority.ts';
import { callerOf } from '../effects.ts';
import type { Json, JsonObject } from '../json.ts';
import { refuseEscalation } from '../rights/escalation.ts';
import { identityOf } from '../world/access.ts';
import { apiServerForgetsCallers } from '../world/control-plane.ts';
import type { Cluster, World } from '../world/world.ts';
import { answer } from './answer.ts';
import type { KubernetesRequest } from './request.ts';
import { actionOf, parseRequest } from './request.ts';
import { StatusError, unauthorized } from './status.ts';
import { verifyToken } from './token.ts';

/** The API server of one cluster: TLS, authentication, authorization, and then the answer. */
export function kubernetesServer(world: World, cluster: Cluster, identity: ServerIdentity): Server {
  const server = createServer({ key: identity.keyPem, cert: identity.certificatePem }, (request, response) => {
    // A connection from before the fault: the server that held it is gone, too.
    if (world.faults.isOn(cluster.name, 'api-server-away')) request.socket.destroy();
    else void serve(world, cluster, request, response);
  });
  holdBack(server, () => world.faults.isOn(cluster.name, 'api-server-silent'));
  server.on('connection', (socket: Socket) => {
    if (world.faults.strikes(cluster.name, 'api-server-away')) socket.resetAndDestroy();
  });
  return server;
}

/** Fault `api-server-silent`: connections are taken and nothing ever comes back, as from behind a firewall that drops packets. */
function holdBack(server: Server, isSilent: () => boolean): void {
  const handshakes = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (isSilent())
      socket
        .on('error', () => undefined)
        .on('end', () => socket.destroy())
        .resume();
    else for (const handshake of handshakes) handshake.call(server, socket);
  });
}

async function serve(
  world: World,
  cluster: Cluster,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(request);
    const parsed = parseRequest(request, body);
    send(response, 200, handle(world, cluster, parsed, request.headers));
  } catch (error) {
    if (error instanceof TooManyRequests) sendTooManyRequests(response);
    else if (error instanceof StatusError) send(response, error.code, error.body());
    else
      send(
        response,
        500,
        new StatusError(500, 'InternalError', error instanceof Error ? error.message : String(error)).body(),
      );
  }
}

function handle(world: World, cluster: Cluster, request: KubernetesRequest, headers: IncomingMessage['headers']): Json {
  const caller = callerOf(headers['user-agent']);
  const count = (principal: string): void => {
    world.log.countCall({
      caller,
      principal,
      service: 'kubernetes',
      operation: `${actionOf(request).verb} ${request.plural}`,
    });
  };
  const verified = verifyToken(world, cluster, headers.authorization);
  if (verified.kind === 'refused') {
    count('anonymous');
    throw unauthorized();
  }
  const { arn } = verified.principal;
  count(arn);
  const identity = identityOf(cluster, verified.principal, world.clock.now());
  if (identity === null || apiServerForgetsCallers(world, cluster)) throw unauthorized();
  const action = actionOf(request);
  const selfReview = action.group === 'authorization.k8s.io' && action.resource.startsWith('selfsubject');
  // Paths that are no resource are for everybody: the ClusterRole system:discovery.
  if (request.plural !== '') authorizeKubernetes(world, identity, action);
  refuseEscalation(world, identity, { action, body: request.body });
  if (!selfReview) strike(world, cluster, request);
  // A watch ends at once, as one whose time-out is short: who asked looks again.
  if (action.verb === 'watch') return '';
  return answer({ world, cluster, identity, actor: { caller, principal: arn } }, request);
}

/** Priority and fairness comes before admission. */
function strike(world: World, cluster: Cluster, request: KubernetesRequest): void {
  if (world.faults.strikes(cluster.name, 'api-server-busy')) throw new TooManyRequests();
  if (request.method !== 'GET' && world.faults.strikes(cluster.name, 'webhook-denies')) throw deniedByWebhook(request);
}

class TooManyRequests extends Error {}

/** No Status, but plain text: kubernetes/staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go. */
function sendTooManyRequests(response: ServerResponse): void {
  response.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' });
  response.end('Too many requests, please try again later.\n');
}

/** Words of kubernetes/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go. */
function deniedByWebhook({ group, plural, name }: KubernetesRequest): StatusError {
  const resource = group === '' ? plural : `${plural}.${group}`;
  return new StatusError(
    403,
    'Forbidden',
    `${resource} "${name ?? 'Unknown'}" is forbidden: admission webhook "freeze.policy.example.com" denied the request: changes to ${plural} are frozen`,
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, body: Json | JsonObject): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' });
  response.end(text);
}
