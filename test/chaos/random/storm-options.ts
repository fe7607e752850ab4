import { parseArgs } from 'node:util';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { whole } from '../whole.ts';
import type { RandomChaosOptions } from './random-chaos.ts';

export const STORM_USAGE =
  'npm run chaos -- --runs N [--seed S] [--json] [--only-run K] [--speed N]   random faults, N upgrades at once';

/** Throws UserError with the wrong value and what would be right. */
export function parseStormOptions(args: string[]): RandomChaosOptions & { json: boolean } {
  const values = parsed(args);
  const runs = whole('--runs', values.runs ?? '', 1);
  const onlyRun = values['only-run'] === undefined ? null : whole('--only-run', values['only-run'], 1);
  if (onlyRun !== null && onlyRun > runs)
    throw new UserError('Usage', `--only-run ${onlyRun} is not one of the ${runs} runs: give a number up to ${runs}`);
  return {
    json: values.json ?? false,
    runs,
    seed: whole('--seed', values.seed ?? '1', 0),
    onlyRun,
    speed: values.speed === undefined ? null : whole('--speed', values.speed, 1),
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const options = { json: { type: 'boolean' }, runs: text, seed: text, 'only-run': text, speed: text } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UserError('Usage', `${messageOf(error)}\nusage: ${STORM_USAGE}`);
  }
}
