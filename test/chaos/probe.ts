import { appendFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '#src/domain/run.ts';
import { type Order, STALLED } from './points.ts';

/** How the wrapped ports tell that they go outside. Lives in the process that is to be hit. */
export type Probe = {
  /** An outside call: reported before and after, whatever comes of it. */
  around: <T>(call: string, work: () => Promise<T>, options?: CallOptions) => Promise<T>;
  /** For calls whose "before" is found out inside them, such as a commit that may write nothing. */
  before: (call: string, options?: CallOptions) => void;
  after: (call: string) => void;
  /** The same name once more is another call, up to a second time: `name#1`, `name#2`. All later ones are like the second. */
  numbered: (name: string) => string;
  /** A name with where the run stood at its latest claim. */
  here: (name: string) => string;
  /** The run was read anew: from here on calls belong to where it stands now. */
  stands: (run: Run) => void;
};

export type CallOptions = {
  /** Effects in the cloud's log so far, when those of this call are to be told one by one. */
  effects?: () => Promise<number>;
  /** A guard of the product stands behind this call: also tried with a process that is stopped here and goes on later. */
  stalls?: boolean;
};

const LOOK_MS = 2;

export function createProbe(order: Order): Probe {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  let place = 'request';
  const before = (call: string, { stalls = false }: CallOptions = {}): void => {
    const isNew = !seen.has(call);
    seen.add(call);
    if (order.kind === 'record' && isNew)
      appendFileSync(order.file, `${JSON.stringify({ call, effects: 0, stalls })}\n`);
    if (order.kind !== 'strike' || order.point.call !== call || !isNew) return;
    if (order.point.side === 'before') die();
    if (order.point.side === 'stalled-before') fallAsleep();
  };
  const after = (call: string): void => {
    if (order.kind === 'strike' && order.point.call === call && order.point.side === 'after') die();
  };
  return {
    before,
    after,
    around: async (call, work, options = {}) => {
      const isNew = !seen.has(call);
      before(call, options);
      try {
        if (options.effects === undefined || !isNew) return await work();
        return await watched(order, { call, work, effects: options.effects });
      } finally {
        after(call);
      }
    },
    numbered: (name) => {
      const count = Math.min((counts.get(name) ?? 0) + 1, 2);
      counts.set(name, count);
      return `${name}#${count}`;
    },
    here: (name) => `${name} @ ${place}`,
    stands: (run) => {
      place = placeOf(run);
    },
  };
}

type Watched<T> = { call: string; work: () => Promise<T>; effects: () => Promise<number> };

/** Counts what the call does to the cloud while it runs, or dies with the effect it was told to die with. */
async function watched<T>(order: Order, { call, work, effects }: Watched<T>): Promise<T> {
  const began = await effects();
  if (order.kind === 'record') {
    try {
      return await work();
    } finally {
      const done = (await effects()) - began;
      appendFileSync(order.file, `${JSON.stringify({ call, effects: done, stalls: false })}\n`);
    }
  }
  const fatal =
    order.kind === 'strike' && order.point.call === call ? /^during-(\d+)$/.exec(order.point.side)?.[1] : undefined;
  const watching = new AbortController();
  if (fatal !== undefined) void dieAt(began + Number(fatal), effects, watching.signal);
  try {
    return await work();
  } finally {
    watching.abort();
  }
}

async function dieAt(count: number, effects: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if ((await effects()) >= count) die();
    await sleep(LOOK_MS);
  }
}

/** The kernel takes the process before this returns: nothing is flushed, closed or said. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function fallAsleep(): void {
  writeSync(1, `${STALLED}\n`);
  process.kill(process.pid, 'SIGSTOP');
}

/** Where a run stands, in words that are the same in every world: its state or step, and whether that has acted yet. */
function placeOf(run: Run): string {
  if (run.state.kind !== 'running') return run.state.kind;
  if (run.startedAt === null) return 'beginning';
  const current = Object.entries(run.steps).find(([, progress]) => progress.kind === 'started');
  if (current === undefined) return 'between steps';
  const [id, progress] = current;
  const hasActed =
    run.command?.stepId === id || (progress.kind === 'started' && Object.keys(progress.memory).length > 0);
  return hasActed ? `${id}, acted` : id;
}
