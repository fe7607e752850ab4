import { PLAN_SCHEMA } from '#src/domain/plan.ts';
import { RUN_SCHEMA } from '#src/domain/run.ts';

type Stored = Readonly<Record<string, unknown>>;

/**
 * One step for each schema that was ever written: what a run of the schema before lacks. A step is never changed again;
 * test/adapters/stored-runs has a run of each schema as the bot of that time wrote it.
 */
const TO_NEXT: readonly { from: number; migrate: (run: Stored) => Stored }[] = [
  // Steps came one after the other, nobody noticed delays, and clusters were not looked at for people.
  { from: 1, migrate: (run) => ({ pastCommands: {}, delays: [], sight: null, ...run, schema: 2 }) },
];

/** A stored run as this version writes it. Throws what to do when a newer version wrote it. */
export function migrateStoredRun(stored: unknown): unknown {
  if (!isRecord(stored)) return stored;
  const run = TO_NEXT.reduce(
    (current, { from, migrate }) => (current.schema === from ? migrate(current) : current),
    stored,
  );
  refuseOther('it', { schema: stored.schema, known: run.schema === RUN_SCHEMA, reads: RUN_SCHEMA });
  for (const name of ['plan', 'supersededPlan'] as const) {
    const plan = run[name];
    if (isRecord(plan))
      refuseOther('its plan', { schema: plan.schema, known: plan.schema === PLAN_SCHEMA, reads: PLAN_SCHEMA });
  }
  return run;
}

function refuseOther(what: string, { schema, known, reads }: { schema: unknown; known: boolean; reads: number }): void {
  if (known || typeof schema !== 'number') return;
  throw new Error(
    `${what} has schema ${schema}, and this version of the bot reads schema ${reads}: start the version that wrote it`,
  );
}

function isRecord(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
