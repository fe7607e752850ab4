import type { Actor, Cluster, Principal, World } from '../world/world.ts';

/** A request to an AWS service whose signature was checked. */
export type AwsRequest = {
  world: World;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  region: string;
  /** Simulated time at which the request sees this cluster. */
  nowOf: (cluster: Cluster) => number;
  principal: Principal;
  actor: Actor;
};

export type AwsResponse = { status: number; contentType: string; body: string };
