import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { accessRoutes } from './eks-access.ts';
import { addonRoutes } from './eks-addons.ts';
import type { EksRoute } from './eks-call.ts';
import { clusterRoutes } from './eks-clusters.ts';
import { nodegroupRoutes } from './eks-nodegroups.ts';
import { AwsError } from './errors.ts';
import type { AwsRequest, AwsResponse } from './request.ts';

/** Amazon EKS, REST with JSON. Paths as in the SDK's model; https://docs.aws.amazon.com/eks/latest/APIReference/ */
const routes: EksRoute[] = [...clusterRoutes, ...nodegroupRoutes, ...addonRoutes, ...accessRoutes];

export function eksOperation(request: AwsRequest): { route: EksRoute; parameters: string[] } {
  for (const route of routes) {
    const pattern = new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`);
    const match = route.method === request.method ? pattern.exec(request.path) : null;
    if (match !== null) return { route, parameters: match.slice(1).map(decodeURIComponent) };
  }
  throw new AwsError(
    'UnknownOperationException',
    `the simulator has no EKS operation ${request.method} ${request.path}`,
    404,
  );
}

export function eksAnswer(request: AwsRequest, route: EksRoute, parameters: string[]): AwsResponse {
  const body = request.body === '' ? {} : (JSON.parse(request.body) as JsonObject);
  return {
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify(route.handle({ request, parameters, body })),
  };
}

export function eksError(error: AwsError): AwsResponse {
  return {
    status: error.status,
    contentType: 'application/json',
    body: JSON.stringify({ __type: error.code, message: error.message, requestId: randomUUID() }),
  };
}
