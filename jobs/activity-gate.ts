import type { GateAbout, GateRecord } from '#src/domain/gate.ts';
import type { Plan, StepId } from '#src/domain/plan.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import type { PhaseContext, PhaseResult, StepOf } from './phase.ts';

/**
 * Counted right before something is deleted or replaced. More in use than a named person accepted for it: the run waits with "Go ahead anyway" and "Abort". null: nobody is in the way.
 */
export async function activityGate({
  deps,
  cloud,
  run,
  plan,
  step,
}: Pick<PhaseContext<'node-groups'>, 'deps' | 'cloud' | 'run' | 'plan'> & {
  step: StepOf<'node-groups'>;
}): Promise<PhaseResult | null> {
  const activity = await cloud.kubernetes.activity(deps.fleet.activitySelectors);
  const accepted = run.gates
    .filter(isAboutActivity)
    .filter(({ stepId, resolution }) => resolution.kind === 'passed' && isAskedWith(step, stepId, plan))
    .reduce((most, gate) => Math.max(most, gate.activity.total), 0);
  return activity.total > accepted ? { kind: 'gate', question: { kind: 'activity', activity } } : null;
}

function isAboutActivity(gate: GateRecord): gate is GateAbout<'activity'> {
  return gate.kind === 'activity';
}

/** Of a rotation that deletes in two steps people are asked once. */
function isAskedWith(step: StepOf<'node-groups'>, stepId: StepId, plan: Plan): boolean {
  if (stepId === step.id) return true;
  const asked = plan.steps.find(({ id }) => id === stepId);
  return asked?.phase === 'node-groups' && isDeletionAt(asked, step.version) && isDeletionAt(step, step.version);
}

function isDeletionAt({ action, version }: StepOf<'node-groups'>, at: KubernetesVersion): boolean {
  return action === 'delete' && version === at;
}
