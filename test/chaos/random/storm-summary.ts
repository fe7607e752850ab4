import type { RunEnd } from './witness.ts';

export type StormFigures = {
  runs: number;
  succeeded: number;
  failedWithReason: number;
  /** Notices that say about a cluster what is not so. */
  untrueReports: number;
  hung: number;
  /** Clusters that are owned when all is over. */
  ownersLeft: number;
  /** Updates, deletions and messages that were made again although they had been made. */
  repeatedEffects: number;
};

export function figuresOf(ends: readonly RunEnd[], ownersLeft: number): StormFigures {
  const having = (outcome: RunEnd['outcome']): number => ends.filter((end) => end.outcome === outcome).length;
  return {
    runs: ends.length,
    succeeded: having('succeeded'),
    failedWithReason: having('failed-with-reason'),
    untrueReports: ends.reduce((sum, { untrue }) => sum + untrue.length, 0),
    hung: having('hung'),
    ownersLeft,
    repeatedEffects: ends.reduce((sum, { repeated }) => sum + repeated.length, 0),
  };
}

export function isAllWell(figures: StormFigures): boolean {
  const { runs, succeeded, failedWithReason, untrueReports, hung, ownersLeft, repeatedEffects } = figures;
  return runs > 0 && succeeded + failedWithReason === runs && untrueReports + hung + ownersLeft + repeatedEffects === 0;
}

export function isWell({ outcome, untrue, repeated }: RunEnd): boolean {
  return (outcome === 'succeeded' || outcome === 'failed-with-reason') && untrue.length + repeated.length === 0;
}
