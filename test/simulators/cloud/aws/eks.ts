import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';
import type { Cluster } from '../world/world.ts';
import { accessRoutes } from './eks-access.ts';
import { addonRoutes } from './eks-addons.ts';
import { clusterRoutes } from './eks-clusters.ts';
import { nodegroupRoutes } from './eks-nodegroups.ts';
import { AwsError } from './errors.ts';
import type { AwsRequest, AwsResponse } from './request.ts';

/** Amazon EKS, REST with JSON. Paths as in the SDK's model; https://docs.aws.amazon.com/eks/latest/APIReference/ */
export type EksCall = {
  request: AwsRequest;
  /** Parts of the path that vary, decoded, in order. */
  parameters: string[];
  body: JsonObject;
};

export type EksRoute = { operation: string; method: string; path: string; handle: (call: EksCall) => Json };

const routes: EksRoute[] = [...clusterRoutes, ...nodegroupRoutes, ...addonRoutes, ...accessRoutes];

export function eksOperation(request: AwsRequest): { route: EksRoute; parameters: string[] } {
  for (const route of routes) {
    const pattern = new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`);
    const match = route.method === request.method ? pattern.exec(request.path) : null;
    if (match !== null) return { route, parameters: match.slice(1).map(decodeURIComponent) };
  }
  throw new AwsError('UnknownOperationException', `the simulator has no EKS operation ${request.method} ${request.path}`, 404);
}

export function eksAnswer(request: AwsRequest, route: EksRoute, parameters: string[]): AwsResponse {
  const body = request.body === '' ? {} : (JSON.parse(request.body) as JsonObject);
  return { status: 200, contentType: 'application/json', body: JSON.stringify(route.handle({ request, parameters, body })) };
}

export function eksError(error: AwsError): AwsResponse {
  return { status: error.status, contentType: 'application/json', body: JSON.stringify({ __type: error.code, message: error.message, requestId: randomUUID() }) };
}

/** The cluster of that name in the caller's account and the signature's region; other accounts' do not exist. */
export function clusterOf({ world, region, principal }: AwsRequest, name: string | undefined): Cluster {
  const cluster = world.clusters.find((candidate) => candidate.name === name && candidate.region === region && candidate.account === principal.account);
  if (cluster === undefined) throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
  return cluster;
}

/** REST JSON timestamps are seconds. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

export function page<Item>(items: Item[], query: URLSearchParams, key: string): JsonObject {
  const size = Number(query.get('maxResults') ?? 100);
  const start = Number(Buffer.from(query.get('nextToken') ?? '', 'base64url').toString() || 0);
  const shown = items.slice(start, start + size);
  const end = start + shown.length;
  return { [key]: shown as Json, ...(end < items.length ? { nextToken: Buffer.from(String(end)).toString('base64url') } : {}) };
}
