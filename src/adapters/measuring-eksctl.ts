import type { Eksctl } from '#src/ports/eksctl.ts';
import type { Metrics } from '#src/ports/metrics.ts';

/** Counted here and not by the run's events: a step may be seen done, and its command forgotten, before eksctl ends. */
export function measureEksctl(eksctl: Eksctl, metrics: Pick<Metrics, 'commandEnded'>): Eksctl {
  return {
    run: async (command) => {
      const outcome = await eksctl.run(command);
      metrics.commandEnded(outcome);
      return outcome;
    },
  };
}
