import type { AddonObject } from './addon-settings.ts';
import type { HealthBefore } from './cluster-health.ts';
import type { ClusterSight } from './cluster-sight.ts';
import type { ConfigInGit } from './config-state.ts';
import type { GateRecord } from './gate.ts';
import type { Activity, CoreAddon } from './observation.ts';
import type { Plan, StepId } from './plan.ts';
import type { KubernetesVersion } from './version.ts';

/**
 * One request for one cluster, from planning to its end.
 *
 *   planning → refused | nothing-to-do | observed | awaiting-approval → rejected | expired | withdrawn | running
 *   running ⇄ waiting (a gate) → succeeded | succeeded-uncommitted | stopped → running (retry) | aborted
 *   planning → stopped (the plan could not be made) → planning (retry) | aborted
 *
 * A run owns its cluster from `planning` until an end state; `stopped` is not one.
 */
/** Of what is stored. A change that an older bot would misread gets a new number, and a migration in `adapters/migrate-stored-run.ts`. */
export const RUN_SCHEMA = 2;

export type Run = {
  schema: typeof RUN_SCHEMA;
  id: RunId;
  cluster: string;
  to: KubernetesVersion;
  requestedBy: UserId;
  requestedAt: number;
  state: RunState;
  /** How often planning began; part of nothing that is hashed. */
  planAttempt: number;
  plan: Plan | null;
  approval: Approval | null;
  /** The plan an earlier approval was for, when the cluster changed since; shown with the new card. */
  supersededPlan: Plan | null;
  steps: Record<StepId, StepProgress>;
  /**
   * Every stop of this run, oldest first; the last one is the current one while the state is `stopped`. One that is open
   * while the run goes on: a step failed, and what else is in progress is seen to its end first.
   */
  stops: StopRecord[];
  /** Every gate the run came to, oldest first; the last one is open while the state is `waiting`. */
  gates: GateRecord[];
  /** Every step that took much longer than usual, once, in the order in which that was noticed. */
  delays: DelayRecord[];
  /** A person pressed "Stop after this step". */
  stopRequest: Decision | null;
  /** A person aborted it while groups were deleted: it ends when they are there again. Absent otherwise. */
  abortRequest?: Decision;
  /** The one child process a run may have; its row is written before the spawn. */
  command: CommandRecord | null;
  /** The latest command of each open step whose turn is over, because another step has it now. */
  pastCommands: Record<StepId, CommandRecord>;
  /** When the first step began; null before. */
  startedAt: number | null;
  endedAt: number | null;
  before: ClusterSnapshot | null;
  after: ClusterSnapshot | null;
  /** The latest look at the cluster for people who have to decide or take over (cluster-sight.ts). */
  sight: ClusterSight | null;
  /** How the cluster did when the run began; absent: an older bot began it, and did not look. */
  healthBefore?: HealthBefore;
  /** What stands in git of this run; absent: nothing was tried yet. */
  configInGit?: ConfigInGit;
  /** After an abort: why nobody could look whether nodes are still closed by it; null: somebody has looked since. */
  unseenNodes?: { why: string } | null;
};

export type RunId = string;
export type UserId = string;

/** `attempt`: the one that was late; `at`: when that was noticed. */
export type DelayRecord = { stepId: StepId; attempt: number; at: number };

/** Who decided, and when (epoch milliseconds, run time). `by` is a Slack user id, or `shell:<login>` for ops. */
export type Decision = { by: UserId; at: number };

/** A recorded human decision on exactly this plan. */
export type Approval = Decision & {
  planHash: string;
  /** What the plan showed to be in use: as much was taken on with it. Not in approvals of bots that did not look at nodes. */
  accepted?: Activity;
};

export type RunState =
  | { kind: 'planning' }
  | { kind: 'refused' }
  | { kind: 'nothing-to-do' }
  /** MODE=observe: planned, and that is all. `lacking`: what Kubernetes would not let the bot do for the upgrade. */
  | { kind: 'observed'; lacking: string[] }
  | { kind: 'awaiting-approval'; since: number; expiresAt: number }
  | { kind: 'rejected'; decision: Decision }
  | { kind: 'expired' }
  | { kind: 'withdrawn'; decision: Decision }
  | { kind: 'running' }
  | { kind: 'waiting' }
  | { kind: 'stopped' }
  | { kind: 'succeeded' }
  | { kind: 'succeeded-uncommitted'; failure: Failure }
  | { kind: 'aborted'; decision: Decision };

