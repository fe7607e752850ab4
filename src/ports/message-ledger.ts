import type { RunId } from '#src/domain/run.ts';

/** What is known to stand in Slack for a run. `posting` is written before a post: found later, the answer was lost. */
export type MessageLedger = {
  read: (runId: RunId) => Promise<Record<string, MessageRecord>>;
  save: (runId: RunId, key: string, record: MessageRecord) => Promise<void>;
  /** The message is not there any more. */
  forget: (runId: RunId, key: string) => Promise<void>;
  /** The projection equals the run as of `revision`; later changes keep it unsynced. */
  markSynced: (runId: RunId, revision: number) => Promise<void>;
  /** Something was committed that the projection does not show yet. */
  isBehind: (runId: RunId) => Promise<boolean>;
  revision: (runId: RunId) => Promise<number>;
  /** Takes `lane` for the next `gapMs` (run time) and returns 0, or says how long it is taken yet. */
  reserve: (lane: string, gapMs: number, now: number) => Promise<number>;
  /** Since when Slack has not answered, or null. */
  outageSince: () => Promise<number | null>;
  noteOutage: (now: number) => Promise<void>;
  noteAnswer: () => Promise<void>;
};

export type MessageRecord =
  | { kind: 'posting'; since: number }
  | { kind: 'posted'; ts: string; contentHash: string };
