import type { ProofAct, ProofSight } from '#src/domain/empty-group-proof.ts';
import { idsOf } from '../ids-of.ts';
import type { ProofContext } from './proof-context.ts';

/** Changes what the proof asks for. The claim is looked at before each call that AWS or Kubernetes would take from anybody. */
export async function actOnProof(context: ProofContext, sight: ProofSight, proofAct: ProofAct): Promise<void> {
  const { deps, cloud, run, step, confirmClaim } = context;
  const { group, scaling } = sight;
  if (proofAct.kind !== 'phase-out') await confirmClaim();
  switch (proofAct.kind) {
    case 'set-desired':
      deps.log.info(
        { ...idsOf(run, step), group, desired: proofAct.desired },
        'setting the size of a group that is proven by a node',
      );
      return cloud.autoScaling.setDesired({ group: scaling?.name ?? '', desired: proofAct.desired });
    case 'remove-instance':
      deps.log.info({ ...idsOf(run, step), group, ...proofAct }, 'taking away the node that a group was proven by');
      return cloud.autoScaling.removeInstance(proofAct.instanceId);
    case 'phase-out':
      deps.log.info(
        { ...idsOf(run, step), group, ...proofAct },
        'closing the node that a group was proven by, or opening it',
      );
      for (const node of proofAct.nodes) {
        await confirmClaim();
        await cloud.kubernetes.setPhaseOut(node, proofAct.on);
      }
      return;
    default:
      proofAct satisfies never;
      throw new Error(`unknown act ${JSON.stringify(proofAct)}`);
  }
}
