import type { RunId, UserId } from '#src/domain/run.ts';

/**
 * Runs that cannot be read, because what is stored is broken or of a version that this bot does not know. Nobody works
 * on them, and each keeps its cluster: what it did there is not known to be finished.
 */
export type SetAsides = {
  /** false: it was set aside already, or owns no cluster any more. */
  setAside: (run: { runId: RunId; why: string; at: number }) => Promise<boolean>;
  list: () => Promise<SetAside[]>;
  /** A run that can be read again is looked at from `wakeAt` on. */
  takeBack: (id: RunId, wakeAt: number) => Promise<void>;
  /** Takes the cluster from the run that owns it, without asking the run; false: it did not own the cluster any more. */
  release: (owner: { cluster: string; runId: RunId; by: UserId; at: number }) => Promise<boolean>;
};

export type SetAside = { runId: RunId; cluster: string; why: string; at: number };
