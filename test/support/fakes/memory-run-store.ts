import { wantedPush } from '#src/domain/config-push.ts';
import { InternalError, TransientError } from '#src/domain/errors.ts';
import { evolve } from '#src/domain/evolve.ts';
import { hasEnded, type Run, type RunId } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { RunStore } from '#src/ports/run-store.ts';

type Row = { run: Run; epoch: number; rev: number; wake: number; wakeAt: number; events: RunEvent[] };

/** The run store's rules without Redis. `rows` may be read and set by a test; `meanwhile` runs inside the next change. */
export type MemoryRunStore = RunStore & {
  rows: Map<RunId, Row>;
  put: (run: Run) => void;
  runNow: (id: RunId) => Run;
  revision: (id: RunId) => number;
  unsyncedRuns: Set<RunId>;
  /** Somebody commits between the next change's read and its write: that change has to decide again. */
  meanwhile: (commit: () => void) => void;
  apply: (id: RunId, ...events: RunEvent[]) => void;
};

export function memoryRunStore(): MemoryRunStore {
  const rows = new Map<RunId, Row>();
  const owner = new Map<string, RunId>();
  const latest = new Map<string, RunId>();
  const unsyncedRuns = new Set<RunId>();
  let between: (() => void) | null = null;
  const rowOf = (id: RunId): Row => {
    const row = rows.get(id);
    if (row === undefined) throw new InternalError('RunNotFound', `run ${id} is not there`);
    return row;
  };
  const commit = (row: Row, events: RunEvent[]): void => {
    row.run = structuredClone(events.reduce(evolve, row.run));
    row.rev += 1;
    row.events.push(...events);
    unsyncedRuns.add(row.run.id);
    if (hasEnded(row.run) && owner.get(row.run.cluster) === row.run.id) owner.delete(row.run.cluster);
  };
  const put = (run: Run): void => {
    rows.set(run.id, { run: structuredClone(run), epoch: 0, rev: 1, wake: 0, wakeAt: run.requestedAt, events: [] });
    if (!hasEnded(run)) owner.set(run.cluster, run.id);
    latest.set(run.cluster, run.id);
    unsyncedRuns.add(run.id);
  };
  return {
    rows,
    put,
    runNow: (id) => rowOf(id).run,
    revision: (id) => rows.get(id)?.rev ?? 0,
    unsyncedRuns,
    meanwhile: (act) => {
      between = act;
    },
    apply: (id, ...events) => commit(rowOf(id), events),
    create: async (run) => {
      const holder = owner.get(run.cluster);
      if (holder !== undefined) return { kind: 'held', holder };
      put(run);
      return { kind: 'created' };
    },
    read: async (id) => structuredClone(rows.get(id)?.run ?? null),
    claim: async (id) => {
      const row = rows.get(id);
      if (row === undefined) return null;
      row.epoch += 1;
      return { runId: id, epoch: row.epoch, wakeSeq: row.wake, run: structuredClone(row.run) };
    },
    change: async ({ runId, claim, decide, wakeAt }) => {
      for (;;) {
        const row = rowOf(runId);
        const { rev } = row;
        const events = decide(structuredClone(row.run));
        between?.();
        between = null;
        if (events.length === 0) return structuredClone(row.run);
        if (claim !== null && claim.epoch !== row.epoch)
          throw new TransientError('ClaimLost', 'another worker has the run');
        if (row.rev !== rev) continue;
        commit(row, events);
        if (wakeAt !== null) row.wakeAt = wakeAt;
        return structuredClone(row.run);
      }
    },
    park: async ({ runId, epoch }, wakeAt) => {
      const row = rowOf(runId);
      if (row.epoch === epoch) row.wakeAt = wakeAt;
    },
    holds: async ({ runId, epoch }) => rowOf(runId).epoch === epoch,
    ownerOf: async (cluster) => owner.get(cluster) ?? null,
    lastingOwnerOf: async (cluster) => owner.get(cluster) ?? null,
    latestOf: async (cluster) => latest.get(cluster) ?? null,
    owners: async () => [...owner.values()],
    ownedClusters: async () => owner.size,
    wakeSeq: async (id) => rowOf(id).wake,
    bumpWakeSeq: async (id) => {
      rowOf(id).wake += 1;
    },
    due: async (now) => [...rows].filter(([, row]) => !hasEnded(row.run) && row.wakeAt <= now).map(([id]) => id),
    unsynced: async () => [...unsyncedRuns],
    unpushed: async () => [...rows].filter(([, { run }]) => wantedPush(run) !== null).map(([id]) => id),
    events: async (id) => structuredClone(rowOf(id).events),
  };
}
