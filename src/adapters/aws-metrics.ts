import type { CallOutcome, Metrics } from '#src/ports/metrics.ts';
import { isThrottle } from './aws-errors.ts';

/** Innermost in the step that retries, so that each request on the wire counts and not each call. */
export const EACH_REQUEST = { step: 'finalizeRequest', priority: 'low', name: 'countRequests' } as const;

/** A middleware of the SDK that looks on. https://smithy.io/2.0/additional-specs/ and `@smithy/types` middleware.d.ts */
export function requestCounter(service: string, metrics: Pick<Metrics, 'awsCalled'>) {
  return <Args, Answer>(
    next: (args: Args) => Promise<Answer>,
    { commandName = 'unknown' }: { commandName?: string },
  ) => {
    const operation = commandName.replace(/Command$/, '');
    return async (args: Args): Promise<Answer> => {
      const began = performance.now();
      const count = (outcome: CallOutcome) =>
        metrics.awsCalled({ service, operation, outcome, ms: performance.now() - began });
      try {
        const answer = await next(args);
        count('ok');
        return answer;
      } catch (error) {
        count(error instanceof Error && isThrottle(error) ? 'throttled' : 'failed');
        throw error;
      }
    };
  };
}
