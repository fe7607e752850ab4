import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Cloud, CloudOf, CloudSight, SightOf } from '#src/ports/cloud.ts';
import { createAutoScaling } from './auto-scaling.ts';
import type { AdapterLogger } from './aws-call.ts';
import {
  type AwsClients,
  type AwsPrincipal,
  type AwsSettings,
  type CredentialProvider,
  createAwsClients,
} from './aws-clients.ts';
import { createEks, createEksSight } from './eks.ts';
import { createIdentity } from './identity.ts';
import { createKubernetes, createKubernetesSight } from './kubernetes.ts';
import { createKubernetesConnection, type KubernetesConnection } from './kubernetes-connection.ts';
import { createNodeDrain } from './kubernetes-drain.ts';
import { createTokenSource } from './kubernetes-token.ts';
import { createNodeGroupStacks } from './node-group-stacks.ts';
import { createNodeRoles } from './node-roles.ts';

export type CloudDeps = AwsSettings & { logger: AdapterLogger };

/** A `CloudOf` that also gives eksctl the cluster's credentials, and can be closed. */
export type ClusterClouds = CloudOf & {
  /** The same credentials that the cluster's adapters use, refreshed as they expire, and good when they are handed out. */
  credentialsOf: (cluster: FleetCluster) => CredentialProvider;
  /** Closes every connection; calls in flight end first where they can. */
  close: () => void;
};

/** A `SightOf` that can be closed. */
export type ClusterSights = SightOf & { close: () => void };

type Room<C> = { cloud: C; clients: AwsClients; close: () => void };

export function createCloudOf(deps: CloudDeps): ClusterClouds {
  const { roomOf, close } = createRooms(deps, openRoom);
  return Object.assign((cluster: FleetCluster): Cloud => roomOf(cluster).cloud, {
    credentialsOf: (cluster: FleetCluster) => roomOf(cluster).clients.confirmedCredentials,
    close,
  });
}

/** For a bot that only looks: what could change a cluster is not made. */
export function createSightOf(deps: CloudDeps): ClusterSights {
  const { roomOf, close } = createRooms(deps, openSight);
  return Object.assign((cluster: FleetCluster): CloudSight => roomOf(cluster).cloud, { close });
}

type Open<C> = (cluster: FleetCluster, clientsOf: ClientsOf, deps: CloudDeps) => Room<C>;

/**
 * Makes the adapters of each cluster once, so that connections, credentials and what cannot change are kept. Clusters of
 * one account and region that are reached as the same principal share their AWS clients: a client is some 100 kB and has
 * connections of its own, and there are a thousand clusters.
 */
function createRooms<C>(
  deps: CloudDeps,
  open: Open<C>,
): { roomOf: (cluster: FleetCluster) => Room<C>; close: () => void } {
  const rooms = new Map<string, Room<C>>();
  const shared = new Map<string, AwsClients>();
  const clientsOf: ClientsOf = ({ account }, principal) => {
    const key = JSON.stringify([account, principal]);
    const clients = shared.get(key) ?? createAwsClients(principal, deps);
    shared.set(key, clients);
    return clients;
  };
  const roomOf = (cluster: FleetCluster): Room<C> => {
    // Two entries of the fleet may share a name in different regions or accounts.
    const key = JSON.stringify([cluster.name, cluster.region, cluster.account, cluster.roleArn, cluster.access]);
    const room = rooms.get(key) ?? open(cluster, clientsOf, deps);
    rooms.set(key, room);
    return room;
  };
  return {
    roomOf,
    close: () => {
      for (const room of rooms.values()) room.close();
      for (const clients of shared.values()) clients.close();
      rooms.clear();
      shared.clear();
    },
  };
}

type ClientsOf = (cluster: FleetCluster, principal: AwsPrincipal) => AwsClients;

function openRoom(cluster: FleetCluster, clientsOf: ClientsOf, deps: CloudDeps): Room<Cloud> {
  const { clients, own, bootstrap, close } = connectionsOf(cluster, clientsOf, deps);
  const { name } = cluster;
  const cloud: Cloud = {
    ...commonParts(clients, name, deps),
    eks: createEks({ clients, cluster: name, logger: deps.logger }),
    autoScaling: createAutoScaling({ clients, cluster: name, logger: deps.logger }),
    kubernetes: createKubernetes(own),
    drain: createNodeDrain(own),
    bootstrap: bootstrap === null ? null : createKubernetes(bootstrap),
  };
  return { cloud, clients, close };
}

function openSight(cluster: FleetCluster, clientsOf: ClientsOf, deps: CloudDeps): Room<CloudSight> {
  const { clients, own, bootstrap, close } = connectionsOf(cluster, clientsOf, deps);
  const { name } = cluster;
  const cloud: CloudSight = {
    ...commonParts(clients, name, deps),
    eks: createEksSight({ clients, cluster: name, logger: deps.logger }),
    autoScaling: { ofCluster: createAutoScaling({ clients, cluster: name, logger: deps.logger }).ofCluster },
    kubernetes: createKubernetesSight(own),
    bootstrap: bootstrap === null ? null : createKubernetesSight(bootstrap),
  };
  return { cloud, clients, close };
}

function connectionsOf(cluster: FleetCluster, clientsOf: ClientsOf, deps: CloudDeps) {
  const { name, access, region, roleArn } = cluster;
  const clients = clientsOf(cluster, { region, roleArn });
  const own = connectAs(clients, name, deps);
  const bootstrap =
    access?.kind === 'bootstrap-role'
      ? connectAs(clientsOf(cluster, { region, roleArn, bootstrapRole: access.roleArn }), name, deps, clients)
      : null;
  const close = (): void => {
    own.close();
    bootstrap?.close();
  };
  return { clients, own, bootstrap, close };
}

function commonParts(clients: AwsClients, cluster: string, { logger }: CloudDeps) {
  return {
    identity: createIdentity({ clients, cluster, logger }),
    stacks: createNodeGroupStacks({ clients, cluster, logger }),
    nodeRoles: createNodeRoles({ clients, cluster, logger }),
  };
}

/** The cluster's API server as whoever these clients are; where it is, EKS says to `eksClients`. */
function connectAs(
  clients: AwsClients,
  cluster: string,
  { logger, version }: CloudDeps,
  eksClients = clients,
): KubernetesConnection {
  return createKubernetesConnection({
    cluster,
    eks: createEksSight({ clients: eksClients, cluster, logger }),
    tokens: createTokenSource({ clients, cluster }),
    userAgent: `eks-upgrade-bot/${version}`,
    logger,
  });
}
