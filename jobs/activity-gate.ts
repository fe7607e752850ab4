import type { PhaseContext, PhaseResult } from './phase.ts';

/**
 * Counted right before something is deleted or replaced. More in use than a named person accepted for this step: the
 * run waits with "Go ahead anyway" and "Abort". null: nobody is in the way.
 */
export async function activityGate({
  deps,
  cloud,
  run,
  step,
}: Pick<PhaseContext<'node-groups'>, 'deps' | 'cloud' | 'run'> & {
  step: { id: string };
}): Promise<PhaseResult | null> {
  const activity = await cloud.kubernetes.activity(deps.fleet.activitySelectors);
  const accepted = run.gates
    .filter(({ stepId, resolution }) => stepId === step.id && resolution.kind === 'passed')
    .reduce((most, gate) => Math.max(most, gate.activity.total), 0);
  return activity.total > accepted ? { kind: 'gate', activity } : null;
}
