import type { BlockedPod, GateAbout, GateResolution } from '#src/domain/gate.ts';
import type { Plan, Step, StepId } from '#src/domain/plan.ts';
import { planHash } from '#src/domain/plan-hash.ts';
import {
  type Failure,
  newRun,
  type Run,
  type RunState,
  type StepProgress,
  type StopCause,
  type StopRecord,
} from '#src/domain/run.ts';
import { expectAllowed } from './run-rules.ts';

/**
 * Plans and runs for tests: `aPlan()` is coast from 1.22 to 1.24 with `supported` skew and self-managed groups,
 * `aRun(kind)` is that upgrade in any state. Changes are applied on top, and a fixture that could not happen
 * (an approval by the requester, a step that began before the one it waits for, …) is refused: see run-rules.ts.
 */
export const REQUESTER = 'U0REQUEST';
export const APPROVER = 'U0APPROVE';
/** Tuesday 2023-01-17 02:00 UTC. */
export const ASKED_AT = Date.UTC(2023, 0, 17, 2, 0);
export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const APPROVED_AT = ASKED_AT + 10 * MINUTE;
export const STARTED_AT = ASKED_AT + 11 * MINUTE;

export const aFailure: Failure = {
  code: 'UpdateFailed',
  message: 'the control plane update 8f1c failed: IpNotAvailable: the subnets have too few free IP addresses',
  remedy: "free at least 5 IP addresses in each of the cluster's subnets, then press Retry",
  detail: null,
};

export function aPlan(changes: Partial<Plan> = {}): Plan {
  const plan: Plan = {
    schema: 1,
    cluster: 'coast',
    account: '111122223333',
    region: 'us-west-2',
    from: '1.22',
    to: '1.24',
    skew: 'supported',
    steps: coastSteps(),
    warnings: [],
    refusals: [],
    activity: { total: 0, byNamespace: {} },
    config: { commit: '4f2a9c07d1b3e5f60718293a4b5c6d7e8f901234', path: 'coast.jsonnet' },
    madeAt: ASKED_AT + 2 * MINUTE,
    hash: '',
    ...changes,
  };
  return changes.hash === undefined ? { ...plan, hash: planHash(plan) } : plan;
}

/** Each step waits for the one before it. */
export function inOrder(steps: WithoutAfter[]): Step[] {
  return steps.map((step, i) => ({ ...step, after: i === 0 ? [] : [steps[i - 1]?.id ?? ''] }));
}

type WithoutAfter = Step extends infer S ? (S extends Step ? Omit<S, 'after'> : never) : never;

function coastSteps(): Step[] {
  const renames = [{ from: 'core-a', to: 'core-b' }];
  const others = ['nb-small', 'nb-large', 'dask-worker'];
  return inOrder([
    { id: 'preflight', phase: 'preflight', expectedMinutes: 1 },
    { id: 'access', phase: 'access', expectedMinutes: 1 },
    { id: 'control-plane-1.23', phase: 'control-plane', from: '1.22', to: '1.23', expectedMinutes: 10 },
    { id: 'add-ons-1.23', phase: 'add-ons', version: '1.23', addons: addonActions('1.23'), expectedMinutes: 4 },
    { id: 'control-plane-1.24', phase: 'control-plane', from: '1.23', to: '1.24', expectedMinutes: 10 },
    {
      id: 'node-groups-1.24-create-core',
      phase: 'node-groups',
      version: '1.24',
      action: 'create',
      role: 'core',
      groups: ['core-b'],
      renames,
      expectedMinutes: 8,
    },
    {
      id: 'node-groups-1.24-delete',
      phase: 'node-groups',
      version: '1.24',
      action: 'delete',
      groups: ['core-a', ...others],
      renames,
      expectedMinutes: 12,
    },
    {
      id: 'node-groups-1.24-create-others',
      phase: 'node-groups',
      version: '1.24',
      action: 'create',
      role: 'others',
      groups: others,
      renames,
      expectedMinutes: 10,
    },
    { id: 'add-ons-1.24', phase: 'add-ons', version: '1.24', addons: addonActions('1.24'), expectedMinutes: 4 },
    {
      id: 'verify',
      phase: 'verify',
      version: '1.24',
      nodeGroups: ['core-b', ...others].map((name) => ({ name, kind: 'self-managed' })),
      expectedMinutes: 2,
    },
    { id: 'commit-config', phase: 'commit-config', version: '1.24', renames, expectedMinutes: 1 },
  ]);
}

function addonActions(version: string): Extract<Step, { phase: 'add-ons' }>['addons'] {
  return [
    { kind: 'eksctl', name: 'kube-proxy' },
    version === '1.23'
      ? { kind: 'eks', name: 'vpc-cni', from: 'v1.11.4-eksbuild.1', to: 'v1.12.0-eksbuild.1' }
      : { kind: 'skip', name: 'vpc-cni', why: 'current' },
    { kind: 'eksctl', name: 'coredns' },
  ];
}

