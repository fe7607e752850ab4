import { deniedInStack } from '../rights/stack-actions.ts';
import { createStack, deleteStack, liveStacks, stackEvents, stackStatus } from '../world/stacks.ts';
import type { Cluster, Stack } from '../world/world.ts';
import { AwsError } from './errors.ts';
import type { QueryHandler } from './query-protocol.ts';
import { listIn, pageOf, tagsIn } from './query-protocol.ts';
import type { AwsRequest } from './request.ts';
import type { Xml } from './xml.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/ */
export const cloudformationOperations: Record<string, QueryHandler<AwsRequest>> = {
  ListStacks: listStacks,
  DescribeStacks: describeStacks,
  GetTemplate: (request, form) => ({
    TemplateBody: stackOf(request, form).stack.template,
    StagesAvailable: { member: ['Original', 'Processed'] },
  }),
  DescribeStackEvents: describeStackEvents,
  DescribeStackResources: (request, form) => ({ StackResources: { member: resourcesOf(request, form) } }),
  ListStackResources: (request, form) => ({ StackResourceSummaries: { member: resourcesOf(request, form) } }),
  CreateStack: createStackAnswer,
  DeleteStack: deleteStackAnswer,
};

/** `now`: the time at which the request sees the stack. */
type Found = { cluster: Cluster; stack: Stack; now: number };

function stacksOf({ world, region, principal, nowOf }: AwsRequest): Found[] {
  return world.clusters
    .filter((cluster) => cluster.region === region && cluster.account === principal.account)
    .flatMap((cluster) => {
      const now = nowOf(cluster);
      return cluster.stacks.filter(({ createdAt }) => createdAt <= now).map((stack) => ({ cluster, stack, now }));
    })
    .toSorted((a, b) => b.stack.createdAt - a.stack.createdAt);
}

/** By name a stack that lives; by id also one that is deleted. */
function findStack(request: AwsRequest, name: string): Found | undefined {
  return stacksOf(request).find(
    ({ stack, now }) => stack.id === name || (stack.name === name && stackStatus(stack, now) !== 'DELETE_COMPLETE'),
  );
}

function stackOf(request: AwsRequest, form: URLSearchParams): Found {
  const name = form.get('StackName') ?? '';
  const found = findStack(request, name);
  if (found === undefined) throw new AwsError('ValidationError', `Stack with id ${name} does not exist`, 400);
  return found;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** When the current deletion began and, once it is over, ended. */
function times(stack: Stack, now: number): { CreationTime: string; DeletionTime: string | undefined } {
  const deletion = stack.deletions.findLast(({ startedAt }) => startedAt <= now);
  return {
    CreationTime: iso(stack.createdAt),
    DeletionTime: deletion === undefined ? undefined : iso(deletion.startedAt),
  };
}

function statusReason(stack: Stack, now: number): string | undefined {
  const status = stackStatus(stack, now);
  const event = stackEvents(stack, now).find(
    ({ logicalId, status: s, reason }) => logicalId === stack.name && s === status && reason !== null,
  );
  return event?.reason ?? undefined;
}

const PAGE = 10;

function listStacks(request: AwsRequest, form: URLSearchParams): Xml {
  const wanted = listIn(form, 'StackStatusFilter.member');
  const { page, next } = stackPage(
    stacksOf(request),
    form.get('NextToken'),
    ({ stack, now }) => wanted.length === 0 || wanted.includes(stackStatus(stack, now)),
  );
  const summaries = page.map(({ stack, now }) => ({
    StackId: stack.id,
    StackName: stack.name,
    TemplateDescription: stack.description,
    ...times(stack, now),
    StackStatus: stackStatus(stack, now),
    StackStatusReason: statusReason(stack, now),
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  }));
  return { StackSummaries: { member: summaries }, NextToken: next };
}

/** The token names the last stack of the page before it: none is left out because others came or went meanwhile. */
function stackPage(
  all: Found[],
  token: string | null,
  isWanted: (found: Found) => boolean,
): { page: Found[]; next: string | undefined } {
  const start = token === null ? 0 : all.findIndex(({ stack }) => stack.id === token) + 1;
  const rest = all.slice(start).filter(isWanted);
  const page = rest.slice(0, PAGE);
  return { page, next: rest.length > PAGE ? page.at(-1)?.stack.id : undefined };
}

function describeStacks(request: AwsRequest, form: URLSearchParams): Xml {
  const all = form.has('StackName') ? [stackOf(request, form)] : stacksOf(request);
  const { page, next } = stackPage(
    all,
    form.get('NextToken'),
    ({ stack, now }) => form.has('StackName') || stackStatus(stack, now) !== 'DELETE_COMPLETE',
  );
  return { Stacks: { member: page.map(({ stack, now }) => stackXml(stack, now)) }, NextToken: next };
}

function stackXml(stack: Stack, now: number): Xml {
  const done = stackStatus(stack, now) === 'CREATE_COMPLETE';
  return {
    StackId: stack.id,
    StackName: stack.name,
    Description: stack.description,
    ...times(stack, now),
    StackStatus: stackStatus(stack, now),
    StackStatusReason: statusReason(stack, now),
    DisableRollback: stack.creation.kind === 'fails',
    EnableTerminationProtection: false,
    Capabilities: { member: stack.capabilities },
    Tags: { member: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })) },
    Outputs: done
      ? {
          member: stack.outputs.map(({ key, value, exportName }) => ({
            OutputKey: key,
            OutputValue: value,
            ExportName: exportName,
          })),
        }
      : undefined,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

