import { createHash } from 'node:crypto';
import type { HealthBefore } from '#src/domain/cluster-health.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { GateQuestion } from '#src/domain/gate.ts';
import type { Phase, Plan, Step } from '#src/domain/plan.ts';
import type { CommandRecord, Failure, Run, SavedAddon, StepProgress } from '#src/domain/run.ts';
import { commandOfStep } from '#src/domain/run-progress.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * A phase takes its step forward by one short action: observe → am I already done? → act if needed. It is called again
 * until it says `done`, by any worker, after any crash; so it asks AWS and Kubernetes, and what it remembers is a hint.
 */
export type PhaseRunner<P extends Phase> = (context: PhaseContext<P>) => Promise<PhaseResult>;

export type StepOf<P extends Phase> = Extract<Step, { phase: P }>;

export type Started = Extract<StepProgress, { kind: 'started' }>;

export type PhaseContext<P extends Phase> = {
  deps: WorkerDeps;
  cluster: FleetCluster;
  cloud: Cloud;
  run: Run;
  plan: Plan;
  step: StepOf<P>;
  progress: Started;
  /** Run time. */
  now: number;
  /** Throws ClaimLost when another worker has the run by now: called right before every act. */
  confirmClaim: () => Promise<void>;
};

export type PhaseResult =
  /** `healthBefore`: where it could not be seen when the run began. */
  | { kind: 'done'; evidence: string[]; notes?: string[]; healthBefore?: HealthBefore }
  | { kind: 'wait'; for: string; pollMs: number; memory?: Record<string, string>; notes?: string[] }
  /**
   * An eksctl command, a means: the phase is asked again when it has ended. When eksctl is busy for another step, the
   * command waits for its turn by being asked for again; until then only `meanwhile` is kept.
   */
  | {
      kind: 'command';
      args: string[];
      /** By group: how many nodes it begins with at least, in the rendered copy only. */
      desired?: Record<string, number>;
      for: string;
      memory?: Record<string, string>;
      notes?: string[];
      meanwhile?: { memory: Record<string, string>; notes: string[] };
      /** Kept with the command's row, so before it does anything. */
      saves?: SavedAddon;
    }
  /** Before a deletion or a replacement. */
  | { kind: 'gate'; question: GateQuestion }
  | { kind: 'failed'; failure: Failure };

const MINUTE = 60_000;

/** For 401s: how long after this run's own control-plane update they are no surprise. */
export const UNAUTHORIZED_GRACE_MS = 10 * MINUTE;

/** While eksctl runs there is nothing to do, and its end wakes the run. */
export const COMMAND_POLL_MS = MINUTE;

/**
 * When to look again at something that takes about `expectedMs`: seldom while nothing can have happened, often near the
 * expected end, and ever more seldom when it is long over (AWS throttles per account and region).
 */
export function pollMs({ elapsedMs, expectedMs }: { elapsedMs: number; expectedMs: number }): number {
  const left = expectedMs - elapsedMs;
  return Math.min(Math.max(left > 0 ? left / 2 : -left / 6, 20_000), 3 * MINUTE);
}

/** One request token for run, step and attempt: a repeated call is then the same request for AWS. */
export function requestToken({ run, step, progress }: AnyContext, part = ''): string {
  return createHash('sha256')
    .update(JSON.stringify([run.id, step.id, progress.attempt, part]))
    .digest('hex');
}

/** What every phase's context has, whichever its step. */
export type AnyContext = Pick<PhaseContext<Phase>, 'run' | 'step' | 'progress'>;

export function failed(
  code: string,
  message: string,
  { remedy, detail = null }: { remedy: string; detail?: string | null },
): Extract<PhaseResult, { kind: 'failed' }> {
  return { kind: 'failed', failure: { code, message, remedy, detail } };
}

/** How long the step has been waiting for exactly this (run time); 0 when it begins to wait now. */
export function waitedMs({ progress, now }: Pick<PhaseContext<Phase>, 'progress' | 'now'>, what: string): number {
  return progress.waiting?.for === what ? now - progress.waiting.since : 0;
}

/** The command of this step and attempt, if it has one. */
export function commandOf({ run, step, progress }: AnyContext): CommandRecord | null {
  const command = commandOfStep(run, step.id);
  return command?.attempt === progress.attempt ? command : null;
}
