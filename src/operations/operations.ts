import type { Run, RunId, UserId } from '#src/domain/run.ts';

/** What a person may do, from Slack or from a shell. Thrown `UserError` and `RefusedError` are for the person to read. */
export type Operations = {
  /** Creates a run and takes the cluster's ownership, or names the run that holds it. */
  requestUpgrade: (request: { cluster: string; version: string; by: UserId }) => Promise<RequestResult>;
  approveRun: (click: { runId: RunId; planHash: string; by: UserId }) => Promise<OperationResult>;
  rejectRun: (click: { runId: RunId; planHash: string; by: UserId }) => Promise<OperationResult>;
  /** "Go ahead" and "Force": the reason is required and kept. */
  passGate: (click: { runId: RunId; stepId: string; reason: string; by: UserId }) => Promise<OperationResult>;
  /** "Wait longer": the step tries once more for as long as before. */
  waitAtGate: (click: { runId: RunId; stepId: string; by: UserId }) => Promise<OperationResult>;
  /** "Stop" at a gate: the run stands still here. */
  stopAtGate: (click: { runId: RunId; stepId: string; by: UserId }) => Promise<OperationResult>;
  /** `stop`: which one the person saw, counted from 1; absent: the current one. */
  retryStep: (click: { runId: RunId; stop?: number; by: UserId }) => Promise<OperationResult>;
  /** Retry, and EKS may overwrite the fields of an add-on that the stop names, in one update. `stop`: counted from 1. */
  overwriteAddon: (click: { runId: RunId; stop: number; by: UserId }) => Promise<OperationResult>;
  abortRun: (click: { runId: RunId; by: UserId }) => Promise<OperationResult>;
  /** "Stop after this step". */
  requestStop: (click: { runId: RunId; by: UserId }) => Promise<OperationResult>;
  /** Runs that own a cluster, or the newest run of the cluster named. Throws UserError for a cluster that is not in the fleet. */
  status: (cluster: string | null) => Promise<Run[]>;
};

export type RequestResult = { kind: 'planning'; run: Run } | { kind: 'held'; holder: Run };

export type OperationResult =
  | { kind: 'done'; run: Run }
  /** Somebody decided already, it expired, or the run moved on; `why` is a sentence for the person. */
  | { kind: 'too-late'; run: Run; why: string }
  /** The person may not do this; `why` is a sentence for the person, told privately. */
  | { kind: 'not-allowed'; why: string };
