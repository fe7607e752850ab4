import { z } from 'zod';
import { InternalError, messageOf } from '#src/domain/errors.ts';
import { PLAN_SCHEMA } from '#src/domain/plan.ts';
import { RUN_SCHEMA, type Run } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { SetAside } from '#src/ports/set-asides.ts';
import { migrateStoredRun } from './migrate-stored-run.ts';

/**
 * What we wrote ourselves is checked for its version and its bones: a run of an older schema is migrated, one of another
 * is refused, not guessed. The inside was built by `evolve` of the same schema version.
 */
const StoredRun = z.looseObject({
  schema: z.literal(RUN_SCHEMA),
  id: z.string(),
  cluster: z.string(),
  state: z.looseObject({ kind: z.string() }),
  plan: z.looseObject({ schema: z.literal(PLAN_SCHEMA) }).nullable(),
  steps: z.record(z.string(), z.looseObject({ kind: z.enum(['started', 'done', 'failed']) })),
  stops: z.array(z.looseObject({ at: z.number() })),
  gates: z.array(z.looseObject({ kind: z.string() })),
  delays: z.array(z.looseObject({ stepId: z.string() })),
  sight: z.looseObject({ at: z.number(), kind: z.string() }).nullable(),
  pastCommands: z.record(z.string(), z.looseObject({ id: z.string() })),
});

export function readStoredRun(id: string, doc: string): Run {
  try {
    const { success, data, error } = StoredRun.safeParse(migrateStoredRun(JSON.parse(doc)));
    if (success) return data as unknown as Run;
    throw new Error(z.prettifyError(error).replaceAll(/\s+/g, ' '), { cause: error });
  } catch (error) {
    throw new InternalError('StoredRunUnreadable', `run ${id} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const StoredAside = z.object({ cluster: z.string(), why: z.string(), at: z.number() });

export function readSetAside(runId: string, text: string): SetAside {
  return { runId, ...StoredAside.parse(JSON.parse(text)) };
}

const StoredEvent = z.looseObject({ kind: z.string(), at: z.number(), by: z.string() });

export function readStoredEvent(text: string): RunEvent {
  return StoredEvent.parse(JSON.parse(text)) as unknown as RunEvent;
}
