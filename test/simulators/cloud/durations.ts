const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How long things take, in simulated milliseconds. Sources: README.md, "Durations". */
export type Durations = {
  controlPlaneUpdate: number;
  /** The API server answers 401 after a hop. */
  unauthorizedAfterUpdate: number;
  stackCreate: number;
  /** From CreateStack to the launch of the first instance. */
  instanceLaunch: number;
  /** From launch to registration, once the role is mapped. */
  nodeJoin: number;
  /** From registration to Ready. */
  nodeReady: number;
  stackRollback: number;
  emptyStackDelete: number;
  stackDelete: number;
  addonUpdate: number;
  /** From when a pod finds its next node until it is Ready there, its image pulled. */
  podStart: number;
  /** A rollout takes this plus `rolloutPerPod` a pod, at most `rolloutMax`. */
  rolloutBase: number;
  rolloutPerPod: number;
  rolloutMax: number;
  managedUpdateBase: number;
  managedUpdatePerNode: number;
  /** From SetDesiredCapacity to the launch of the instance. */
  scaleOut: number;
  /** From the termination of an instance by Auto Scaling until its node is gone. */
  scaleIn: number;
};

export const defaultDurations: Durations = {
  controlPlaneUpdate: 10 * MINUTE,
  unauthorizedAfterUpdate: MINUTE,
  stackCreate: 4 * MINUTE + 30 * SECOND,
  instanceLaunch: 3 * MINUTE,
  nodeJoin: 50 * SECOND,
  nodeReady: 20 * SECOND,
  stackRollback: 2 * MINUTE,
  emptyStackDelete: 40 * SECOND,
  stackDelete: 3 * MINUTE,
  addonUpdate: 30 * SECOND,
  podStart: 40 * SECOND,
  rolloutBase: 25 * SECOND,
  rolloutPerPod: 5 * SECOND,
  rolloutMax: MINUTE,
  managedUpdateBase: 2 * MINUTE,
  managedUpdatePerNode: 5 * MINUTE,
  scaleOut: 15 * SECOND,
  scaleIn: 30 * SECOND,
};
