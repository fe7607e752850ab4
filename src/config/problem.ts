import { UserError } from '#src/domain/errors.ts';

/** One wrong or missing setting. `at`: the variable, or file, line and path; `what`: e.g. `is "80a": give a port`. */
export type Problem = { at: string; what: string };

/** A problem of the fleet file, before its line is known. */
export type FleetProblem = { path: PropertyKey[]; what: string };

/** All of them in one message, so that a person mends them in one go. */
export function badSettings(problems: Problem[]): UserError {
  const count = problems.length === 1 ? '1 setting is wrong' : `${problems.length} settings are wrong`;
  return new UserError('BadSettings', `${count}:\n${problems.map(({ at, what }) => `  ${at} ${what}`).join('\n')}`);
}
