import type { RunFact } from '#src/domain/run-events.ts';

/** What one action of the engine decided: facts to commit, and when to look again (run time from now). */
export type Decided = { facts: RunFact[]; inMs: number };
