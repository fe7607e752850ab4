import type { RunId } from '#src/domain/run.ts';
import type { MessageLedger, MessageRecord } from '#src/ports/message-ledger.ts';
import type { MemoryRunStore } from './memory-run-store.ts';

export type MemoryLedger = MessageLedger & {
  records: Map<RunId, Record<string, MessageRecord>>;
  /** Since when Slack has not taken messages; sets `outageSince`. */
  away: number | null;
  why: string | null;
  doubtful: Set<RunId>;
  /** For every run. */
  forgotten: number | null;
};

/** What stands in Slack, as far as the bot knows. */
export function memoryLedger(store: MemoryRunStore): MemoryLedger {
  const records = new Map<RunId, Record<string, MessageRecord>>();
  const lanes = new Map<string, number>();
  const ledger: MemoryLedger = {
    records,
    away: null,
    why: null,
    doubtful: new Set(),
    forgotten: null,
    read: async (runId) => structuredClone(records.get(runId) ?? {}),
    save: async (runId, key, record) => {
      records.set(runId, { ...records.get(runId), [key]: record });
    },
    replace: async (runId, key, { before, record }) => {
      const stands = records.get(runId)?.[key];
      if (JSON.stringify(stands) !== JSON.stringify(before)) return false;
      records.set(runId, { ...records.get(runId), [key]: record });
      return true;
    },
    markSynced: async (runId, revision) => {
      if (store.revision(runId) === revision) store.unsyncedRuns.delete(runId);
    },
    isBehind: async (runId) => store.unsyncedRuns.has(runId),
    revision: async (runId) => store.revision(runId),
    reserve: async (lane, gapMs, now) => {
      const free = lanes.get(lane) ?? 0;
      if (free > now) return free - now;
      lanes.set(lane, now + gapMs);
      return 0;
    },
    noticeRestart: async () => undefined,
    isDoubtful: async (runId) => ledger.doubtful.has(runId),
    doubt: async (runId, keys) => {
      for (const [key, record] of Object.entries(records.get(runId) ?? {}))
        if (keys.includes(key) && record.kind === 'posted') record.contentHash = '';
    },
    trust: async (runId) => void ledger.doubtful.delete(runId),
    forgottenSince: async () => ledger.forgotten,
    forget: async (runId, key) => {
      const record = ledger.records.get(runId);
      if (record !== undefined) delete record[key];
    },
    pause: async (lane, ms, now) => void lanes.set(lane, Math.max(lanes.get(lane) ?? 0, now + ms)),
    outageSince: async () => ledger.away,
    outage: async () => (ledger.away === null ? null : { since: ledger.away, why: ledger.why }),
    noteOutage: async (now, why) => {
      ledger.away ??= now;
      ledger.why = why;
    },
    noteAnswer: async () => {
      ledger.away = null;
      ledger.why = null;
    },
  };
  return ledger;
}
