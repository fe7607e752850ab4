import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import type { ChildProcessHandle } from './child.ts';
import { type Evidence, gather } from './evidence.ts';
import type { Slot } from './lab.ts';
import { createPeople } from './people.ts';
import { type Order, STALLED } from './points.ts';
import { type ChaosWorld, createWorld, TARGET, type WorldSettings } from './world.ts';

/** One run from the command to its end, with its first process told to do something to itself. */
export type Life = {
  evidence: Evidence;
  /** The first process was hit where it was told to be. */
  struck: boolean;
  /** Nothing came of it within the limit, or a process ended that nobody killed. */
  trouble: string | null;
  logTail: string;
  ms: number;
};

/** Real milliseconds. An undisturbed world takes some seconds. */
const LIMIT_MS = 120_000;
const TURN_MS = 50;
/** A first process that sleeps is woken when this many steps were done without it: what it holds is stale by then. */
const STEPS_ASLEEP = 2;
/** What a process that was asleep does with what it holds is seen within this. */
const AWAKE_MS = 1500;

export async function live(slot: Slot, { order, ...settings }: WorldSettings & { order: Order }): Promise<Life> {
  const began = Date.now();
  const world = await createWorld(slot, settings);
  try {
    const scene = await Scene.open(world, order);
    try {
      const trouble = await scene.play(began + LIMIT_MS);
      const evidence = await gather(world, await scene.run());
      return { evidence, struck: scene.struck, trouble, logTail: await tailOf(world.botLog), ms: Date.now() - began };
    } finally {
      await scene.end();
    }
  } finally {
    await world.close();
  }
}

/**
 * The processes of a world over time: the first one, and once it was hit the one that goes on. A first process that
 * fell asleep is woken when the run has got past what it was about to do.
 */
class Scene {
  readonly #world: ChaosWorld;
  readonly #store;
  readonly #first: ChildProcessHandle;
  #next: ChildProcessHandle | null = null;
  #firstEnd: string | null = null;
  #nextEnd: string | null = null;
  #asleep = false;
  #doneWhenAsleep = 0;
  #wokenAt: number | null = null;
  struck = false;

  static async open(world: ChaosWorld, order: Order): Promise<Scene> {
    return new Scene(world, await world.startBot(order));
  }

  constructor(world: ChaosWorld, first: ChildProcessHandle) {
    this.#world = world;
    this.#store = createRedisRunStore(world.slot.redis);
    this.#first = first;
    createInterface({ input: first.stdout }).on('line', (line) => {
      if (line === STALLED) this.#asleep = true;
    });
    void first.exited.then(({ code, signal }) => {
      this.#firstEnd = signal ?? `exit code ${code}`;
    });
  }

  /** Until the run has ended and everybody knows. Returns what went wrong with the processes themselves. */
  async play(until: number): Promise<string | null> {
    const people = createPeople(this.#world.addresses.slack.url, `/eks-upgrade ${this.#world.cluster} ${TARGET}`);
    while (Date.now() < until) {
      await this.#followProcesses();
      if (this.#firstEnd !== null && this.#firstEnd !== 'SIGKILL')
        return `the first process ended by itself: ${this.#firstEnd}`;
      if (this.#nextEnd !== null) return `the process that went on ended by itself: ${this.#nextEnd}`;
      const run = await this.run();
      if (await this.#isOver(run)) return null;
      // Nobody is asked for anything in between.
      if (run === null || run.state.kind === 'planning' || run.state.kind === 'awaiting-approval') await people.act();
      await sleep(TURN_MS);
    }
    return `the run did not end within ${LIMIT_MS / 1000} s`;
  }

  async #followProcesses(): Promise<void> {
    const isHit = this.#firstEnd === 'SIGKILL' || this.#asleep;
    if (isHit && this.#next === null) {
      this.struck = true;
      this.#doneWhenAsleep = stepsDone(await this.run());
      this.#next = await this.#world.startBot({ kind: 'none' });
      void this.#next.exited.then(({ code, signal }) => {
        this.#nextEnd = signal ?? `exit code ${code}`;
      });
    }
    if (this.#asleep && this.#wokenAt === null && stepsDone(await this.run()) >= this.#doneWhenAsleep + STEPS_ASLEEP) {
      this.#wokenAt = Date.now();
      this.#first.kill('SIGCONT');
    }
  }

  async #isOver(run: Run | null): Promise<boolean> {
    if (run === null || !(hasEnded(run) || run.state.kind === 'stopped')) return false;
    if (this.#asleep && (this.#wokenAt === null || Date.now() - this.#wokenAt < AWAKE_MS)) return false;
    return !(await this.#store.unsynced()).includes(run.id);
  }

  async run(): Promise<Run | null> {
    const id = await this.#store.latestOf(this.#world.cluster);
    return id === null ? null : this.#store.read(id);
  }

  async end(): Promise<void> {
    for (const child of [this.#first, this.#next]) child?.kill('SIGKILL');
    await Promise.all([this.#first.exited, this.#next?.exited]);
  }
}

function stepsDone(run: Run | null): number {
  return run === null
    ? 0
    : hasEnded(run)
      ? Number.POSITIVE_INFINITY
      : Object.values(run.steps).filter(({ kind }) => kind === 'done').length;
}

async function tailOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split('\n').slice(-25).join('\n');
}
