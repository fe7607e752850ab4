import { appendFileSync } from 'node:fs';
import type { Clock } from '#src/ports/clock.ts';
import type { JsonObject } from './messages.ts';

export type LogEntry = { at: string; simulatedAt: number; kind: string } & JsonObject;

export type EffectLog = { add: (kind: string, data: JsonObject) => void; entries: () => LogEntry[] };

/** Append-only. Written synchronously, so that a killed process loses nothing. */
export function createEffectLog(clock: Clock, path: string | undefined): EffectLog {
  const entries: LogEntry[] = [];
  return {
    add: (kind, data) => {
      const entry = { at: new Date().toISOString(), simulatedAt: clock.now(), kind, ...data };
      entries.push(entry);
      if (path !== undefined) appendFileSync(path, `${JSON.stringify(entry)}\n`);
    },
    entries: () => [...entries],
  };
}
