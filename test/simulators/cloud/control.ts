import type { AwsResponse } from './aws/request.ts';
import type { Fault } from './options.ts';
import { faultNames } from './options.ts';
import { setActivity } from './world/activity.ts';
import { switchFault } from './world/fault-effects.ts';
import { openSession } from './world/sessions.ts';
import { snapshotOf } from './world/snapshot.ts';
import type { Cluster, World } from './world/world.ts';

/** The control API under `/_sim/`: what tests and the demo see and change without AWS in between. */
export type ControlRequest = { method: string; path: string; query: URLSearchParams; body: string };

export function controlAnswer(world: World, request: ControlRequest): AwsResponse & { errorType?: string } {
  try {
    return json(200, answer(world, request));
  } catch (error) {
    return json(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function json(status: number, body: unknown): AwsResponse {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}

function answer(world: World, { method, path, query, body }: ControlRequest): unknown {
  switch (`${method} ${path}`) {
    case 'GET /_sim/state':
      return query.has('cluster')
        ? snapshotOf(world, clusterNamed(world, query.get('cluster')))
        : world.clusters.map((cluster) => snapshotOf(world, cluster));
    case 'GET /_sim/effects':
      return world.log.effects();
    case 'GET /_sim/calls':
      return world.log.calls();
    case 'GET /_sim/now':
      return { now: world.clock.now() };
    case 'GET /_sim/container-credentials':
      return containerCredentials(world, query.get('role') ?? '');
    case 'GET /_sim/faults':
      return world.faults.list();
    case 'POST /_sim/faults':
      return switchOn(world, body);
    case 'POST /_sim/activity': {
      const { cluster, count } = JSON.parse(body) as { cluster: string; count: number };
      setActivity(world, clusterNamed(world, cluster), count);
      return { activity: count };
    }
    default:
      throw new Error(`no control operation ${method} ${path}`);
  }
}

/**
 * What a container's own endpoint gives (ECS, EKS Pod Identity): a new session each time.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
function containerCredentials(world: World, roleArn: string): object {
  const session = openSession(world, { roleArn, name: 'container', seconds: 3600 });
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = session;
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: expiration,
    RoleArn: roleArn,
  };
}

function switchOn(world: World, body: string): Fault[] {
  const { on = true, ...fault } = JSON.parse(body) as Fault & { on?: boolean };
  const known: readonly string[] = faultNames;
  if (!known.includes(fault.name))
    throw new Error(`no fault ${String(fault.name)}: choose one of ${faultNames.join(', ')}`);
  switchFault(world, clusterNamed(world, fault.cluster), fault, on);
  return world.faults.list();
}

export function clusterNamed(world: World, name: string | null): Cluster {
  const cluster = world.clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined)
    throw new Error(`no cluster ${name}: choose one of ${world.clusters.map((known) => known.name).join(', ')}`);
  return cluster;
}
