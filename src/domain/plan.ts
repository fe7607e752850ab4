import type { Activity, CoreAddon } from './observation.ts';
import type { SkewPolicy } from './skew.ts';
import type { KubernetesVersion } from './version.ts';

/** Of what is stored, as RUN_SCHEMA; a plan is stored with its run. */
export const PLAN_SCHEMA = 1;

/** Pure data: the steps from an observation to a target version as a partial order. */
export type Plan = {
  schema: typeof PLAN_SCHEMA;
  cluster: string;
  account: string;
  region: string;
  from: KubernetesVersion;
  to: KubernetesVersion;
  skew: SkewPolicy;
  steps: Step[];
  warnings: PlanNote[];
  refusals: PlanNote[];
  /** Not in the hash: counts, dates and evidence. */
  activity: Activity;
  config: { commit: string; path: string };
  madeAt: number;
  /** sha256 hex over what an approver decides on; see `plan-hash.ts`. */
  hash: string;
};

/**
 * A warning the approver must read, or a refusal: the reason the plan may not run. `id` is stable, `text` is for people;
 * `detail` holds lines as they are, for the thread.
 */
export type PlanNote = { id: string; text: string; detail?: string[] };

export type StepId = string;

export type Step = { id: StepId; after: StepId[]; expectedMinutes: number } & StepAction;

export type StepAction =
  | { phase: 'preflight' }
  | { phase: 'template-drift' }
  | { phase: 'access' }
  | { phase: 'control-plane'; from: KubernetesVersion; to: KubernetesVersion }
  | { phase: 'add-ons'; version: KubernetesVersion; addons: AddonAction[] }
  | ({ phase: 'node-groups'; version: KubernetesVersion } & NodeGroupsAction)
  | { phase: 'verify'; version: KubernetesVersion; nodeGroups: ExpectedGroup[] }
  | { phase: 'commit-config'; version: KubernetesVersion; renames: Rename[] };

export type Phase = StepAction['phase'];

export type NodeGroupsAction =
  /**
   * eksctl create nodegroup --include=<groups>, proven by stack, nodes and version. `givesBack`: in no plan that is approved;
   * added when a run is aborted, for groups that it has deleted.
   */
  | { action: 'create'; role: 'core' | 'others'; groups: string[]; renames: Rename[]; givesBack?: true }
  /**
   * eksctl delete nodegroup --include=<groups>, then their stacks are seen gone. `renames`: so that the rendered copy holds
   * a core group under the name it lives by. `role` core: only the replaced core groups, whose stacks go while eksctl does
   * what comes next; without it (also in older plans) eksctl waits for all of them. `drain` false: what runs on the old core
   * nodes is not moved before, but goes with them.
   */
  | { action: 'delete'; role?: 'core'; drain?: false; groups: string[]; renames: Rename[] }
  /** UpdateNodegroupVersion in place. */
  | { action: 'update-managed'; groups: string[] }
  /** Each of these, which want no nodes, is shown to work by a node that is taken away again. */
  | { action: 'prove'; groups: string[] };

/** A core group changes its name in the rendered copy: `core-a` → `core-b`. `from` is always the name in the config at the plan's commit. */
export type Rename = { from: string; to: string };

export type ExpectedGroup = { name: string; kind: 'self-managed' | 'managed' };

export type AddonAction =
  | { kind: 'eks'; name: string; from: string; to: string }
  | { kind: 'eksctl'; name: CoreAddon }
  | { kind: 'skip'; name: string; why: 'absent' | 'auto-mode' | 'current' | 'not-offered' };
