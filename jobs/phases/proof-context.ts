import type { NodeGroupsContext } from './node-groups-context.ts';

export type ProofContext = Pick<
  NodeGroupsContext<'prove'>,
  'deps' | 'cloud' | 'cluster' | 'run' | 'step' | 'progress' | 'now' | 'confirmClaim'
>;
