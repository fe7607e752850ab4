import type { RunId } from '#src/domain/run.ts';

/** What is known to stand in Slack for a run. `posting` is written before a post: found later, the answer was lost. */
export type MessageLedger = {
  read: (runId: RunId) => Promise<Record<string, MessageRecord>>;
  save: (runId: RunId, key: string, record: MessageRecord) => Promise<void>;
  /** The projection equals the run as of `revision`; later changes keep it unsynced. */
  markSynced: (runId: RunId, revision: number) => Promise<void>;
  revision: (runId: RunId) => Promise<number>;
  /** Reserves the next moment (run time) at which `lane` may be used, `gapMs` after the one before; returns how long to wait. */
  reserve: (lane: string, gapMs: number, now: number) => Promise<number>;
  /** Since when Slack has not answered, or null. */
  outageSince: () => Promise<number | null>;
  noteOutage: (now: number) => Promise<void>;
  noteAnswer: () => Promise<void>;
};

export type MessageRecord =
  | { kind: 'posting'; since: number }
  | { kind: 'posted'; ts: string; contentHash: string };
