import type { RunId } from '#src/domain/run.ts';

/** What is known to stand in Slack for a run. `posting` is written before a post: found later, the answer was lost. */
export type MessageLedger = {
  read: (runId: RunId) => Promise<Record<string, MessageRecord>>;
  save: (runId: RunId, key: string, record: MessageRecord) => Promise<void>;
  /**
   * Writes `posting` before a post, or after one that failed, and the new text after an edit. False, and nothing is written,
   * when the record is no longer as it was read: of two workers that come to the same message at once, one posts it; and what
   * was put in doubt during an edit stays so.
   */
  replace: (
    runId: RunId,
    key: string,
    change: { before: MessageRecord | undefined; record: MessageRecord },
  ) => Promise<boolean>;
  /**
   * Whether another Redis answers than before (a restart, a failover): its last writes may be gone. Runs in progress are
   * doubtful then, and unsynced.
   */
  noticeRestart: (now: number) => Promise<void>;
  /** What stands in Slack for this run may not be what is noted here. */
  isDoubtful: (runId: RunId) => Promise<boolean>;
  trust: (runId: RunId) => Promise<void>;
  /** These messages are edited, whatever is noted of them. */
  doubt: (runId: RunId, keys: readonly string[]) => Promise<void>;
  /** Since when (run time) messages of this run may stand in Slack of which nothing is noted; null: there are none. */
  forgottenSince: (runId: RunId, now: number) => Promise<number | null>;
  /** The message is not there any more. */
  forget: (runId: RunId, key: string) => Promise<void>;
  /** The projection equals the run as of `revision`; later changes keep it unsynced. */
  markSynced: (runId: RunId, revision: number) => Promise<void>;
  /** Something was committed that the projection does not show yet. */
  isBehind: (runId: RunId) => Promise<boolean>;
  revision: (runId: RunId) => Promise<number>;
  /** Takes `lane` for the next `gapMs` (run time) and returns 0, or says how long it is taken yet. */
  reserve: (lane: string, gapMs: number, now: number) => Promise<number>;
  /** Keeps `lane` for `ms` (run time) from now on, whoever had it: Slack said to wait. */
  pause: (lane: string, ms: number, now: number) => Promise<void>;
  /** Since when Slack has not taken messages, or null. */
  outageSince: () => Promise<number | null>;
  outage: () => Promise<Outage | null>;
  /** `why`: what a person can do about it; null when there is nothing but to wait. */
  noteOutage: (now: number, why: string | null) => Promise<void>;
  noteAnswer: () => Promise<void>;
};

export type Outage = { since: number; why: string | null };

/** `inHand`: since when a worker is at the post (run time); absent: none is. */
export type Posting = { kind: 'posting'; since: number; inHand?: number };

export type Posted = { kind: 'posted'; ts: string; contentHash: string };

export type MessageRecord = Posting | Posted;
