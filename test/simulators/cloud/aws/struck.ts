import type { FaultName } from '../options.ts';
import type { Cluster } from '../world/world.ts';
import { AwsError } from './errors.ts';
import type { AwsRequest } from './request.ts';

/** The connection is closed without an answer; whether the request took effect is for the caller to find out. */
export class ConnectionReset extends Error {}

export type Call = { service: string; operation: string; resource: string };

const STALE_MS = 30_000;

/**
 * What the switches do to a call about a cluster. Calls that name none (DescribeStacks of all, DescribeImages,
 * GetCallerIdentity) are struck when all clusters of the account and region are.
 */
export function strikeBefore(request: AwsRequest, call: Call): void {
  const { service, operation } = call;
  const struck = strikesFor(request, call);
  // The key that has expired is a session's: the role can be assumed again.
  if (operation !== 'AssumeRole' && struck('expired-credentials', keyHasExpired(request))) throw expired(service);
  if (struck('server-errors'))
    throw service === 'eks'
      ? new AwsError('ServerException', 'Internal server error', 500)
      : new AwsError('InternalFailure', 'The request processing has failed because of an unknown error', 500);
  if (struck('throttling'))
    throw service === 'eks'
      ? new AwsError('ThrottlingException', 'Rate exceeded', 429)
      : new AwsError('Throttling', 'Rate exceeded', 400);
  if (struck('connection-reset')) throw new ConnectionReset();
  if (service === 'eks' && operation.startsWith('Update') && struck('resource-in-use'))
    throw new AwsError('ResourceInUseException', `${operation} is not possible: another operation is in progress`, 409);
}

/** After a change took effect: its answer may be lost. */
export function strikeAfter(request: AwsRequest, call: Call): void {
  if (isChange(call) && strikesFor(request, call)('answer-lost')) throw new ConnectionReset();
}

/**
 * The request as it sees the world: a read, with the fault `stale-reads`, as it was 30 seconds ago. A list of all stacks
 * sees each cluster by its own time.
 */
export function asSeen(request: AwsRequest, call: Call): AwsRequest {
  const { world } = request;
  if (isChange(call)) return request;
  const nowOf = ({ name }: Cluster): number =>
    world.clock.now() - (world.faults.isOn(name, 'stale-reads') ? STALE_MS : 0);
  const [cluster] = call.resource === '*' ? [] : concerned(request, call.resource);
  if (cluster === undefined) return { ...request, nowOf };
  return { ...request, nowOf, world: { ...world, clock: { ...world.clock, now: () => nowOf(cluster) } } };
}

function isChange({ operation }: Call): boolean {
  return !/^(Describe|List|Get|Assume)/.test(operation);
}

function strikesFor(request: AwsRequest, { resource }: Call): (name: FaultName, when?: WhenOf) => boolean {
  const { faults } = request.world;
  const clusters = concerned(request, resource);
  return (name, when = () => true) => {
    const isStruck =
      clusters.length > 0 && clusters.every((cluster) => faults.isOn(cluster.name, name) && when(cluster));
    if (isStruck) for (const cluster of clusters) faults.strikes(cluster.name, name);
    return isStruck;
  };
}

type WhenOf = (cluster: Cluster) => boolean;

/** The cluster that is meant by its name or by the name or id of one of its stacks; for `*` all that the caller can see. */
function concerned({ world, region, principal }: AwsRequest, resource: string): Cluster[] {
  const visible = world.clusters.filter(
    (cluster) => cluster.region === region && cluster.account === principal.account,
  );
  if (resource === '*') return visible;
  const stack = /^arn:aws:cloudformation:.*:stack\/([^/]+)\//.exec(resource)?.[1] ?? resource;
  const [longest] = visible
    .filter(({ name }) => stack === name || stack.startsWith(`eksctl-${name}-`))
    .toSorted((a, b) => b.name.length - a.name.length);
  return longest === undefined ? [] : [longest];
}

function keyHasExpired({ principal }: AwsRequest): WhenOf {
  return ({ expiredKeys }) => expiredKeys.has(principal.accessKeyId);
}

export function expired(service: string): AwsError {
  const words = 'The security token included in the request is expired';
  if (service === 'eks' || service === 'ssm')
    return new AwsError('ExpiredTokenException', words, service === 'eks' ? 403 : 400);
  return service === 'ec2'
    ? new AwsError('RequestExpired', 'Request has expired.', 400)
    : new AwsError('ExpiredToken', words, 403);
}
