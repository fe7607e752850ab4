import type { Run } from '#src/domain/run.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import type { WorkerDeps } from './worker-deps.ts';

type Release = { run: Run; confirmClaim: () => Promise<void> };

/**
 * Nodes that this run keeps pods away from take them again: while people are asked, and when the run has stopped or was
 * aborted, nobody knows for how long. Whose a cordon is stands on the node, so nobody else's is lifted. Nodes that go
 * with their stack already stay as they are: what came to them would have to leave once more.
 */
export async function releaseNodes(deps: WorkerDeps, { run, confirmClaim }: Release): Promise<void> {
  if (!mayHoldNodes(run)) return;
  const cluster = clusterOf(deps.fleet, run.cluster);
  const { drain, stacks } = deps.cloudOf(cluster);
  const held = (await drain.nodes()).filter(({ cordonedBy }) => cordonedBy === run.id);
  if (held.length === 0) return;
  const going = (await stacks.list(cluster.name)).flatMap(({ group, status }) =>
    status === 'DELETE_IN_PROGRESS' ? [group] : [],
  );
  for (const { name: node } of held.filter(({ group }) => group === null || !going.includes(group))) {
    await confirmClaim();
    deps.log.info({ ...idsOf(run), node }, 'lifting the cordon of an old core node');
    await drain.uncordon({ node, runId: run.id });
  }
}

/** Before the deletion of a core group has begun, and after it is done, the run holds no node. */
function mayHoldNodes({ plan, steps }: Run): boolean {
  return (plan?.steps ?? []).some(
    (step) =>
      step.phase === 'node-groups' &&
      step.action === 'delete' &&
      step.role === 'core' &&
      steps[step.id] !== undefined &&
      steps[step.id]?.kind !== 'done',
  );
}