function describeStackEvents(request: AwsRequest, form: URLSearchParams): Xml {
  const { stack, now } = stackOf(request, form);
  const { page, next } = pageOf(stackEvents(stack, now), form.get('NextToken'), 100);
  const events = page.map((event, index) => ({
    StackId: stack.id,
    StackName: stack.name,
    EventId: `${event.logicalId}-${event.status}-${event.at}-${index}`,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    Timestamp: iso(event.at),
  }));
  return { StackEvents: { member: events }, NextToken: next };
}

function resourcesOf(request: AwsRequest, form: URLSearchParams): Xml[] {
  const { stack, now } = stackOf(request, form);
  const events = stackEvents(stack, now);
  return stack.resources.map((resource) => {
    const last = events.find(({ logicalId }) => logicalId === resource.logicalId);
    const timestamp = iso(last?.at ?? stack.createdAt);
    return {
      StackId: stack.id,
      StackName: stack.name,
      LogicalResourceId: resource.logicalId,
      PhysicalResourceId: resource.physicalId,
      ResourceType: resource.type,
      ResourceStatus: last?.status ?? 'CREATE_IN_PROGRESS',
      ResourceStatusReason: last?.reason,
      Timestamp: timestamp,
      LastUpdatedTimestamp: timestamp,
    };
  });
}

/** The stack belongs to the cluster its tag or its name names. */
function clusterForStack(
  { world, region, principal }: AwsRequest,
  name: string,
  tags: Record<string, string>,
): Cluster {
  const mine = world.clusters.filter(
    (candidate) => candidate.region === region && candidate.account === principal.account,
  );
  const tagged = mine.find((candidate) => candidate.name === tags['alpha.eksctl.io/cluster-name']);
  const cluster = tagged ?? mine.find((candidate) => name.startsWith(`eksctl-${candidate.name}-`));
  if (cluster === undefined)
    throw new AwsError(
      'ValidationError',
      `the simulator only makes stacks of its clusters: tag ${name} with alpha.eksctl.io/cluster-name`,
      400,
    );
  return cluster;
}

function createStackAnswer(request: AwsRequest, form: URLSearchParams): Xml {
  const name = form.get('StackName') ?? '';
  const tags = tagsIn(form);
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      400,
    );
  }
  if (findStack(request, name) !== undefined)
    throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`, 400);
  const cluster = clusterForStack(request, name, tags);
  const stack = createStack(request.world, cluster, {
    name,
    template: form.get('TemplateBody') ?? '',
    tags,
    capabilities: listIn(form, 'Capabilities.member'),
    disableRollback: form.get('DisableRollback') === 'true' || form.get('OnFailure') === 'DO_NOTHING',
    deniedOf: (resources) => deniedInStack(request.world, { ...workOf(request, cluster), resources }, 'create'),
  });
  request.world.log.record({ effect: 'stack-create-started', cluster: cluster.name, ...request.actor, stack: name });
  return { StackId: stack.id };
}

function workOf({ principal }: AwsRequest, cluster: Cluster): { principal: AwsRequest['principal']; cluster: Cluster } {
  return { principal, cluster };
}

/** A stack that does not exist is deleted silently. */
function deleteStackAnswer(request: AwsRequest, form: URLSearchParams): Xml {
  const found = findStack(request, form.get('StackName') ?? '');
  if (found !== undefined && liveStacks(found.cluster, request.world.clock.now()).includes(found.stack))
    deleteStack(request.world, found.cluster, {
      stack: found.stack,
      actor: request.actor,
      denied: deniedInStack(
        request.world,
        { ...workOf(request, found.cluster), resources: found.stack.resources },
        'delete',
      ),
    });
  return {};
}
