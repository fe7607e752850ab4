import { drawCluster, type StormCluster } from './clusters.ts';
import { type Fault, type Strike, TRIGGERS, type When } from './fault.ts';
import { type Random, randomOf } from './random.ts';

/** What one upgrade of the storm is and what its people do: all of it drawn ahead. */
export type PlannedRun = {
  number: number;
  cluster: StormCluster;
  /** When Maya asks, in minutes of run time since the storm began. */
  askedInMinute: number;
  /** How often Retry is pressed before Abort is. */
  retries: number;
  /** How long people think at a stop. */
  thinkMinutes: number;
  /** When somebody presses "Stop after this step"; null: nobody does. */
  stopInMinute: number | null;
};

/** Everything that is decided about a storm before it begins: a function of how many runs, and the seed. */
export type Schedule = { seed: number; runs: PlannedRun[]; strikes: Strike[] };

/** Requests come over this time, so that not everybody is at the same place. */
const REQUESTS_OVER_MINUTES = 20;
/** World faults come for as long as most runs take. */
const WORLD_MINUTES = 120;
/** Between two world faults. */
const WORLD_GAP_MINUTES: readonly [number, number] = [3, 9];
/** Of 20 clusters about 6 are left alone, by their own faults. */
const FAULTS_OF_A_CLUSTER = [0, 0, 1, 1, 1, 2, 2, 3] as const;

export type ScheduleRequest = { seed: number; runs: number; catalogue: readonly Fault[] };

export function drawSchedule({ seed, runs, catalogue }: ScheduleRequest): Schedule {
  const planned = Array.from({ length: runs }, (_, index) => drawRun(index + 1, randomOf(`${seed}/run/${index + 1}`)));
  const own = planned.flatMap((run) => strikesOn(run, catalogue, randomOf(`${seed}/faults/${run.number}`)));
  const all = [...worldStrikes(catalogue, randomOf(`${seed}/world`)), ...own];
  return { seed, runs: planned, strikes: all.map((strike, index) => ({ id: index + 1, ...strike })) };
}

/** The same storm for one run only: its own faults and the world's. */
export function onlyRun(schedule: Schedule, number: number): Schedule {
  const runs = schedule.runs.filter((run) => run.number === number);
  const names = runs.map(({ cluster }) => cluster.name);
  const strikes = schedule.strikes.filter(({ cluster }) => cluster === null || names.includes(cluster));
  return { ...schedule, runs, strikes };
}

function drawRun(number: number, random: Random): PlannedRun {
  return {
    number,
    cluster: drawCluster(number, random),
    askedInMinute: random.between(0, REQUESTS_OVER_MINUTES),
    retries: random.pick([0, 1, 1, 2]),
    thinkMinutes: random.pick([1, 2, 5, 15]),
    stopInMinute: random.chance(0.1) ? random.between(10, 60) : null,
  };
}

type Drawn = Omit<Strike, 'id'>;

function worldStrikes(catalogue: readonly Fault[], random: Random): Drawn[] {
  const faults = catalogue.filter(({ scope }) => scope === 'world');
  const strikes: Drawn[] = [];
  if (faults.length === 0) return strikes;
  for (let minute = random.between(0, 3); minute < WORLD_MINUTES; minute += random.between(...WORLD_GAP_MINUTES))
    strikes.push(strikeOf(pickFault(faults, random), { cluster: null, when: { kind: 'minute', minute }, random }));
  return strikes;
}

function strikesOn({ cluster, askedInMinute }: PlannedRun, catalogue: readonly Fault[], random: Random): Drawn[] {
  const faults = catalogue.filter(
    ({ scope, shapes }) => scope === 'cluster' && (shapes === undefined || shapes.includes(cluster.shape)),
  );
  if (faults.length === 0) return [];
  return Array.from({ length: random.pick(FAULTS_OF_A_CLUSTER) }, () => {
    const fault = pickFault(faults, random);
    return strikeOf(fault, { cluster: cluster.name, when: momentOf(fault, askedInMinute, random), random });
  });
}

/** A room first, so that one with many faults does not keep the others out. */
function pickFault(faults: readonly Fault[], random: Random): Fault {
  const room = random.pick([...new Set(faults.map(roomOf))]);
  return random.pick(faults.filter((fault) => roomOf(fault) === room));
}

function roomOf({ name }: Fault): string {
  return name.slice(0, name.indexOf(':'));
}

/** Half of them while something certain is under way, half at any time. */
function momentOf({ at }: Fault, askedInMinute: number, random: Random): When {
  if (at === undefined && random.chance(0.5)) return { kind: 'minute', minute: askedInMinute + random.between(0, 60) };
  return {
    kind: 'effect',
    effect: random.pick(at ?? TRIGGERS),
    nth: random.pick([1, 1, 1, 2]),
    secondsLater: random.pick([0, 0, 5, 30, 120]),
  };
}

type Place = { cluster: string | null; when: When; random: Random };

function strikeOf({ name, minutes, draw }: Fault, { cluster, when, random }: Place): Drawn {
  return {
    fault: name,
    cluster,
    when,
    minutes: minutes === undefined ? null : random.between(...minutes),
    details: draw?.(random) ?? {},
  };
}
