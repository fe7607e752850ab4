import type { FailedLaunch, ScalingGroup } from '#src/domain/empty-group-proof.ts';

/** The Auto Scaling groups behind node groups that eksctl made. Errors as in `eks.ts`. */
export type AutoScaling = {
  /** Those that these stacks made; one that is being deleted is left out. */
  groupsOf: (stackNames: string[]) => Promise<ScalingGroup[]>;
  /** All that say by their tag that they are the cluster's, also those that eksctl did not make. */
  ofCluster: (cluster: string) => Promise<ClusterScalingGroup[]>;
  setDesired: (request: { group: string; desired: number }) => Promise<void>;
  /**
   * Terminates this one instance and lowers the desired size by one from whatever it is at that moment: what somebody
   * else raised meanwhile stays, and so do their instances.
   */
  removeInstance: (instanceId: string) => Promise<void>;
  /** Launches that failed since then (epoch milliseconds), newest first. */
  failedLaunches: (group: string, since: number) => Promise<FailedLaunch[]>;
};

/** `stackName` null: CloudFormation did not make it. `managed`: EKS did, for a managed node group. */
export type ClusterScalingGroup = {
  name: string;
  stackName: string | null;
  managed: boolean;
  sizes: { min: number; max: number };
};
