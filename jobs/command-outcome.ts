import type { CommandOutcome } from '#src/domain/run.ts';

/** How a command ended, for people; never a judgement of what it did. */
export function describeOutcome(outcome: CommandOutcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `exit code ${outcome.code}`;
    case 'spawn-failed':
      return `it could not be started: ${outcome.message}`;
    case 'timed-out':
      return 'it ran into its time limit';
    case 'killed':
      return 'it was killed';
    case 'lost':
      return 'its worker went away';
    default:
      outcome satisfies never;
      throw new Error(`unknown outcome ${JSON.stringify(outcome)}`);
  }
}

export function outputOf(outcome: CommandOutcome): string {
  return 'lastLines' in outcome ? outcome.lastLines : '';
}
