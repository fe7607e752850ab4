import type { CommandOutcome } from '#src/domain/run.ts';

/** How a command of eksctl ended, as a clause for people; never a judgement of what it did. */
export function describeOutcome(outcome: CommandOutcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `eksctl ended with exit code ${outcome.code}`;
    case 'spawn-failed':
      return `eksctl could not be started (${outcome.message})`;
    case 'timed-out':
      return 'eksctl ran into its time limit';
    case 'killed':
      return 'eksctl was killed';
    case 'lost':
      return 'the worker that ran eksctl went away';
    default:
      outcome satisfies never;
      throw new Error(`unknown outcome ${JSON.stringify(outcome)}`);
  }
}

export function outputOf(outcome: CommandOutcome): string {
  return 'lastLines' in outcome ? outcome.lastLines : '';
}
