import type { Actor, Principal, World } from '../world/world.ts';

/** A request to an AWS service whose signature was checked. */
export type AwsRequest = {
  world: World;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  region: string;
  principal: Principal;
  actor: Actor;
};

export type AwsResponse = { status: number; contentType: string; body: string };
