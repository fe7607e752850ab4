import type { Durations } from '#test/simulators/cloud/durations.ts';

const SECOND = 1000;

/**
 * A cloud that is quick with what a run only waits for: that costs a scenario its polls, each a dozen calls. Nodes join as
 * slowly as ever. Where something has to happen while an update is under way, a world takes `durations: {}`, the usual
 * ones (test/simulators/cloud/durations.ts).
 */
export const QUICK: Partial<Durations> = {
  controlPlaneUpdate: 90 * SECOND,
  unauthorizedAfterUpdate: 15 * SECOND,
  stackCreate: 90 * SECOND,
  instanceLaunch: 20 * SECOND,
  stackRollback: 30 * SECOND,
  stackDelete: 60 * SECOND,
  emptyStackDelete: 30 * SECOND,
  addonUpdate: 10 * SECOND,
  rolloutBase: 10 * SECOND,
  rolloutPerPod: 2 * SECOND,
  rolloutMax: 20 * SECOND,
  managedUpdateBase: 30 * SECOND,
  managedUpdatePerNode: 30 * SECOND,
};
