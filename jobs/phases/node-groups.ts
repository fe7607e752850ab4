import type { PhaseRunner } from '../phase.ts';
import { createGroups } from './node-groups-create.ts';
import { deleteGroups } from './node-groups-delete.ts';
import { updateManagedGroups } from './node-groups-managed.ts';
import { proveGroups } from './node-groups-prove.ts';

/** Three ways to bring node groups to a version, and one to show that they are there; which one, and for which groups, the plan says. */
export const nodeGroups: PhaseRunner<'node-groups'> = (context) => {
  const { step } = context;
  switch (step.action) {
    case 'create':
      return createGroups({ ...context, step });
    case 'delete':
      return deleteGroups({ ...context, step });
    case 'update-managed':
      return updateManagedGroups({ ...context, step });
    case 'prove':
      return proveGroups({ ...context, step });
    default:
      step satisfies never;
      throw new Error(`unknown action ${JSON.stringify(step)}`);
  }
};
