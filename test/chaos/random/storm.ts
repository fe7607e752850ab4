import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Director } from './director.ts';
import { inWords } from './fault.ts';
import { Person } from './person.ts';
import { Progress } from './progress.ts';
import type { PlannedRun, Schedule } from './schedule.ts';
import { StorageView, type Stored } from './storage-view.ts';
import { isWell } from './storm-summary.ts';
import { openStormWorld, type StormWorld } from './storm-world.ts';
import { type RunEnd, Witness } from './witness.ts';

const TURN_MS = 100;
const HOUR = 3_600_000;
/** Real milliseconds between two looks at Redis. */
const STORAGE_EVERY_MS = 400;
/** Looking at the whole cloud may take this part of the time. */
const LOOKING_SHARE = 0.05;
/** Longer than anything takes in which nothing is to be seen: an update of three hours, and what the bot waits after it. */
const IDLE_LIMIT = { runTimeMs: 5 * HOUR, realMs: 60_000 };
/** Nothing takes so long, however much happens in it (run time since it was asked for). */
const WHOLE_LIMIT_MS = 30 * HOUR;

export type StormRequest = {
  schedule: Schedule;
  /** Simulated milliseconds in a real one. */
  speed: number;
  say: (text: string) => void;
};

export type StormEnd = {
  ends: RunEnd[];
  /** Clusters that are owned when all is over. */
  ownersLeft: string[];
  /** The end of what the bot's processes logged about each run that is not well, by its number. */
  logs: Map<number, string>;
};

type Upgrade = { plan: PlannedRun; person: Person; witness: Witness; end: RunEnd | null };

/** One storm: many upgrades at once in one world, with the faults of a schedule. */
export async function liveStorm({ schedule, speed, say }: StormRequest): Promise<StormEnd> {
  const stormy: { world: StormWorld | null } = { world: null };
  const world = await openStormWorld({
    clusters: schedule.runs.map(({ cluster }) => cluster),
    speed,
    onEnd: ({ name, how, byItself }) => byItself && say(`${minuteOf(stormy.world)}${name} ended by itself: ${how}`),
  });
  stormy.world = world;
  const storage = new StorageView(world.redis.url);
  try {
    const storm = new Storm({ schedule, world, storage, say });
    const ends = await storm.play();
    return { ends, ownersLeft: await ownersLeft(storage), logs: await logsOf(world, ends) };
  } finally {
    storage.close();
    await world.close();
  }
}

function minuteOf(world: StormWorld | null): string {
  return world === null ? '' : `minute ${Math.round((world.now() - world.beganAt) / 60_000)}: `;
}

type Parts = { schedule: Schedule; world: StormWorld; storage: StorageView; say: (text: string) => void };

class Storm {
  readonly #world: StormWorld;
  readonly #storage: StorageView;
  readonly #say: Parts['say'];
  readonly #director: Director;
  readonly #upgrades: Upgrade[];
  readonly #progress = new Progress();
  #stored: Stored | null = null;

