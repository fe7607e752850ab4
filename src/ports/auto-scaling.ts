import type { FailedLaunch, ScalingGroup } from '#src/domain/empty-group-proof.ts';

/** The Auto Scaling groups behind node groups that eksctl made. Errors as in `eks.ts`. */
export type AutoScaling = {
  /** Those that these stacks made; one that is being deleted is left out. */
  groupsOf: (stackNames: string[]) => Promise<ScalingGroup[]>;
  setDesired: (request: { group: string; desired: number }) => Promise<void>;
  /**
   * Terminates this one instance and lowers the desired size by one from whatever it is at that moment: what somebody
   * else raised meanwhile stays, and so do their instances.
   */
  removeInstance: (instanceId: string) => Promise<void>;
  /** Launches that failed since then (epoch milliseconds), newest first. */
  failedLaunches: (group: string, since: number) => Promise<FailedLaunch[]>;
};
