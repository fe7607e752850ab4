import type { Json, JsonObject } from '../json.ts';
import { listAt, textAt } from '../json.ts';
import { accessEntriesAt, withoutPath } from '../world/access.ts';
import type { AccessEntry, Cluster } from '../world/world.ts';
import type { EksCall, EksRoute } from './eks-call.ts';
import { clusterOf, page, seconds } from './eks-call.ts';
import { AwsError } from './errors.ts';

/** Access entries. https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html */
const ENTRIES = '/clusters/{name}/access-entries';

export const accessRoutes: EksRoute[] = [
  { operation: 'ListAccessEntries', method: 'GET', path: ENTRIES, handle: listEntries },
  { operation: 'CreateAccessEntry', method: 'POST', path: ENTRIES, handle: createEntry },
  {
    operation: 'DescribeAccessEntry',
    method: 'GET',
    path: `${ENTRIES}/{arn}`,
    handle: (call) => ({ accessEntry: entryJson(call, entryOf(call)) }),
  },
  { operation: 'DeleteAccessEntry', method: 'DELETE', path: `${ENTRIES}/{arn}`, handle: deleteEntry },
  {
    operation: 'AssociateAccessPolicy',
    method: 'POST',
    path: `${ENTRIES}/{arn}/access-policies`,
    handle: associatePolicy,
  },
  {
    operation: 'ListAssociatedAccessPolicies',
    method: 'GET',
    path: `${ENTRIES}/{arn}/access-policies`,
    handle: listPolicies,
  },
];

function clusterWithEntries({ request, parameters }: EksCall): Cluster {
  const cluster = clusterOf(request, parameters[0]);
  if (cluster.authenticationMode === 'CONFIG_MAP') {
    throw new AwsError(
      'InvalidRequestException',
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
      400,
    );
  }
  return cluster;
}

function listEntries(call: EksCall): Json {
  const entries = accessEntriesAt(clusterWithEntries(call), call.request.world.clock.now());
  return page(
    entries.map(({ principalArn }) => principalArn),
    call.request.query,
    'accessEntries',
  );
}

function entryOf(call: EksCall): AccessEntry {
  const arn = call.parameters[1] ?? '';
  const entry = accessEntriesAt(clusterWithEntries(call), call.request.world.clock.now()).find(
    ({ principalArn }) => principalArn === arn,
  );
  if (entry === undefined)
    throw new AwsError('ResourceNotFoundException', `The specified principalArn could not be found: ${arn}`, 404);
  return entry;
}

function entryJson({ parameters }: EksCall, entry: AccessEntry): JsonObject {
  return {
    clusterName: parameters[0] ?? '',
    principalArn: entry.principalArn,
    kubernetesGroups: entry.kubernetesGroups,
    username: entry.username,
    type: entry.type,
    accessEntryArn: `arn:aws:eks:access-entry/${parameters[0] ?? ''}/${entry.principalArn}`,
    createdAt: seconds(entry.createdAt),
    modifiedAt: seconds(entry.createdAt),
    tags: {},
  };
}

function createEntry(call: EksCall): Json {
  const { request, body } = call;
  const cluster = clusterWithEntries(call);
  const now = request.world.clock.now();
  const principalArn = textAt(body, 'principalArn') ?? '';
  const kubernetesGroups = listAt(body, 'kubernetesGroups').filter((group) => typeof group === 'string');
  if (accessEntriesAt(cluster, now).some((entry) => entry.principalArn === principalArn)) {
    throw new AwsError(
      'ResourceInUseException',
      'The specified access entry resource is already in use on this cluster.',
      409,
    );
  }
  const reserved = kubernetesGroups.find((group) => group.startsWith('system:'));
  if (reserved !== undefined)
    throw new AwsError(
      'InvalidParameterException',
      `The kubernetes group name ${reserved} is invalid, it cannot start with system:`,
      400,
    );
  const roles = [...request.world.assumableRoles, ...request.world.principals.flatMap(({ roleArn }) => roleArn ?? [])];
  if (roles.some((role) => role !== principalArn && withoutPath(role) === withoutPath(principalArn)))
    throw new AwsError('InvalidParameterException', 'The specified principalArn is invalid: invalid principal.', 400);
  const type = textAt(body, 'type') ?? 'STANDARD';
  const groups = type === 'STANDARD' ? kubernetesGroups : ['system:nodes'];
  const entry: AccessEntry = {
    principalArn,
    type,
    kubernetesGroups: groups,
    username: textAt(body, 'username') ?? principalArn,
    policies: [],
    createdAt: now,
    deletedAt: null,
  };
  cluster.accessEntries.push(entry);
  request.world.log.record({
    effect: 'access-entry-created',
    cluster: cluster.name,
    ...request.actor,
    principalArn,
    type,
  });
  return { accessEntry: entryJson(call, entry) };
}

function deleteEntry(call: EksCall): Json {
  const entry = entryOf(call);
  entry.deletedAt = call.request.world.clock.now();
  call.request.world.log.record({
    effect: 'access-entry-deleted',
    cluster: call.parameters[0] ?? '',
    ...call.request.actor,
    principalArn: entry.principalArn,
  });
  return {};
}

function associatePolicy(call: EksCall): Json {
  const entry = entryOf(call);
  const policyArn = textAt(call.body, 'policyArn') ?? '';
  if (!entry.policies.includes(policyArn)) {
    entry.policies.push(policyArn);
    call.request.world.log.record({
      effect: 'access-policy-associated',
      cluster: call.parameters[0] ?? '',
      ...call.request.actor,
      principalArn: entry.principalArn,
      policyArn,
    });
  }
  return {
    clusterName: call.parameters[0] ?? '',
    principalArn: entry.principalArn,
    associatedAccessPolicy: { policyArn, accessScope: { type: 'cluster' } },
  };
}

function listPolicies(call: EksCall): Json {
  const entry = entryOf(call);
  return {
    clusterName: call.parameters[0] ?? '',
    principalArn: entry.principalArn,
    associatedAccessPolicies: entry.policies.map((policyArn) => ({ policyArn, accessScope: { type: 'cluster' } })),
  };
}
