import type { Json, JsonObject } from '../json.ts';
import type { Cluster } from '../world/world.ts';
import { AwsError } from './errors.ts';
import type { AwsRequest } from './request.ts';

export type EksCall = {
  request: AwsRequest;
  /** Parts of the path that vary, decoded, in order. */
  parameters: string[];
  body: JsonObject;
};

export type EksRoute = { operation: string; method: string; path: string; handle: (call: EksCall) => Json };

/** The cluster of that name in the caller's account and the signature's region; other accounts' do not exist. */
export function clusterOf({ world, region, principal }: AwsRequest, name: string | undefined): Cluster {
  const cluster = world.clusters.find(
    (candidate) => candidate.name === name && candidate.region === region && candidate.account === principal.account,
  );
  if (cluster === undefined)
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
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
  return {
    [key]: shown as Json,
    ...(end < items.length ? { nextToken: Buffer.from(String(end)).toString('base64url') } : {}),
  };
}
