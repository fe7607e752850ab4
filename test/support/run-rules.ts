import type { Plan } from '#src/domain/plan.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import { hasActed } from '#src/domain/run-progress.ts';

/** The run itself, when it could really happen; throws with every broken rule otherwise. */
export function expectAllowed(run: Run): Run {
  const broken = [...(run.plan === null ? [] : brokenPlanRules(run.plan)), ...brokenRunRules(run)];
  if (broken.length > 0) throw new Error(`this run could not happen: ${broken.join('; ')}`);
  return run;
}

function brokenPlanRules(plan: Plan): string[] {
  const ids = plan.steps.map((step) => step.id);
  const known = new Set<string>();
  const broken: string[] = [];
  for (const step of plan.steps) {
    if (known.has(step.id)) broken.push(`step ${step.id} is there twice`);
    for (const id of step.after)
      if (!known.has(id)) broken.push(`step ${step.id} waits for ${id}, which is not before it`);
    known.add(step.id);
  }
  if (!/^[0-9a-f]{64}$/.test(plan.hash)) broken.push(`the plan hash "${plan.hash}" is not sha256 hex`);
  if (ids.length > 0 && plan.from === plan.to) broken.push(`a plan from ${plan.from} to itself has steps`);
  return broken;
}

function brokenRunRules(run: Run): string[] {
  const { kind } = run.state;
  const started = run.startedAt !== null;
  const rules: [boolean, string][] = [
    [run.plan !== null && run.plan.cluster !== run.cluster, 'the plan is for another cluster'],
    [run.plan !== null && run.plan.to !== run.to, 'the plan is for another version'],
    [
      run.plan === null && !['planning', 'nothing-to-do', 'stopped', 'aborted'].includes(kind),
      `there is no plan in state ${kind}`,
    ],
    [run.approval?.by === run.requestedBy, 'the requester approved'],
    [
      run.approval !== null &&
        run.approval.planHash !== run.plan?.hash &&
        run.approval.planHash !== run.supersededPlan?.hash,
      'the approval is for an unknown plan',
    ],
    [
      ['running', 'waiting', 'succeeded', 'succeeded-uncommitted'].includes(kind) && run.approval === null,
      `there is no approval in state ${kind}`,
    ],
    [started && run.approval === null, 'it started without an approval'],
    [['waiting', 'succeeded', 'succeeded-uncommitted'].includes(kind) && !started, `it did not start and is ${kind}`],
    [
      ['refused', 'nothing-to-do', 'observed', 'rejected', 'expired', 'withdrawn'].includes(kind) && started,
      `it started and is ${kind}`,
    ],
    [kind === 'refused' && run.plan?.refusals.length === 0, 'it is refused without a reason'],
    [
      !['refused', 'observed'].includes(kind) && (run.plan?.refusals.length ?? 0) > 0,
      `the plan has refusals in state ${kind}`,
    ],
    [hasEnded(run) !== (run.endedAt !== null), 'endedAt does not go with the state'],
    [
      (kind === 'waiting') !== (run.gates.at(-1)?.resolution.kind === 'open'),
      'the last gate does not go with the state',
    ],
    [
      kind !== 'running' && (kind === 'stopped') !== (run.stops.at(-1)?.resolution.kind === 'open'),
      'the last stop does not go with the state',
    ],
    [run.gates.slice(0, -1).some((gate) => gate.resolution.kind === 'open'), 'an earlier gate is open'],
    [
      run.stops.slice(0, -1).some((stop) => stop.resolution.kind === 'open') &&
        run.stops.at(-1)?.resolution.kind !== 'open',
      'an earlier stop is open',
    ],
    [
      kind === 'running' && run.stops.at(-1)?.resolution.kind === 'open' && !someStepIsAtWork(run),
      'it is about to stop, and no step is at work',
    ],
    [
      ['succeeded', 'succeeded-uncommitted'].includes(kind) && run.after === null,
      'nobody looked at the cluster after it',
    ],
    [!started && Object.keys(run.steps).length > 0, 'a step began before the run'],
  ];
  return [...rules.filter(([isBroken]) => isBroken).map(([, rule]) => rule), ...brokenStepRules(run)];
}

function someStepIsAtWork(run: Run): boolean {
  return Object.keys(run.steps).some((stepId) => hasActed(run, stepId));
}

function brokenStepRules(run: Run): string[] {
  const steps = run.plan?.steps ?? [];
  const ids = new Set(steps.map((step) => step.id));
  const mentioned = [
    ...Object.keys(run.steps),
    ...run.gates.map((gate) => gate.stepId),
    ...run.stops.flatMap(({ cause }) => (cause.kind === 'step-failed' ? [cause.stepId] : [])),
  ];
  const unknown = mentioned.filter((id) => !ids.has(id)).map((id) => `the plan has no step ${id}`);
  const early = steps.flatMap((step) =>
    run.steps[step.id] === undefined
      ? []
      : step.after
          .filter((id) => run.steps[id]?.kind !== 'done')
          .map((id) => `step ${step.id} began before ${id} was done`),
  );
  const open = steps.filter((step) => run.state.kind === 'succeeded' && run.steps[step.id]?.kind !== 'done');
  return [...unknown, ...early, ...open.map((step) => `it succeeded and step ${step.id} is not done`)];
}