/** A run in this state, as it would be; `changes` go on top. Throws when the result could not happen. */
export function aRun(kind: RunState['kind'], changes: Partial<Run> = {}): Run {
  const base = newRun({
    id: 'r-coast-7k2m',
    cluster: 'coast',
    to: '1.24',
    requestedBy: REQUESTER,
    requestedAt: ASKED_AT,
  });
  const plan =
    changes.plan === undefined
      ? aPlan({ to: changes.to ?? base.to, cluster: changes.cluster ?? base.cluster })
      : changes.plan;
  return expectAllowed({ ...base, ...fieldsOf(kind, plan), ...changes });
}

/** Every state, each as it would usually be. */
export function runsInEveryState(): Record<RunState['kind'], Run> {
  return {
    planning: aRun('planning'),
    refused: aRun('refused'),
    'nothing-to-do': aRun('nothing-to-do'),
    observed: aRun('observed'),
    'awaiting-approval': aRun('awaiting-approval'),
    rejected: aRun('rejected'),
    expired: aRun('expired'),
    withdrawn: aRun('withdrawn'),
    running: aRun('running'),
    waiting: aRun('waiting'),
    stopped: aRun('stopped'),
    succeeded: aRun('succeeded'),
    'succeeded-uncommitted': aRun('succeeded-uncommitted'),
    aborted: aRun('aborted'),
  };
}

/** The steps of a plan up to `current`: those before it done, it started (or as given). */
export function progressUpTo(
  plan: Plan,
  current: StepId,
  currentProgress?: StepProgress,
): Record<StepId, StepProgress> {
  const index = plan.steps.findIndex((step) => step.id === current);
  if (index < 0) throw new Error(`the plan has no step ${current}`);
  const before = plan.steps.slice(0, index).map((step, i) => [step.id, doneStep(i)] as const);
  return Object.fromEntries([...before, [current, currentProgress ?? startedStep(index)]]);
}

export function allDone(plan: Plan): Record<StepId, StepProgress> {
  return Object.fromEntries(plan.steps.map((step, i) => [step.id, doneStep(i, evidenceOf(step))]));
}

export function startedStep(
  index = 0,
  changes: Partial<Extract<StepProgress, { kind: 'started' }>> = {},
): StepProgress {
  return {
    kind: 'started',
    at: STARTED_AT + index * 6 * MINUTE,
    attempt: 1,
    waiting: null,
    notes: [],
    memory: {},
    ...changes,
  };
}

function doneStep(index = 0, evidence: string[] = ['seen with a read after the act']): StepProgress {
  const startedAt = STARTED_AT + index * 6 * MINUTE;
  return { kind: 'done', at: startedAt + 6 * MINUTE, startedAt, attempt: 1, notes: [], evidence };
}

export function failedStep(index = 0, failure: Failure = aFailure): StepProgress {
  const startedAt = STARTED_AT + index * 6 * MINUTE;
  return { kind: 'failed', at: startedAt + 5 * MINUTE, startedAt, attempt: 1, notes: [], failure };
}

export function aStop(cause: StopCause, resolution: StopRecord['resolution'] = { kind: 'open' }): StopRecord {
  return { at: STARTED_AT + 20 * MINUTE, cause, resolution };
}

export function anActivityGate(stepId: StepId, resolution: GateResolution = { kind: 'open' }): GateAbout<'activity'> {
  const activity = { total: 3, byNamespace: { prod: 2, staging: 1 } };
  return { kind: 'activity', stepId, since: STARTED_AT + 30 * MINUTE, activity, resolution };
}

export function aDrainGate(stepId: StepId, changes: Partial<GateAbout<'drain'>> = {}): GateAbout<'drain'> {
  const blocked: BlockedPod[] = [
    { namespace: 'prod', name: 'hub-6b7f-x2x9k', uid: 'uid-of-hub', by: { kind: 'budget', names: ['hub'] } },
  ];
  const since = STARTED_AT + 30 * MINUTE;
  return { kind: 'drain', stepId, since, group: 'core-a', blocked, resolution: { kind: 'open' }, ...changes };
}

function evidenceOf(step: Step): string[] {
  if (step.phase === 'commit-config') return ['branch eks-upgrade/coast-1.24 is at commit 9d3f1a7c on the remote'];
  if (step.phase === 'control-plane') return ['update 8f1c2d3e is Successful', `DescribeCluster says ${step.to}`];
  return ['seen with a read after the act'];
}

const CORE_ADDONS = ['kube-proxy', 'vpc-cni', 'coredns'];

function snapshot(version: Plan['from'], groups: string[]): NonNullable<Run['before']> {
  return {
    version,
    nodeGroups: groups.map((name) => ({ name, kind: 'self-managed', version, nodes: name.startsWith('core') ? 2 : 0 })),
    addons: CORE_ADDONS.map((name) => ({ name, version: `for ${version}` })),
  };
}

