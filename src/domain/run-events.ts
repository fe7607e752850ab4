import type { HealthBefore } from './cluster-health.ts';
import type { ClusterSight } from './cluster-sight.ts';
import type { FailedPush, PendingState } from './config-state.ts';
import type { GateQuestion } from './gate.ts';
import type { Plan, Step, StepId } from './plan.ts';
import type { ClusterSnapshot, CommandOutcome, Failure, OverwriteChoice, SavedAddon, UserId } from './run.ts';

/**
 * Everything that can happen to a run. Events are facts: they are decided elsewhere (operations, jobs), stored in the
 * same Redis script as the state they lead to, and kept as the audit log.
 */
export type RunEvent = { at: number; by: UserId } & RunFact;

export type RunFact =
  | { kind: 'requested' }
  | { kind: 'planned'; plan: Plan; expiresAt: number }
  | { kind: 'plan-refused'; plan: Plan }
  | { kind: 'nothing-to-do'; snapshot: ClusterSnapshot }
  | { kind: 'observed'; plan: Plan; lacking: string[] }
  | { kind: 'planning-failed'; failure: Failure }
  | { kind: 'approved'; planHash: string }
  | { kind: 'rejected' }
  | { kind: 'expired' }
  | { kind: 'withdrawn' }
  /** The cluster changed since the approval: it no longer counts. */
  | { kind: 'plan-changed'; plan: Plan; expiresAt: number }
  /** The approved plan was made again with the same hash; `plan` is that fresh copy. */
  | { kind: 'started'; plan: Plan; before: ClusterSnapshot; healthBefore?: HealthBefore }
  | { kind: 'step-started'; stepId: StepId }
  | { kind: 'step-waiting'; stepId: StepId; for: string; memory: Record<string, string>; notes: string[] }
  /** `healthBefore`: seen only now, because the bot could not look into the cluster when the run began. */
  | { kind: 'step-done'; stepId: StepId; evidence: string[]; notes: string[]; healthBefore?: HealthBefore }
  | { kind: 'step-failed'; stepId: StepId; failure: Failure }
  /** It takes much longer than usual, see `lateness.ts`. */
  | { kind: 'step-late'; stepId: StepId }
  /** Somebody looked at it for the people who are told of a stop or an abort. */
  | { kind: 'cluster-seen'; sight: ClusterSight }
  /** The run's branch holds this state; `commit` null: the config said so already. */
  | ({ kind: 'config-pushed'; branch: string; link: string | null; commit: string | null } & PendingState)
  | { kind: 'config-not-pushed'; branch: string; link: string | null; why: string; attempt?: FailedPush }
  | { kind: 'run-failed'; failure: Failure }
  /** Events of versions before this one have `activity` in place of the question. */
  | { kind: 'gate-opened'; stepId: StepId; question: GateQuestion }
  | { kind: 'gate-passed'; reason: string }
  /** Somebody lets the run try for longer. */
  | { kind: 'gate-waited' }
  | { kind: 'gate-stopped' }
  | { kind: 'gate-cleared' }
  | { kind: 'stop-requested' }
  | { kind: 'stopped' }
  /** `overwrite`: the person also let EKS overwrite these fields, in one update. */
  | { kind: 'retried'; overwrite?: OverwriteChoice }
  /** Groups are away: these steps give them back, and then the run is aborted. */
  | { kind: 'abort-requested'; steps: Step[] }
  | { kind: 'aborted' }
  /** After an abort: nobody could look whether nodes are still closed by the run; and then somebody did, and opened them. */
  | { kind: 'nodes-not-seen'; why: string }
  | { kind: 'nodes-opened' }
  /** Right before the command that replaces them, in the same commit; only the audit log keeps the objects. */
  | ({ kind: 'add-on-saved'; stepId: StepId } & SavedAddon)
  | {
      kind: 'command-requested';
      id: string;
      stepId: StepId;
      attempt: number;
      args: string[];
      desired?: Record<string, number>;
    }
  | { kind: 'command-started'; id: string }
  | { kind: 'command-ended'; id: string; outcome: CommandOutcome }
  | { kind: 'succeeded'; after: ClusterSnapshot }
  | { kind: 'succeeded-uncommitted'; after: ClusterSnapshot; stepId: StepId; failure: Failure };