export type StopRecord = {
  at: number;
  cause: StopCause;
  /** `overwrite`: the choice that was taken with it. */
  resolution:
    | { kind: 'open' }
    | ({ kind: 'retried'; overwrite?: OverwriteChoice } & Decision)
    | ({ kind: 'aborted' } & Decision);
};

export type StopCause =
  | { kind: 'planning-failed'; failure: Failure }
  | { kind: 'step-failed'; stepId: StepId; failure: Failure }
  /** Something outside a step went wrong after the start. */
  | { kind: 'run-failed'; failure: Failure }
  | { kind: 'stop-requested'; decision: Decision };

/** Why something failed, in words for people. */
export type Failure = {
  /** PascalCase, stable, for searching. */
  code: string;
  /** What happened, with the wrong value; a sentence without its full stop. */
  message: string;
  /** What a person can do now. */
  remedy: string;
  /** Output, stack events, error text as it came; may have several lines. */
  detail: string | null;
  /** What a person may decide beside Retry and Abort. */
  choice?: OverwriteChoice;
  /** What people read first, in place of which step failed: `upgraded, 2 workloads are not back`. */
  headline?: string;
};

/** EKS would not update an add-on because fields of it were changed by hand; a person may let it overwrite them, once. */
export type OverwriteChoice = { kind: 'overwrite-add-on'; addon: string; version: string; fields: string[] };

export type StepProgress =
  | {
      kind: 'started';
      at: number;
      attempt: number;
      /** What is being waited for, and since when. */
      waiting: { for: string; since: number } | null;
      /** Things people should know that are no failure. */
      notes: string[];
      /** What a phase must remember between two actions, e.g. an update id. Never proof of anything. */
      memory: Record<string, string>;
    }
  | { kind: 'done'; at: number; startedAt: number; attempt: number; notes: string[]; evidence: string[] }
  | { kind: 'failed'; at: number; startedAt: number; attempt: number; notes: string[]; failure: Failure };

/** The objects of a self-managed add-on as they were before eksctl replaced them; an event, no part of the run. */
export type SavedAddon = { addon: CoreAddon; objects: AddonObject[] };

export type CommandRecord = {
  id: string;
  stepId: StepId;
  attempt: number;
  /** Arguments without the program and without the config's path. */
  args: string[];
  /** By group: how many nodes it begins with, where that is more than the config says. */
  desired?: Record<string, number>;
  state:
    | { kind: 'requested'; at: number }
    | { kind: 'running'; at: number }
    | { kind: 'ended'; at: number; outcome: CommandOutcome };
};

/** A means, never proof: the step looks at AWS and Kubernetes again. */
export type CommandOutcome =
  | { kind: 'exited'; code: number; lastLines: string }
  | { kind: 'spawn-failed'; message: string }
  | { kind: 'timed-out'; lastLines: string }
  | { kind: 'killed'; lastLines: string }
  /** The worker that held it went away; what the command did is only known by looking. */
  | { kind: 'lost' };

/** Versions as seen in AWS and Kubernetes. */
export type ClusterSnapshot = {
  version: KubernetesVersion;
  nodeGroups: { name: string; kind: 'self-managed' | 'managed'; version: string; nodes: number }[];
  addons: { name: string; version: string }[];
};

/** A run as it is created: nothing is planned, nobody decided, nothing happened. */
export function newRun(request: Pick<Run, 'id' | 'cluster' | 'to' | 'requestedBy' | 'requestedAt'>): Run {
  return {
    schema: RUN_SCHEMA,
    ...request,
    state: { kind: 'planning' },
    planAttempt: 1,
    plan: null,
    approval: null,
    supersededPlan: null,
    steps: {},
    stops: [],
    gates: [],
    delays: [],
    stopRequest: null,
    command: null,
    pastCommands: {},
    startedAt: null,
    endedAt: null,
    before: null,
    after: null,
    sight: null,
  };
}

export type EndState = Extract<
  RunState['kind'],
  | 'refused'
  | 'nothing-to-do'
  | 'observed'
  | 'rejected'
  | 'expired'
  | 'withdrawn'
  | 'succeeded'
  | 'succeeded-uncommitted'
  | 'aborted'
>;

const END_STATES = [
  'refused',
  'nothing-to-do',
  'observed',
  'rejected',
  'expired',
  'withdrawn',
  'succeeded',
  'succeeded-uncommitted',
  'aborted',
] satisfies EndState[];

export const RUN_STATES: readonly RunState['kind'][] = [
  'planning',
  'awaiting-approval',
  'running',
  'waiting',
  'stopped',
  ...END_STATES,
];

/** An ended run no longer owns its cluster. */
export function hasEnded(run: Run): boolean {
  return END_STATES.some((kind) => kind === run.state.kind);
}