  constructor({ schedule, world, storage, say }: Parts) {
    this.#world = world;
    this.#storage = storage;
    this.#say = say;
    this.#director = new Director({
      strikes: schedule.strikes,
      reach: world.reach,
      cloud: world.cloud,
      beganAt: world.beganAt,
      onStrike: (what, strike, why) =>
        this.#say(`${minuteOf(world)}${what} ${inWords(strike)}${why === undefined ? '' : `: ${why}`}`),
    });
    this.#upgrades = schedule.runs.map((plan) => ({
      plan,
      person: new Person({ plan, slack: world.slack, url: world.slackUrl, beganAt: world.beganAt }),
      witness: new Witness({ plan, world, updatesThatFail: updatesThatFail(schedule, plan) }),
      end: null,
    }));
  }

  async play(): Promise<RunEnd[]> {
    await this.#world.cloud.lookAtAll();
    const watching = new AbortController();
    const views = [this.#keepLookingAtCloud(watching.signal), this.#keepLookingAtStorage(watching.signal)];
    try {
      while (this.#upgrades.some(({ end }) => end === null)) {
        this.#progress.turn(Date.now());
        await this.#turn();
        await sleep(TURN_MS);
      }
      return this.#upgrades.flatMap(({ end }) => end ?? []);
    } finally {
      watching.abort();
      await Promise.all(views);
    }
  }

  async #turn(): Promise<void> {
    const now = this.#world.now();
    for (const { cluster } of this.#world.cloud.effectsSince()) this.#progress.note(cluster);
    for (const message of this.#world.slack.look()) {
      const upgrade = this.#upgrades.find(({ plan }) => message.run.startsWith(`${plan.cluster.name}-`));
      if (upgrade === undefined) continue;
      this.#progress.note(upgrade.plan.cluster.name);
      upgrade.witness.sees(message);
    }
    this.#director.act(now);
    await Promise.all(this.#upgrades.map((upgrade) => this.#follow(upgrade, now)));
  }

  async #follow(upgrade: Upgrade, now: number): Promise<void> {
    const { plan, person, witness } = upgrade;
    if (upgrade.end !== null) return;
    const cluster = plan.cluster.name;
    if (!person.hasAsked) this.#progress.note(cluster);
    const run = this.#world.slack.runOf(cluster);
    const state = run === null ? undefined : this.#stored?.states.get(run);
    if (run !== null && state !== undefined && this.#isOver(run, state)) {
      upgrade.end = await witness.ended(state, run);
    } else {
      const why = this.#hungBecause(plan, now);
      if (why !== null) upgrade.end = await witness.hung(state ?? 'not created', run, why);
    }
    if (upgrade.end !== null) return this.#tell(upgrade.end);
    // A person's click may wait for its ack; the others go on.
    void person.act(now).catch(() => undefined);
  }

  #isOver(run: string, state: string): boolean {
    return ENDS.includes(state) && this.#stored?.unsynced.has(run) === false;
  }

  #hungBecause({ cluster, askedInMinute }: PlannedRun, now: number): string | null {
    const idle = this.#progress.idleMs(cluster.name);
    if (idle > IDLE_LIMIT.realMs && idle * this.#world.speed > IDLE_LIMIT.runTimeMs)
      return `nothing was to be seen of it for ${Math.round(idle / 1000)} s (${Math.round((idle * this.#world.speed) / HOUR)} h of run time)`;
    const since = this.#world.beganAt + askedInMinute * 60_000;
    return now - since > WHOLE_LIMIT_MS ? `it has not ended after ${WHOLE_LIMIT_MS / HOUR} h of run time` : null;
  }

  #tell(end: RunEnd): void {
    const left = this.#upgrades.filter((upgrade) => upgrade.end === null).length;
    const word = isWell(end) ? 'ok    ' : 'WRONG ';
    this.#say(
      `${minuteOf(this.#world)}${word} ${end.cluster} ${end.state} (${left} left)${end.reason === null ? '' : `: ${end.reason}`}`,
    );
  }

  async #keepLookingAtCloud(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const began = Date.now();
      await this.#world.cloud.lookAtAll().catch(() => undefined);
      await sleep(Math.max(TURN_MS * 2, (Date.now() - began) / LOOKING_SHARE), undefined, { signal }).catch(() => null);
    }
  }

  async #keepLookingAtStorage(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const runs = this.#upgrades.flatMap(({ plan, end }) =>
        end === null ? (this.#world.slack.runOf(plan.cluster.name) ?? []) : [],
      );
      this.#stored = await this.#storage.look(runs);
      await sleep(STORAGE_EVERY_MS, undefined, { signal }).catch(() => null);
    }
  }
}

const ENDS = [
  ...['refused', 'nothing-to-do', 'rejected', 'expired', 'withdrawn'],
  ...['succeeded', 'succeeded-uncommitted', 'aborted'],
];

function updatesThatFail({ strikes }: Schedule, { cluster }: PlannedRun): number {
  return strikes.filter(
    (strike) => strike.cluster === cluster.name && strike.fault === 'aws: a control-plane update fails',
  ).length;
}

async function ownersLeft(storage: StorageView): Promise<string[]> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const stored = await storage.look([]);
    if (stored !== null) return Object.keys(stored.owners);
    await sleep(500);
  }
  throw new Error('redis does not answer at the end of the storm');
}

const LOG_LINES = 40;

async function logsOf({ botLog }: StormWorld, ends: readonly RunEnd[]): Promise<Map<number, string>> {
  const bad = ends.filter((end) => !isWell(end));
  if (bad.length === 0) return new Map();
  const lines = (await readFile(botLog, 'utf8')).split('\n');
  return new Map(
    bad.map(({ number, cluster }) => [
      number,
      lines
        .filter((line) => line.includes(cluster))
        .slice(-LOG_LINES)
        .join('\n'),
    ]),
  );
}
