import type { ClockSettings } from '../clock.ts';

/** What makes this eksctl a simulated one. It comes in variables that only its wrapper sets (write-eksctl-wrapper.ts). */
export type EksctlSettings = {
  clock: ClockSettings;
  faults: EksctlFault[];
  /** File to which each invocation's arguments are appended, one JSON array a line; null: nowhere. */
  logPath: string | null;
};

/**
 * - `eksctl-exits-1`: does its work, then exits 1 because the API server answers 401 (eksctl.md, hazard 4)
 * - `exit-0-nothing`: says and does nothing, and exits 0
 * - `hang`: never ends
 */
export const EKSCTL_FAULTS = ['eksctl-exits-1', 'exit-0-nothing', 'hang'] as const;
export type EksctlFault = (typeof EKSCTL_FAULTS)[number];

export const VARIABLES = {
  clock: 'SIMULATED_CLOCK',
  faults: 'SIMULATED_EKSCTL_FAULTS',
  log: 'SIMULATED_EKSCTL_LOG',
} as const;

export function readSettings(env: Readonly<Record<string, string | undefined>>): EksctlSettings {
  const clock = env[VARIABLES.clock];
  const names = (env[VARIABLES.faults] ?? '').split(',').filter((name) => name !== '');
  return {
    clock:
      clock === undefined
        ? { origin: Date.now(), realOrigin: Date.now(), speed: 1 }
        : (JSON.parse(clock) as ClockSettings),
    faults: names.map(faultNamed),
    logPath: env[VARIABLES.log] ?? null,
  };
}

function faultNamed(name: string): EksctlFault {
  const fault = EKSCTL_FAULTS.find((candidate) => candidate === name);
  if (fault === undefined) throw new Error(`unknown fault ${name}: use one of ${EKSCTL_FAULTS.join(', ')}`);
  return fault;
}
