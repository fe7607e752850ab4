import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { simulatedClock } from '../clock.ts';
import { awsServer } from './aws/server.ts';
import { makeServerIdentity } from './certificate-authority.ts';
import { clusterNamed } from './control.ts';
import { defaultDurations } from './durations.ts';
import type { CallCount, Effect } from './effects.ts';
import { effectsLog } from './effects.ts';
import { kubernetesServer } from './kubernetes/server.ts';
import type { CloudOptions, ClusterSnapshot, Fault, PrincipalSeed } from './options.ts';
import { defaultCredentials } from './options.ts';
import { createRights, type RightsChange, type UsedRights } from './rights/rights.ts';
import { roleOfSession } from './world/access.ts';
import { type ActivityWish, setActivity } from './world/activity.ts';
import { beginFault, switchFault } from './world/fault-effects.ts';
import { faultSwitches } from './world/faults.ts';
import { newCluster, seedCluster } from './world/seed.ts';
import { endSessions } from './world/sessions.ts';
import { snapshotOf } from './world/snapshot.ts';
import type { Cluster, World } from './world/world.ts';

/** A running simulated cloud, as tests in the same process see it. The control API offers the same over HTTP. */
export type CloudSimulator = {
  /** Value for `AWS_ENDPOINT_URL`. */
  awsUrl: string;
  /** Base of the control API, e.g. `${controlUrl}/state?cluster=coast`. */
  controlUrl: string;
  /** Environment of a process that works in this cloud: endpoint and credentials. */
  environment: Record<string, string>;
  principals: PrincipalSeed[];
  /** Simulated epoch milliseconds. */
  now: () => number;
  snapshot: (cluster: string) => ClusterSnapshot;
  effects: () => Effect[];
  /** Calls back after every effect, until the returned function is called. */
  onEffect: (listener: () => void) => () => void;
  calls: () => CallCount[];
  setFault: (fault: Fault, on?: boolean) => void;
  setActivity: (cluster: string, count: number, wish?: ActivityWish) => void;
  /** Somebody with kubectl deletes it. */
  deleteObject: (cluster: string, path: string) => void;
  changeRights: (change: RightsChange) => void;
  /** What was granted to principals that are no admins since the last call. */
  takeUsedRights: () => UsedRights;
  /** The sessions of all roles end now. */
  endSessions: () => void;
  stop: () => Promise<void>;
};

export async function startCloudSimulator(options: CloudOptions): Promise<CloudSimulator> {
  const world = emptyWorld(options);
  const [identity, foreign] = await Promise.all([makeServerIdentity(), makeServerIdentity()]);
  const servers: Server[] = [];
  for (const seed of options.worlds) {
    const cluster = newCluster(seed, world.clock.now());
    const server = kubernetesServer(world, cluster, identity);
    servers.push(server);
    cluster.endpoint = `https://127.0.0.1:${await listen(server, 0)}`;
    cluster.certificateAuthority = identity.caPem;
    cluster.foreignAuthority = foreign.caPem;
    cluster.renewCertificate = renewal(cluster, server);
    seedCluster(world, cluster, seed);
    world.clusters.push(cluster);
  }
  // A cluster without access is seeded so.
  for (const fault of options.faults ?? [])
    if (fault.name !== 'no-access') beginFault(world, clusterNamed(world, fault.cluster), fault);
  const aws = awsServer(world);
  servers.push(aws);
  const awsUrl = `http://127.0.0.1:${await listen(aws, options.port ?? 0)}`;
  return {
    awsUrl,
    controlUrl: `${awsUrl}/_sim`,
    environment: environmentOf(world, awsUrl),
    changeRights: world.rights.change,
    deleteObject: (name, path) => void clusterNamed(world, name).objects.delete(path),
    takeUsedRights: world.rights.takeUsed,
    principals: world.principals.map(({ accessKeyId, secretAccessKey, arn }) => ({
      accessKeyId,
      secretAccessKey,
      arn,
    })),
    now: () => world.clock.now(),
    snapshot: (name) => snapshotOf(world, clusterNamed(world, name)),
    effects: () => world.log.effects(),
    onEffect: world.log.onEffect,
    calls: () => world.log.calls(),
    setFault: (fault, on = true) => switchFault(world, clusterNamed(world, fault.cluster), fault, on),
    setActivity: (name, count, wish) => setActivity(world, clusterNamed(world, name), count, wish),
    endSessions: () => endSessions(world),
    stop: async () => {
      await Promise.all(servers.map(close));
    },
  };
}

/** Making keys takes a moment: until then the old certificate and the old authority are there, together. */
function renewal(cluster: Cluster, server: HttpsServer): () => void {
  return () => {
    void makeServerIdentity().then(({ caPem, keyPem, certificatePem }) => {
      server.setSecureContext({ key: keyPem, cert: certificatePem });
      server.closeAllConnections();
      cluster.certificateAuthority = caPem;
    });
  };
}

function emptyWorld(options: CloudOptions): World {
  const clock = simulatedClock(options.clock);
  const account = options.worlds[0]?.account ?? '111122223333';
  const principals = options.principals ?? [
    { ...defaultCredentials, arn: `arn:aws:iam::${account}:user/eks-upgrade-bot` },
  ];
  return {
    clock,
    durations: { ...defaultDurations, ...options.durations },
    log: effectsLog(clock, options.effectsLog),
    faults: faultSwitches(clock, options.faults),
    rights: createRights(
      {
        ...Object.fromEntries(principals.map(({ arn, rights = 'upgrade' }) => [roleOfSession(arn), rights])),
        ...options.roleRights,
      },
      [...options.worlds.map(({ config }) => config.metadata.name), ...(options.policiesAlsoFor ?? [])],
    ),
    clusters: [],
    principals: principals.map((principal) => ({ ...principal, account: principal.arn.split(':')[4] ?? '' })),
    assumableRoles: options.assumableRoles ?? [],
  };
}

function environmentOf({ principals, clusters }: World, awsUrl: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: principals[0]?.accessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: principals[0]?.secretAccessKey ?? '',
    AWS_REGION: clusters[0]?.region ?? 'us-west-2',
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
