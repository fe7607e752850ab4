import type { RunId } from '#src/domain/run.ts';

/** Wake-up tickets. Losing one only costs time: the reconciler adds it again. */
export type WakeUps = {
  /** Have the run looked at now. */
  wakeRun: (runId: RunId) => Promise<void>;
  /** Have its Slack messages made equal to it. */
  syncSlack: (runId: RunId) => Promise<void>;
  /** Have its branch in git say how the cluster is. */
  pushConfig: (runId: RunId) => Promise<void>;
  /** Have its requested command run. */
  runCommand: (runId: RunId) => Promise<void>;
};
