import { appendFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '#src/domain/run.ts';
import type { Order, Point, Side, Stirring, Struck } from './points.ts';

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
  let isWoken = false;
  const before = (call: string, { stalls = false }: CallOptions = {}): void => {
    if (isWoken) say({ stirs: call });
    const isNew = !seen.has(call);
    seen.add(call);
    if (order.kind === 'record' && isNew)
      appendFileSync(order.file, `${JSON.stringify({ call, effects: 0, stalls })}\n`);
    if (!isNew) return;
    // Asleep first: what wakes up is killed by others.
    if (isToldTo(order, { call, side: 'stalled-before' })) {
      fallAsleep({ call, side: 'stalled-before' });
      isWoken = true;
    } else if (isToldTo(order, { call, side: 'before' })) die({ call, side: 'before' });
  };
  const after = (call: string): void => {
    if (isToldTo(order, { call, side: 'after' })) die({ call, side: 'after' });
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
  const fatal = firstDuring(order, call);
  const watching = new AbortController();
  if (fatal !== null) {
    const isReached = async (): Promise<boolean> => (await effects()) >= began + fatal;
    void dieWhen(isReached, { call, side: `during-${fatal}` }, watching.signal);
  }
  try {
    return await work();
  } finally {
    watching.abort();
  }
}

async function dieWhen(isReached: () => Promise<boolean>, point: Point, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await isReached()) die(point);
    await sleep(LOOK_MS);
  }
}

/** The smallest number of effects with which the process is to die in this call; null: none. */
function firstDuring(order: Order, call: string): number | null {
  const points = order.kind === 'strike' ? order.points.filter((point) => point.call === call) : [];
  const counts = points.flatMap(({ side }) => {
    const [, count] = /^during-(\d+)$/.exec(side) ?? [];
    return count === undefined ? [] : [Number(count)];
  });
  return counts.length === 0 ? null : Math.min(...counts);
}

function isToldTo(order: Order, { call, side }: { call: string; side: Side }): boolean {
  return order.kind === 'strike' && order.points.some((point) => point.call === call && point.side === side);
}

/** The kernel takes the process before this returns: nothing is flushed, closed or said but why. */
function die(struck: Point): void {
  say({ struck });
  process.kill(process.pid, 'SIGKILL');
}

function fallAsleep(struck: Point): void {
  say({ struck });
  process.kill(process.pid, 'SIGSTOP');
}

function say(line: Struck | Stirring): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
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
