import type { PhaseContext, StepOf } from '../phase.ts';

export type NodeGroupsStep<A extends StepOf<'node-groups'>['action']> = Extract<StepOf<'node-groups'>, { action: A }>;

export type NodeGroupsContext<A extends StepOf<'node-groups'>['action']> = Omit<PhaseContext<'node-groups'>, 'step'> & {
  step: NodeGroupsStep<A>;
};
