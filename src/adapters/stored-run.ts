import { z } from 'zod';
import { InternalError, messageOf } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import type { RunEvent } from '#src/domain/run-events.ts';
import type { SetAside } from '#src/ports/set-asides.ts';

/**
 * What we wrote ourselves is checked for its version and its bones: a run of another schema is refused, not guessed.
 * The inside was built by `evolve` of the same schema version.
 */
const StoredRun = z.looseObject({
  schema: z.literal(1),
  id: z.string(),
  cluster: z.string(),
  state: z.looseObject({ kind: z.string() }),
  steps: z.record(z.string(), z.looseObject({ kind: z.enum(['started', 'done', 'failed']) })),
  stops: z.array(z.looseObject({ at: z.number() })),
  gates: z.array(z.looseObject({ kind: z.string() })),
  /** Runs of before delays were noticed have none. */
  delays: z.array(z.looseObject({ stepId: z.string() })).optional(),
  /** Runs of before clusters were looked at for people have none. */
  sight: z.looseObject({ at: z.number(), kind: z.string() }).nullish(),
  /** Runs of before steps overlapped have none. */
  pastCommands: z.record(z.string(), z.looseObject({ id: z.string() })).optional(),
});

export function readStoredRun(id: string, doc: string): Run {
  try {
    const stored: unknown = JSON.parse(doc);
    const { success, data, error } = StoredRun.safeParse(stored);
    if (success) {
      const { pastCommands = {}, delays = [], sight = null } = data;
      return { ...data, pastCommands, delays, sight } as unknown as Run;
    }
    throw new Error(otherSchema(stored) ?? z.prettifyError(error).replaceAll(/\s+/g, ' '), { cause: error });
  } catch (error) {
    throw new InternalError('StoredRunUnreadable', `run ${id} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function otherSchema(stored: unknown): string | null {
  const schema = typeof stored === 'object' && stored !== null && 'schema' in stored ? stored.schema : undefined;
  if (typeof schema !== 'number' || schema === 1) return null;
  return `it has schema ${schema}, and this version of the bot reads schema 1: start the version that wrote it`;
}

const StoredAside = z.object({ cluster: z.string(), why: z.string(), at: z.number() });

export function readSetAside(runId: string, text: string): SetAside {
  return { runId, ...StoredAside.parse(JSON.parse(text)) };
}

const StoredEvent = z.looseObject({ kind: z.string(), at: z.number(), by: z.string() });

export function readStoredEvent(text: string): RunEvent {
  return StoredEvent.parse(JSON.parse(text)) as unknown as RunEvent;
}
