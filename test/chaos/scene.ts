import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { InternalError } from '#src/domain/errors.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { ChildProcessHandle } from './child.ts';
import { createPeople } from './people.ts';
import { type Order, type Point, type Struck, without } from './points.ts';
import { type ChaosWorld, TARGET } from './world.ts';

/** Real milliseconds between two looks, unless a process is hit before. */
const TURN_MS = 100;
/**
 * In turns and not in milliseconds: on a machine that is short of time ours take as much longer as those of the processes
 * we look at.
 */
const LIMITS = {
  /** Nothing of the run changed and nobody was hit: it hangs. */
  unchanged: 900,
  all: 9000,
  /** One that was asleep and has called nobody for so long has done with what it held, and with what followed from it. */
  quiet: 15,
  /** It is a worker like the other one by now, and may take the run on for ever. */
  woken: 60,
};
/** We ourselves stood still for so many milliseconds: nothing that was seen counts. */
const STOOD_STILL_MS = 30_000;
/** A process that sleeps is woken when this many steps were done without it: what it holds is stale by then. */
const STEPS_ASLEEP = 2;

type Actor = {
  child: ChildProcessHandle;
  order: Order;
  /** Signal or exit code, once it is gone. */
  end: string | null;
  isToldToDie: boolean;
  sleep: { kind: 'awake' } | { kind: 'asleep'; stepsDone: number } | { kind: 'woken'; turns: number; quiet: number };
};

/**
 * The processes of a world over time: the first one, and after each that was hit the one that goes on, told of the points
 * that are left. One that fell asleep is woken when the run has got past what it was about to do, and is killed when it
 * has done that: what is left is for the one that goes on.
 */
export class Scene {
  readonly #world: ChaosWorld;
  readonly #store: RunStore;
  readonly #cast: Actor[] = [];
  #order: Order;
  #ring: () => void = () => undefined;
  readonly struck: Point[] = [];

  constructor(world: ChaosWorld, order: Order) {
    this.#world = world;
    this.#store = createRedisRunStore(world.slot.redis);
    this.#order = order;
  }

  /** Until the run has ended and everybody knows. Returns what went wrong with the processes themselves. */
  async play(): Promise<string | null> {
    const people = createPeople(this.#world.addresses.slack.url, `/eks-upgrade ${this.#world.cluster} ${TARGET}`);
    this.#enter(this.#order);
    let [state, changedAt, seenAt] = ['', 0, Date.now()];
    for (let turn = 0; turn < LIMITS.all; turn += 1) {
      const run = await this.run();
      const trouble = this.#follow(run);
      if (trouble !== null) return trouble;
      if (await this.#isOver(run)) return null;
      // Nobody is asked for anything in between.
      if (run === null || run.state.kind === 'planning' || run.state.kind === 'awaiting-approval') await people.act();
      await this.#turn();
      seenAt = awake(seenAt);
      const now = `${this.#cast.length} ${JSON.stringify(run)}`;
      if (now !== state) [state, changedAt] = [now, turn];
      if (turn - changedAt > LIMITS.unchanged) return 'nothing happens any more';
    }
    return 'the run does not end';
  }

  async #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ring = resolve;
    await Promise.race([sleep(TURN_MS), promise]);
  }

  #enter(order: Order): void {
    const child = this.#world.startBot(order);
    const actor: Actor = { child, order, end: null, isToldToDie: false, sleep: { kind: 'awake' } };
    this.#cast.push(actor);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      if (line.startsWith('{"struck"')) this.#hear(actor, JSON.parse(line) as Struck);
      else if (line.startsWith('{"stirs"') && actor.sleep.kind === 'woken') actor.sleep.quiet = 0;
    });
    // What it said last is heard before it counts as gone.
    const isHeard = new Promise((resolve) => lines.once('close', resolve));
    void Promise.all([child.exited, isHeard]).then(([{ code, signal }]) => {
      actor.end = signal ?? `exit code ${code}`;
      this.#ring();
    });
  }

  #hear(actor: Actor, { struck }: Struck): void {
    this.struck.push(struck);
    if (struck.side === 'stalled-before') actor.sleep = { kind: 'asleep', stepsDone: Number.NaN };
    else actor.isToldToDie = true;
    this.#ring();
  }

  /** Lets the next process on when the one before was hit, wakes who slept long enough, and sees to it that it leaves. */
  #follow(run: Run | null): string | null {
    for (const actor of this.#cast) {
      const { sleep: state, child } = actor;
      if (state.kind === 'asleep' && Number.isNaN(state.stepsDone)) {
        actor.sleep = { kind: 'asleep', stepsDone: stepsDone(run) };
        this.#enter(this.#whatIsLeft());
      } else if (state.kind === 'asleep' && stepsDone(run) >= state.stepsDone + STEPS_ASLEEP) {
        actor.sleep = { kind: 'woken', turns: 0, quiet: 0 };
        child.kill('SIGCONT');
      } else if (state.kind === 'woken' && actor.end === null) {
        state.turns += 1;
        state.quiet += 1;
        if (state.quiet > LIMITS.quiet || state.turns > LIMITS.woken) child.kill('SIGKILL');
      }
    }
    const last = this.#cast.at(-1);
    if (last === undefined || last.end === null) return null;
    if (!last.isToldToDie || last.end !== 'SIGKILL') return `a process ended that was not told to: ${last.end}`;
    this.#enter(this.#whatIsLeft());
    return null;
  }

  #whatIsLeft(): Order {
    if (this.#order.kind !== 'strike') return { kind: 'none' };
    return { kind: 'strike', points: without(this.#order.points, this.struck) };
  }

  async #isOver(run: Run | null): Promise<boolean> {
    if (run === null || !(hasEnded(run) || run.state.kind === 'stopped')) return false;
    const isStirring = ({ sleep: state, end }: Actor): boolean =>
      state.kind === 'asleep' || (state.kind === 'woken' && end === null);
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

/** Now, unless the machine or somebody stopped us since `before`. */
function awake(before: number): number {
  const now = Date.now();
  if (now - before > STOOD_STILL_MS)
    throw new InternalError('StoodStill', `the harness stood still for ${now - before} ms`);
  return now;
}

function stepsDone(run: Run | null): number {
  if (run === null) return 0;
  return hasEnded(run)
    ? Number.POSITIVE_INFINITY
    : Object.values(run.steps).filter(({ kind }) => kind === 'done').length;
}
