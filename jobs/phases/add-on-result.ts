import type { PhaseContext, PhaseResult } from '../phase.ts';

export type AddonsContext = PhaseContext<'add-ons'>;

type Wait = Extract<PhaseResult, { kind: 'wait' }>;

/** AWS or Kubernetes work on an add-on and need nobody: others may begin meanwhile. */
export type UnderWay = Omit<Wait, 'kind'> & { kind: 'under-way' };

/** One add-on's answer: `next` with its evidence, `under-way`, or what the whole step does meanwhile. */
export type AddonResult =
  | { kind: 'next'; evidence: string; notes?: string[] }
  | UnderWay
  | Exclude<PhaseResult, { kind: 'done' }>;
