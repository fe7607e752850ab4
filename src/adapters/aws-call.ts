import type { Logger } from 'pino';
import { type AwsCall, fromAwsError } from './aws-errors.ts';

/** What adapters need of pino. */
export type AdapterLogger = Pick<Logger, 'debug' | 'info' | 'warn'>;

/** Runs one call of an AWS service: timed, logged, its error mapped. */
export type AwsCaller = <T>(operation: string, send: () => Promise<T>) => Promise<T>;

export function awsCaller({
  service,
  cluster,
  logger,
}: {
  service: AwsCall['service'];
  cluster: string;
  logger: AdapterLogger;
}): AwsCaller {
  return async (operation, send) => {
    const began = performance.now();
    const record = (outcome: string) =>
      logger.debug(
        { aws: `${service}:${operation}`, cluster, ms: Math.round(performance.now() - began), outcome },
        'called AWS',
      );
    try {
      const answer = await send();
      record('ok');
      return answer;
    } catch (error) {
      record(error instanceof Error ? error.name : 'error');
      throw fromAwsError(error, { service, operation });
    }
  };
}
