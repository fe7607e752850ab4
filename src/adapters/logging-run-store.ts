import type { Run } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { Log } from '#src/ports/log.ts';
import type { RunStore } from '#src/ports/run-store.ts';

/** A store that writes each committed event into the log, so that a log alone tells a run's story in the audit log's words. */
export function logRuns(store: RunStore, log: Pick<Log, 'info' | 'warn'>): RunStore {
  return {
    ...store,
    change: async (request) => {
      let events: RunEvent[] = [];
      const run = await store.change({
        ...request,
        decide: (seen) => {
          events = request.decide(seen);
          return events;
        },
      });
      for (const event of events) write(log, run, event);
      return run;
    },
  };
}

function write(log: Pick<Log, 'info' | 'warn'>, run: Run, event: RunEvent): void {
  const stepId = 'stepId' in event ? event.stepId : event.kind.startsWith('command-') ? run.command?.stepId : undefined;
  const fields = {
    run: run.id,
    cluster: run.cluster,
    ...(stepId === undefined ? {} : { step: stepId }),
    by: event.by,
    ...detailOf(event),
  };
  if ('failure' in event) log.warn(fields, `run event: ${event.kind}`);
  else log.info(fields, `run event: ${event.kind}`);
}

/** What is short and says something; plans, evidence and output are in the audit log. */
function detailOf(event: RunEvent): object {
  switch (event.kind) {
    case 'step-waiting':
      return { for: event.for };
    case 'command-ended':
      return { outcome: event.outcome.kind, ...('code' in event.outcome ? { code: event.outcome.code } : {}) };
    case 'command-requested':
      return { args: event.args };
    default:
      return 'failure' in event ? { code: event.failure.code, err: event.failure.message } : {};
  }
}
