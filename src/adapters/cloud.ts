import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Cloud, CloudOf } from '#src/ports/cloud.ts';
import type { Eks } from '#src/ports/eks.ts';
import type { Kubernetes } from '#src/ports/kubernetes.ts';
import type { NodeDrain } from '#src/ports/node-drain.ts';
import { createAutoScaling } from './auto-scaling.ts';
import type { AdapterLogger } from './aws-call.ts';
import {
  type AwsClients,
  type AwsPrincipal,
  type AwsSettings,
  type CredentialProvider,
  createAwsClients,
} from './aws-clients.ts';
import { createEks } from './eks.ts';
import { createIdentity } from './identity.ts';
import { createKubernetes } from './kubernetes.ts';
import { createKubernetesConnection } from './kubernetes-connection.ts';
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

type Room = { cloud: Cloud; clients: AwsClients; close: () => void };

/**
 * Makes the adapters of each cluster once, so that connections, credentials and what cannot change are kept. Clusters of
 * one account and region that are reached as the same principal share their AWS clients: a client is some 100 kB and has
 * connections of its own, and there are a thousand clusters.
 */
export function createCloudOf(deps: CloudDeps): ClusterClouds {
  const rooms = new Map<string, Room>();
  const shared = new Map<string, AwsClients>();
  const clientsOf: ClientsOf = ({ account }, principal) => {
    const key = JSON.stringify([account, principal]);
    const clients = shared.get(key) ?? createAwsClients(principal, deps);
    shared.set(key, clients);
    return clients;
  };
  const roomOf = (cluster: FleetCluster): Room => {
    // Two entries of the fleet may share a name in different regions or accounts.
    const key = JSON.stringify([cluster.name, cluster.region, cluster.account, cluster.roleArn, cluster.access]);
    const room = rooms.get(key) ?? openRoom(cluster, clientsOf, deps);
    rooms.set(key, room);
    return room;
  };
  return Object.assign((cluster: FleetCluster) => roomOf(cluster).cloud, {
    credentialsOf: (cluster: FleetCluster) => roomOf(cluster).clients.confirmedCredentials,
    close: () => {
      for (const room of rooms.values()) room.close();
      for (const clients of shared.values()) clients.close();
      rooms.clear();
      shared.clear();
    },
  });
}

type ClientsOf = (cluster: FleetCluster, principal: AwsPrincipal) => AwsClients;

function openRoom(cluster: FleetCluster, clientsOf: ClientsOf, deps: CloudDeps): Room {
  const { name, access, region, roleArn } = cluster;
  const { logger } = deps;
  const clients = clientsOf(cluster, { region, roleArn });
  const eks = createEks({ clients, cluster: name, logger });
  const own = connectAs({ clients, cluster: name, eks }, deps);
  const bootstrap =
    access?.kind === 'bootstrap-role'
      ? connectAs(
          { clients: clientsOf(cluster, { region, roleArn, bootstrapRole: access.roleArn }), cluster: name, eks },
          deps,
        )
      : null;
  const cloud: Cloud = {
    identity: createIdentity({ clients, cluster: name, logger }),
    eks,
    stacks: createNodeGroupStacks({ clients, cluster: name, logger }),
    nodeRoles: createNodeRoles({ clients, cluster: name, logger }),
    autoScaling: createAutoScaling({ clients, cluster: name, logger }),
    kubernetes: own.kubernetes,
    drain: own.drain,
    bootstrap: bootstrap?.kubernetes ?? null,
  };
  return {
    cloud,
    clients,
    close: () => {
      own.close();
      bootstrap?.close();
    },
  };
}

/** The cluster's API server, as whoever these clients are. */
function connectAs(
  { clients, cluster, eks }: { clients: AwsClients; cluster: string; eks: Eks },
  { logger, version }: CloudDeps,
): { kubernetes: Kubernetes; drain: NodeDrain; close: () => void } {
  const tokens = createTokenSource({ clients, cluster });
  const connection = createKubernetesConnection({
    cluster,
    eks,
    tokens,
    userAgent: `eks-upgrade-bot/${version}`,
    logger,
  });
  return {
    kubernetes: createKubernetes(connection),
    drain: createNodeDrain(connection),
    close: () => connection.close(),
  };
}
