import type { ClockSettings } from '../clock.ts';

/** What makes this eksctl a simulated one. It comes in variables that only its wrapper sets (write-eksctl-wrapper.ts). */
export type EksctlSettings = {
  clock: ClockSettings;
  /** Folder with the file of faults (faults.ts); undefined: it has none. */
  faultsFolder: string | undefined;
  /** File to which each invocation's arguments are appended, one JSON array a line; null: nowhere. */
  logPath: string | null;
};

export const VARIABLES = {
  clock: 'SIMULATED_CLOCK',
  faults: 'SIMULATED_EKSCTL_FAULTS',
  log: 'SIMULATED_EKSCTL_LOG',
} as const;

export function readSettings(env: Readonly<Record<string, string | undefined>>): EksctlSettings {
  const clock = env[VARIABLES.clock];
  return {
    clock:
      clock === undefined
        ? { origin: Date.now(), realOrigin: Date.now(), speed: 1 }
        : (JSON.parse(clock) as ClockSettings),
    faultsFolder: env[VARIABLES.faults],
    logPath: env[VARIABLES.log] ?? null,
  };
}
