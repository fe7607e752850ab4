import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import { authorizeKubernetes } from '../authorize.ts';
import type { ServerIdentity } from '../certificate-authority.ts';
import { callerOf } from '../effects.ts';
import type { Json, JsonObject } from '../json.ts';
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
  return createServer({ key: identity.keyPem, cert: identity.certificatePem }, (request, response) => {
    void serve(world, cluster, request, response);
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
    if (error instanceof StatusError) send(response, error.code, error.body());
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
  const identity = identityOf(cluster, arn, world.clock.now());
  if (identity === null || apiServerForgetsCallers(world, cluster)) throw unauthorized();
  const action = actionOf(request);
  const selfReview = action.group === 'authorization.k8s.io' && action.resource.startsWith('selfsubject');
  if (!selfReview && request.plural !== '' && authorizeKubernetes(identity, action) === 'denied') {
    throw new StatusError(
      403,
      'Forbidden',
      `${action.resource} is forbidden: User "${identity.username}" cannot ${action.verb} resource "${action.resource}" in API group "${action.group}"`,
    );
  }
  return answer({ world, cluster, identity, actor: { caller, principal: arn } }, request);
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
