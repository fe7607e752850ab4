import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Cloud, CloudOf } from '#src/ports/cloud.ts';
import type { AdapterLogger } from './aws-call.ts';
import { type AwsClients, type AwsSettings, type CredentialProvider, createAwsClients } from './aws-clients.ts';
import { createEks } from './eks.ts';
import { createIdentity } from './identity.ts';
import { createKubernetes } from './kubernetes.ts';
import { createKubernetesConnection } from './kubernetes-connection.ts';
import { createTokenSource } from './kubernetes-token.ts';
import { createNodeGroupStacks } from './node-group-stacks.ts';
import { createNodeRoles } from './node-roles.ts';

export type CloudDeps = AwsSettings & { logger: AdapterLogger };

/** A `CloudOf` that also gives eksctl the cluster's credentials, and can be closed. */
export type ClusterClouds = CloudOf & {
  /** The same credentials that the cluster's adapters use, refreshed as they expire. */
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
  const clientsOf = ({ region, account, roleArn }: FleetCluster): AwsClients => {
    const key = JSON.stringify([region, account, roleArn]);
    const clients = shared.get(key) ?? createAwsClients({ region, roleArn }, deps);
    shared.set(key, clients);
    return clients;
  };
  const roomOf = (cluster: FleetCluster): Room => {
    // Two entries of the fleet may share a name in different regions or accounts.
    const key = JSON.stringify([cluster.name, cluster.region, cluster.account, cluster.roleArn]);
    const room = rooms.get(key) ?? openRoom(cluster, clientsOf(cluster), deps);
    rooms.set(key, room);
    return room;
  };
  return Object.assign((cluster: FleetCluster) => roomOf(cluster).cloud, {
    credentialsOf: (cluster: FleetCluster) => roomOf(cluster).clients.credentials,
    close: () => {
      for (const room of rooms.values()) room.close();
      for (const clients of shared.values()) clients.close();
      rooms.clear();
      shared.clear();
    },
  });
}

function openRoom({ name: cluster }: FleetCluster, clients: AwsClients, { logger, version }: CloudDeps): Room {
  const eks = createEks({ clients, cluster, logger });
  const tokens = createTokenSource({ clients, cluster });
  const connection = createKubernetesConnection({
    cluster,
    eks,
    tokens,
    userAgent: `eks-upgrade-bot/${version}`,
    logger,
  });
  const cloud: Cloud = {
    identity: createIdentity({ clients, cluster, logger }),
    eks,
    stacks: createNodeGroupStacks({ clients, cluster, logger }),
    nodeRoles: createNodeRoles({ clients, cluster, logger }),
    kubernetes: createKubernetes(connection),
  };
  return { cloud, clients, close: () => connection.close() };
}
