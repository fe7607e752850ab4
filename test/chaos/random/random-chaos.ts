import { CATALOGUE } from './catalogue.ts';
import { inWords } from './fault.ts';
import { drawSchedule, onlyRun, type Schedule } from './schedule.ts';
import { liveStorm } from './storm.ts';
import { figuresOf, isAllWell, isWell, type StormFigures } from './storm-summary.ts';
import type { RunEnd } from './witness.ts';

export type RandomChaosOptions = { runs: number; seed: number; onlyRun: number | null; speed: number | null };

/** What a failing run is printed with: enough to see what happened, and to have it happen again. */
export type StormFailure = Omit<RunEnd, 'outcome'> & { faults: string[] };

export type StormOutcome = { figures: StormFigures; failures: StormFailure[]; isAllWell: boolean };

/** Many runs need more of the machine for each moment of run time. */
const SPEED = { few: 100, many: 40, fewUpTo: 40 };

export async function randomChaos(options: RandomChaosOptions, say: (text: string) => void): Promise<StormOutcome> {
  const whole = drawSchedule({ seed: options.seed, runs: options.runs, catalogue: CATALOGUE });
  const schedule = options.onlyRun === null ? whole : onlyRun(whole, options.onlyRun);
  const speed = options.speed ?? (schedule.runs.length <= SPEED.fewUpTo ? SPEED.few : SPEED.many);
  say(`${schedule.runs.length} upgrades at once, ${schedule.strikes.length} faults, at speed ${speed}`);
  const { ends, ownersLeft, logs } = await liveStorm({ schedule, speed, say });
  const figures = figuresOf(ends, ownersLeft.length);
  const failures = ends.filter((end) => !isWell(end)).map((end) => failureOf(end, schedule));
  for (const failure of failures) sayFailure(failure, { schedule, options, log: logs.get(failure.number) ?? '', say });
  if (ownersLeft.length > 0) say(`still owned: ${ownersLeft.join(', ')}`);
  return { figures, failures, isAllWell: isAllWell(figures) };
}

function failureOf({ outcome: _outcome, ...end }: RunEnd, { strikes }: Schedule): StormFailure {
  return { ...end, faults: strikes.filter(({ cluster }) => cluster === end.cluster).map(inWords) };
}

type Telling = { schedule: Schedule; options: RandomChaosOptions; log: string; say: (text: string) => void };

function sayFailure(failure: StormFailure, { schedule, options, log, say }: Telling): void {
  const { cluster } = schedule.runs.find(({ number }) => number === failure.number) ?? {};
  const list = (title: string, lines: readonly string[]) => lines.map((line) => `  ${title}: ${line}`);
  say(
    [
      '',
      `run ${failure.number} (${failure.cluster}, ${cluster?.shape} from ${cluster?.config.metadata.version} to ${cluster?.to}) ended as ${failure.state}`,
      ...list('wrong', failure.why),
      ...list('untrue', failure.untrue),
      ...list('repeated', failure.repeated),
      ...list('its fault', failure.faults),
      ...list("the world's fault", schedule.strikes.filter((strike) => strike.cluster === null).map(inWords)),
      `  again: npm run chaos -- --runs ${options.runs} --seed ${options.seed} --only-run ${failure.number}`,
      ...log.split('\n').map((line) => `    ${line}`),
    ].join('\n'),
  );
}
