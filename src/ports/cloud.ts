import type { FleetCluster } from '#src/domain/fleet.ts';
import type { AutoScaling } from './auto-scaling.ts';
import type { Eks, EksSight } from './eks.ts';
import type { Identity } from './identity.ts';
import type { Kubernetes, KubernetesSight } from './kubernetes.ts';
import type { NodeDrain } from './node-drain.ts';
import type { NodeGroupStacks } from './node-group-stacks.ts';
import type { NodeRoles } from './node-roles.ts';

/** Everything outside that concerns one cluster, with that cluster's region and credentials. */
export type Cloud = {
  identity: Identity;
  eks: Eks;
  stacks: NodeGroupStacks;
  nodeRoles: NodeRoles;
  autoScaling: AutoScaling;
  /** Connects with endpoint and CA from DescribeCluster; looked up again after a 401, a TLS or a connection error. */
  kubernetes: Kubernetes;
  /** The same cluster, as the role that the fleet file names for the bot's mapping; null: it names none. */
  bootstrap: Kubernetes | null;
  /** The same connection. */
  drain: NodeDrain;
};

export type CloudOf = (cluster: FleetCluster) => Cloud;

/** The same without a way to change anything: all that a bot with MODE=observe has of a cluster. */
export type CloudSight = Pick<Cloud, 'identity' | 'stacks' | 'nodeRoles'> & {
  eks: EksSight;
  autoScaling: Pick<AutoScaling, 'ofCluster'>;
  kubernetes: KubernetesSight;
  bootstrap: KubernetesSight | null;
};

export type SightOf = (cluster: FleetCluster) => CloudSight;