/** What a run of this state has besides the base. */
function fieldsOf(kind: RunState['kind'], plan: Plan | null): Partial<Run> {
  if (kind === 'planning' || plan === null) return kind === 'planning' ? {} : beforeAPlan(kind);
  switch (kind) {
    case 'refused':
      return ended(
        { kind },
        { plan: { ...plan, refusals: [{ id: 'cluster-not-active', text: 'the cluster is UPDATING, not ACTIVE' }] } },
      );
    case 'nothing-to-do': {
      const seen = snapshot(plan.to, ['core-b', 'nb-small', 'nb-large', 'dask-worker']);
      return ended({ kind }, { plan: null, before: seen, after: seen });
    }
    case 'observed':
      return ended({ kind, lacking: ['update configmaps aws-auth in kube-system'] }, { plan });
    case 'awaiting-approval':
      return { plan, state: { kind, since: plan.madeAt, expiresAt: plan.madeAt + 24 * HOUR } };
    case 'rejected':
      return ended({ kind, decision: { by: APPROVER, at: APPROVED_AT } }, { plan });
    case 'expired':
      return ended({ kind }, { plan });
    case 'withdrawn':
      return ended({ kind, decision: { by: REQUESTER, at: APPROVED_AT } }, { plan });
    default:
      return fieldsOfStarted(kind, plan);
  }
}

type StartedKind = Extract<
  RunState['kind'],
  'running' | 'waiting' | 'stopped' | 'succeeded' | 'succeeded-uncommitted' | 'aborted'
>;

function fieldsOfStarted(kind: StartedKind, plan: Plan): Partial<Run> {
  const first = plan.steps.find((step) => step.phase === 'control-plane') ?? plan.steps[0];
  const deletion = plan.steps.find((step) => step.phase === 'node-groups' && step.action === 'delete') ?? first;
  if (first === undefined || deletion === undefined) throw new Error('a run with an empty plan cannot start');
  const common: Partial<Run> = {
    plan,
    approval: { by: APPROVER, at: APPROVED_AT, planHash: plan.hash },
    startedAt: STARTED_AT,
    before: snapshot(plan.from, ['core-a', 'nb-small', 'nb-large', 'dask-worker']),
  };
  const failed = progressUpTo(plan, first.id, failedStep(plan.steps.indexOf(first)));
  const cause: StopCause = { kind: 'step-failed', stepId: first.id, failure: aFailure };
  const after = snapshot(plan.to, ['core-b', 'nb-small', 'nb-large', 'dask-worker']);
  const abort = { by: REQUESTER, at: STARTED_AT + 40 * MINUTE };
  switch (kind) {
    case 'running':
      return { ...common, state: { kind }, steps: progressUpTo(plan, first.id) };
    case 'waiting':
      return {
        ...common,
        state: { kind },
        steps: progressUpTo(plan, deletion.id),
        gates: [anActivityGate(deletion.id)],
      };
    case 'stopped':
      return { ...common, state: { kind }, steps: failed, stops: [aStop(cause)] };
    case 'succeeded':
      return ended({ kind }, { ...common, after, steps: allDone(plan) });
    case 'succeeded-uncommitted': {
      const failure: Failure = {
        code: 'PushRejected',
        message: 'the remote refused the branch eks-upgrade/coast-1.24',
        remedy: 'push the change shown in the thread by hand',
        detail: null,
      };
      const steps = { ...allDone(plan), 'commit-config': failedStep(plan.steps.length - 1, failure) };
      return ended({ kind, failure }, { ...common, after, steps });
    }
    case 'aborted':
      return ended(
        { kind, decision: abort },
        { ...common, steps: failed, stops: [aStop(cause, { kind: 'aborted', ...abort })] },
      );
    default:
      kind satisfies never;
      return {};
  }
}

/** States a run can be in though no plan could be made. */
function beforeAPlan(kind: RunState['kind']): Partial<Run> {
  const failure: Failure = {
    code: 'AccessDenied',
    message: 'AWS says AccessDenied for eks:DescribeCluster',
    remedy: "give the bot's role the policy in docs/iam-policy.json",
    detail: null,
  };
  const cause: StopCause = { kind: 'planning-failed', failure };
  if (kind === 'stopped') return { state: { kind }, stops: [aStop(cause)] };
  if (kind !== 'aborted') throw new Error(`a run without a plan cannot be ${kind}`);
  const abort = { by: REQUESTER, at: ASKED_AT + HOUR };
  return ended({ kind, decision: abort }, { stops: [aStop(cause, { kind: 'aborted', ...abort })] });
}

function ended(state: RunState, fields: Partial<Run>): Partial<Run> {
  const decidedAt = 'decision' in state ? state.decision.at : undefined;
  return {
    ...fields,
    state,
    endedAt: decidedAt ?? (fields.startedAt ? fields.startedAt + 66 * MINUTE : ASKED_AT + 3 * MINUTE),
  };
}
