import type { Run } from '#src/domain/run.ts';

/** What a log line about a run carries, so that all of a run, of a cluster or of a step can be found. */
export function idsOf(
  run: Pick<Run, 'id' | 'cluster'>,
  step?: { id: string },
): { run: string; cluster: string; step?: string } {
  return { run: run.id, cluster: run.cluster, ...(step === undefined ? {} : { step: step.id }) };
}
