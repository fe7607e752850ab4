import type { Activity } from './observation.ts';
import type { StepId } from './plan.ts';
import type { Decision } from './run.ts';

/** What people are asked about. */
export type GateQuestion =
  /**
   * Before nodes are deleted or replaced: so much is in use on their groups. `accepted`: how much of it the approver, or
   * somebody at an earlier gate, had taken on.
   */
  | { kind: 'activity'; activity: Activity; accepted?: number }
  /** Before the old core group is deleted: these pods do not leave its nodes. */
  | { kind: 'drain'; group: string; blocked: BlockedPod[] };

/** A pod that was asked to leave its node and is still there. */
export type BlockedPod = { namespace: string; name: string; uid: string; by: Hindrance };

export type Hindrance =
  /** The PodDisruptionBudgets of these names allow no disruption now. */
  | { kind: 'budget'; names: string[] }
  /** Kubernetes evicts no pod that has more than one budget. */
  | { kind: 'several-budgets'; names: string[] }
  /** It was told to end and has not: its own grace, or a finalizer. */
  | { kind: 'slow-end'; graceSeconds: number };

/** A point where a run waits for a person. */
export type Gate = { stepId: StepId; since: number } & GateQuestion;

export type GateResolution =
  | { kind: 'open' }
  /** A named person let the run go on all the same, with a reason, for what the gate shows: so many pods, or these. */
  | ({ kind: 'passed'; reason: string } & Decision)
  /** A named person lets the run try again for as long as before. */
  | ({ kind: 'waited' } & Decision)
  | { kind: 'cleared'; at: number }
  /** The run stopped here. */
  | ({ kind: 'stopped' } & Decision)
  | ({ kind: 'aborted' } & Decision);

export type GateRecord = Gate & { resolution: GateResolution };

/** A gate that asks about this. */
export type GateAbout<K extends GateQuestion['kind']> = Extract<GateRecord, { kind: K }>;
