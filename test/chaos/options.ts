import { parseArgs } from 'node:util';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { STORM_USAGE } from './random/storm-options.ts';
import { whole } from './whole.ts';
import { PROTECTIONS, type Protection } from './without.ts';

export type ChaosOptions = {
  json: boolean;
  without: Protection | null;
  /** Of the points' names; null: all. */
  only: RegExp | null;
  /** How many points at most; null: all. */
  limit: number | null;
  /** Which points `limit` takes. */
  seed: number;
  /** How many points one world is hit at, one after the other, at most. */
  together: number;
  /** Worlds at once. */
  workers: number;
  /** Simulated milliseconds in a real one. */
  speed: number;
};

const USAGE = `usage: npm run chaos -- --every-call [--json] [--without ${PROTECTIONS.join('|')}]
                        [--only PATTERN] [--limit N] [--seed N] [--together N] [--workers N] [--speed N]
       ${STORM_USAGE}`;

/** Throws UserError with the wrong value and what would be right. */
export function parseChaosOptions(args: string[]): ChaosOptions {
  const values = parsed(args);
  if (values['every-call'] !== true) throw new UserError('Usage', `say what to do: --every-call or --runs N\n${USAGE}`);
  return {
    json: values.json ?? false,
    without: values.without === undefined ? null : protection(values.without),
    only: values.only === undefined ? null : pattern(values.only),
    limit: values.limit === undefined ? null : whole('--limit', values.limit, 1),
    seed: whole('--seed', values.seed ?? '1', 0),
    together: whole('--together', values.together ?? '12', 1),
    workers: whole('--workers', values.workers ?? '4', 1),
    speed: whole('--speed', values.speed ?? '600', 1),
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    'every-call': flag,
    json: flag,
    without: text,
    only: text,
    limit: text,
    seed: text,
    together: text,
    workers: text,
    speed: text,
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UserError('Usage', `${messageOf(error)}\n${USAGE}`);
  }
}

function protection(value: string): Protection {
  const found = PROTECTIONS.find((candidate) => candidate === value);
  if (found === undefined) throw new UserError('Usage', `--without "${value}" is not one of ${PROTECTIONS.join(', ')}`);
  return found;
}

function pattern(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw new UserError('Usage', `--only "${value}" is no regular expression`);
  }
}
