import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { type AwsAction, authorizeAws } from '../authorize.ts';
import { controlAnswer } from '../control.ts';
import { callerOf } from '../effects.ts';
import { eksActions, queryActions, ssmActions } from '../rights/call-actions.ts';
import { hasEnded } from '../world/sessions.ts';
import type { Principal, World } from '../world/world.ts';
import { autoScalingOperations, groupOfInstance } from './auto-scaling.ts';
import { cloudformationOperations } from './cloudformation.ts';
import { ec2Operations } from './ec2.ts';
import { eksAnswer, eksError, eksOperation } from './eks.ts';
import { AwsError } from './errors.ts';
import { iamOperations } from './iam.ts';
import type { QueryHandler } from './query-protocol.ts';
import { queryAnswer, queryError } from './query-protocol.ts';
import type { AwsRequest, AwsResponse } from './request.ts';
import type { Signature } from './sigv4.ts';
import { sha256, signatureInHeader, signatureMatches } from './sigv4.ts';
import { ssmAnswer, ssmError } from './ssm.ts';
import type { Call } from './struck.ts';
import { asSeen, ConnectionReset, expired, strikeAfter, strikeBefore } from './struck.ts';
import { stsOperations } from './sts.ts';

/**
 * The one HTTP port of AWS. The service is the one in the credential scope of the signature; the signature is checked.
 */
const queryServices: Record<string, Record<string, QueryHandler<AwsRequest>>> = {
  sts: stsOperations,
  cloudformation: cloudformationOperations,
  ec2: ec2Operations,
  iam: iamOperations,
  autoscaling: autoScalingOperations,
};

export function awsServer(world: World): Server {
  return createServer((request, response) => {
    void serve(world, request, response);
  });
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://aws');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const answer = url.pathname.startsWith('/_sim/')
    ? controlAnswer(world, { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams, body })
    : awsAnswer(world, request, url, body);
  if (answer === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    ...(answer.errorType === undefined ? {} : { 'x-amzn-errortype': answer.errorType }),
  });
  response.end(answer.body);
}

function awsAnswer(
  world: World,
  incoming: IncomingMessage,
  url: URL,
  body: string,
): (AwsResponse & { errorType?: string }) | 'reset' {
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const signature = signatureInHeader(headers);
  const service = signature?.service ?? 'sts';
  try {
    if (signature === null)
      throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
    const principal = principalOf(world, signature, {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers,
      bodyHash: sha256(body),
    });
    const actor = { caller: callerOf(headers['user-agent']), principal: principal.arn };
    if (hasEnded(world, principal)) {
      world.log.countCall({ ...actor, service, operation: 'refused: the session has ended' });
      throw expired(service);
    }
    const request: AwsRequest = {
      world,
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers,
      body,
      region: signature.region,
      nowOf: () => world.clock.now(),
      principal,
      actor,
    };
    return dispatch(service, request);
  } catch (error) {
    if (error instanceof ConnectionReset) return 'reset';
    const failure =
      error instanceof AwsError
        ? error
        : new AwsError('InternalFailure', error instanceof Error ? (error.stack ?? error.message) : String(error), 500);
    return { ...writeError(service, failure), errorType: failure.code };
  }
}

function writeError(service: string, error: AwsError): AwsResponse {
  if (service === 'eks') return eksError(error);
  return service === 'ssm' ? ssmError(error) : queryError(service, error);
}

function principalOf(world: World, signature: Signature, request: Parameters<typeof signatureMatches>[0]): Principal {
  const principal = world.principals.find(({ accessKeyId }) => accessKeyId === signature.accessKeyId);
  if (principal === undefined)
    throw new AwsError(
      signature.service === 'ec2' ? 'AuthFailure' : 'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      403,
    );
  if (!signatureMatches(request, signature, principal.secretAccessKey)) {
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
      403,
    );
  }
  return principal;
}

function dispatch(service: string, request: AwsRequest): AwsResponse {
  if (service === 'eks') {
    const { route, parameters } = eksOperation(request);
    const call = { service, operation: route.operation, resource: parameters[0] ?? '*' };
    const actions = eksActions(request, route.operation);
    return admitted(request, { call, actions }, (view) => eksAnswer(view, route, parameters));
  }
  if (service === 'ssm') {
    const operation = request.headers['x-amz-target']?.split('.')[1] ?? '';
    const actions = ssmActions(request, operation);
    return admitted(request, { call: { service, operation, resource: '*' }, actions }, (view) =>
      ssmAnswer(view, operation),
    );
  }
  const form = new URLSearchParams(request.body);
  const operation = form.get('Action') ?? '';
  const handler = queryServices[service]?.[operation];
  if (handler === undefined)
    throw new AwsError('InvalidAction', `the simulator has no operation ${operation} of ${service}`, 400);
  const scalingGroup = form.get('AutoScalingGroupName') ?? groupOfInstance(request, form.get('InstanceId'));
  const resource = form.get('StackName') ?? form.get('RoleName') ?? scalingGroup ?? '*';
  const call = { service, operation, resource };
  const actions = queryActions(request, service, form);
  return admitted(request, { call, actions }, (view) => queryAnswer(service, operation, handler(view, form)));
}

/** Counts the call, and answers it unless it is not allowed or a fault strikes. */
function admitted(
  request: AwsRequest,
  { call, actions }: { call: Call; actions: AwsAction[] },
  answer: (request: AwsRequest) => AwsResponse,
): AwsResponse {
  const { world, actor } = request;
  const { service, operation } = call;
  world.log.countCall({ ...actor, service, operation });
  authorizeAws(request, service, actions);
  strikeBefore(request, call);
  const answered = answer(asSeen(request, call));
  strikeAfter(request, call);
  return answered;
}
