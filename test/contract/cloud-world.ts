import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Cloud } from '#src/ports/cloud.ts';

/**
 * A cloud as the contract suites need it, whoever plays it. Two clusters:
 * - `coast`: 1.22, role mapping by aws-auth, self-managed groups `core-a` (one node) and `nb-small`, `dask-worker`
 *   (none but those of 3 users' pods), its core add-ons self-managed;
 * - `harbor`: 1.33, managed group `workers` (2 nodes), its core add-ons of EKS.
 */
export type CloudWorld = {
  cloudOf: (cluster: FleetCluster) => Cloud;
  coast: FleetCluster;
  harbor: FleetCluster;
  /** Something goes wrong with a cluster from now on. */
  break: (cluster: string, what: WorldFault) => void;
  /** Somebody replaces aws-node of `coast` by another image, as `eksctl utils update-aws-node` does. */
  replaceAwsNode: () => Promise<void>;
  /** What was done to nodes of a cluster so far, e.g. `node-tainted key:NoSchedule`. */
  nodeEffects: (cluster: string) => string[];
  close: () => Promise<void>;
};

export type WorldFault =
  | 'no-capacity'
  | 'update-fails'
  | 'update-by-someone-else'
  | 'no-access'
  | 'aws-node-run-as-non-root';

/** `speed`: simulated milliseconds in a real one; by default so that ten minutes pass in less than a second. */
export type MakeWorld = (options?: { speed?: number }) => Promise<CloudWorld>;

export const ACCOUNT = '111122223333';

export function fleetCluster(name: string, more: Partial<FleetCluster> = {}): FleetCluster {
  return {
    name,
    region: 'us-west-2',
    account: ACCOUNT,
    roleArn: null,
    access: null,
    config: { remote: 'https://git.example/clusters', branch: 'main', path: `${name}.jsonnet` },
    coreGroups: ['core-*'],
    skewPolicy: 'supported',
    allowAmiFamilyChange: false,
    healthUrls: [],
    proveEmptyGroups: 'none',
    core: { drain: true },
    ...more,
  };
}
