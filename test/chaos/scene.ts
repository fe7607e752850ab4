import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { InternalError } from '#src/domain/errors.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { ChildProcessHandle } from './child.ts';
import { createPeople } from './people.ts';
import { type Order, type Point, STALLED } from './points.ts';
import { type ChaosWorld, TARGET } from './world.ts';

/** Real milliseconds. An undisturbed world takes some seconds. */
const LIMIT_MS = 120_000;
const TURN_MS = 50;
/** We ourselves stood still for so long: nothing that was seen counts. */
const STOOD_STILL_MS = 15_000;
/** A process that sleeps is woken when this many steps were done without it: what it holds is stale by then. */
const STEPS_ASLEEP = 2;
/** What a process that was asleep does with what it holds is seen within this. */
const AWAKE_MS = 1500;

type Actor = {
  child: ChildProcessHandle;
  order: Order;
  /** Signal or exit code, once it is gone. */
  end: string | null;
  sleep: { kind: 'awake' } | { kind: 'asleep'; stepsDone: number } | { kind: 'woken'; at: number };
  saysAsleep: boolean;
};

/**
 * The processes of a world over time: the first one, and after each that was hit the one that goes on. One that fell
 * asleep is woken when the run has got past what it was about to do.
 */
export class Scene {
  readonly #world: ChaosWorld;
  readonly #store: RunStore;
  readonly #orders: Order[];
  readonly #cast: Actor[] = [];
  readonly struck: Point[] = [];

  constructor(world: ChaosWorld, orders: Order[]) {
    this.#world = world;
    this.#store = createRedisRunStore(world.slot.redis);
    this.#orders = [...orders];
  }

  /** Until the run has ended and everybody knows. Returns what went wrong with the processes themselves. */
  async play(): Promise<string | null> {
    const people = createPeople(this.#world.addresses.slack.url, `/eks-upgrade ${this.#world.cluster} ${TARGET}`);
    const until = Date.now() + LIMIT_MS;
    this.#enter();
    for (let turn = Date.now(); turn < until; turn = awake(turn)) {
      const trouble = await this.#follow();
      if (trouble !== null) return trouble;
      const run = await this.run();
      if (await this.#isOver(run)) return null;
      // Nobody is asked for anything in between.
      if (run === null || run.state.kind === 'planning' || run.state.kind === 'awaiting-approval') await people.act();
      await sleep(TURN_MS);
    }
    return `the run did not end within ${LIMIT_MS / 1000} s`;
  }

  #enter(): void {
    const order = this.#orders.shift() ?? { kind: 'none' };
    const child = this.#world.startBot(order);
    const actor: Actor = { child, order, end: null, sleep: { kind: 'awake' }, saysAsleep: false };
    this.#cast.push(actor);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === STALLED) actor.saysAsleep = true;
    });
    void child.exited.then(({ code, signal }) => {
      actor.end = signal ?? `exit code ${code}`;
    });
  }

  /** Lets the next process on when the one before was hit, and wakes who slept long enough. */
  async #follow(): Promise<string | null> {
    const actor = this.#cast.at(-1);
    const point = actor?.order.kind === 'strike' ? actor.order.point : null;
    if (actor?.saysAsleep === true && point !== null && actor.sleep.kind === 'awake') {
      actor.sleep = { kind: 'asleep', stepsDone: stepsDone(await this.run()) };
      this.struck.push(point);
      this.#enter();
    } else if (actor !== undefined && actor.end !== null) {
      if (point === null || actor.end !== 'SIGKILL') return `a process ended that was not told to: ${actor.end}`;
      this.struck.push(point);
      this.#enter();
    }
    const sleeper = this.#cast.find(({ sleep: { kind } }) => kind === 'asleep');
    if (sleeper?.sleep.kind === 'asleep' && stepsDone(await this.run()) >= sleeper.sleep.stepsDone + STEPS_ASLEEP) {
      sleeper.sleep = { kind: 'woken', at: Date.now() };
      sleeper.child.kill('SIGCONT');
    }
    return null;
  }

  async #isOver(run: Run | null): Promise<boolean> {
    if (run === null || !(hasEnded(run) || run.state.kind === 'stopped')) return false;
    const isStirring = ({ sleep: state }: Actor): boolean =>
      state.kind === 'asleep' || (state.kind === 'woken' && Date.now() - state.at < AWAKE_MS);
    return !this.#cast.some(isStirring) && !(await this.#store.unsynced()).includes(run.id);
  }

  async run(): Promise<Run | null> {
    const id = await this.#store.latestOf(this.#world.cluster);
    return id === null ? null : this.#store.read(id);
  }

  async end(): Promise<void> {
    for (const { child, order } of this.#cast) child.kill(order.kind === 'record' ? 'SIGTERM' : 'SIGKILL');
    await Promise.all(this.#cast.map(({ child }) => child.exited));
  }
}

/** Now, unless the machine or somebody stopped us since `turn`. */
function awake(turn: number): number {
  const now = Date.now();
  if (now - turn > STOOD_STILL_MS)
    throw new InternalError('StoodStill', `the harness stood still for ${now - turn} ms`);
  return now;
}

function stepsDone(run: Run | null): number {
  if (run === null) return 0;
  return hasEnded(run)
    ? Number.POSITIVE_INFINITY
    : Object.values(run.steps).filter(({ kind }) => kind === 'done').length;
}
