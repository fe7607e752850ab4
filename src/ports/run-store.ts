import type { Run, RunId } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';

/**
 * Runs, their events and the ownership of clusters. Every change is one atomic commit: the state, the events that led
 * to it, the wake-up time and the cluster's ownership change together or not at all.
 */
export type RunStore = {
  /** Takes the cluster's ownership with the run, or says who holds it. */
  create: (run: Run, wakeAt: number) => Promise<{ kind: 'created' } | { kind: 'held'; holder: RunId }>;
  /** null: no such run. Throws InternalError when what is stored cannot be read. */
  read: (id: RunId) => Promise<Run | null>;
  /** A worker takes the run in hand: every earlier claim is void from now on. null: no such run. */
  claim: (id: RunId) => Promise<Claim | null>;
  /**
   * Applies the events that `decide` finds right for the run as it is now; asked again when somebody else changed it
   * in between, so `decide` must be pure. No events: nothing is written. With a claim: throws `ClaimLost` (a
   * TransientError) once a newer claim exists.
   */
  change: (request: ChangeRequest) => Promise<Run>;
  /** Says when to look again at a run that did not change (run time). Nothing happens once a newer claim exists. */
  park: (claim: Pick<Claim, 'runId' | 'epoch'>, wakeAt: number) => Promise<void>;
  /** Still the newest claim? Asked right before every act that cannot be undone. */
  holds: (claim: Pick<Claim, 'runId' | 'epoch'>) => Promise<boolean>;
  /** The run that owns the cluster now. */
  ownerOf: (cluster: string) => Promise<RunId | null>;
  /**
   * For who asks for the cluster: the owner, once it is certain that no failover forgets it, which takes two seconds at
   * most. Throws TransientError `HolderUncertain` after that.
   */
  lastingOwnerOf: (cluster: string) => Promise<RunId | null>;
  /** The owner, or else the newest run of the cluster. */
  latestOf: (cluster: string) => Promise<RunId | null>;
  /** All runs that own a cluster. */
  owners: () => Promise<RunId[]>;
  /** How many those are. */
  ownedClusters: () => Promise<number>;
  /** Counts wake-ups: a worker that parks compares it to see whether one came while it worked. */
  wakeSeq: (id: RunId) => Promise<number>;
  bumpWakeSeq: (id: RunId) => Promise<void>;
  /** Runs whose wake-up time has come (run time). */
  due: (now: number) => Promise<RunId[]>;
  /** Runs whose Slack messages may not show their state yet. */
  unsynced: () => Promise<RunId[]>;
  /** Runs whose branch in git does not say yet how the cluster is (`wantedPush`). */
  unpushed: () => Promise<RunId[]>;
  /** The audit log, oldest first. */
  events: (id: RunId) => Promise<RunEvent[]>;
};

export type Claim = { runId: RunId; epoch: number; wakeSeq: number; run: Run };

export type ChangeRequest = {
  runId: RunId;
  claim: Pick<Claim, 'epoch'> | null;
  decide: (run: Run) => RunEvent[];
  /** When the run should be looked at again (run time); null keeps what is stored. */
  wakeAt: number | null;
};
