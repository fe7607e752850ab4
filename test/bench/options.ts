import { parseArgs } from 'node:util';
import { UserError } from '#src/domain/errors.ts';
import { FIGURE_NAMES, type FigureName } from './figures.ts';

export type BenchOptions = {
  json: boolean;
  only: FigureName | null;
  /** Of the simulated durations, ±30 %. */
  seed: number;
  quick: boolean;
  /** Of `capacity`; null: as the figure is defined. */
  runs: number | null;
};

const USAGE = `usage: npm run bench -- [--json] [--only ${FIGURE_NAMES.join('|')}] [--seed N] [--quick] [--runs N]`;

/** Throws UserError with the wrong value and what would be right. */
export function parseBenchOptions(args: string[]): BenchOptions {
  const { json, only, seed, quick, runs } = parsed(args);
  return {
    json: json ?? false,
    only: only === undefined ? null : figureName(only),
    seed: seed === undefined ? 1 : wholeNumber('--seed', seed),
    quick: quick ?? false,
    runs: runs === undefined ? null : wholeNumber('--runs', runs),
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({ args, options: { json: flag, only: text, seed: text, quick: flag, runs: text } }).values;
  } catch (error) {
    throw new UserError('Usage', `${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function figureName(text: string): FigureName {
  const found = FIGURE_NAMES.find((name) => name === text);
  if (found === undefined) throw new UserError('Usage', `--only "${text}" is not one of ${FIGURE_NAMES.join(', ')}`);
  return found;
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UserError('Usage', `${name} "${text}" is not a whole number above 0`);
  return Number(text);
}
