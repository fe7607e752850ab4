import { healthBefore } from '#src/domain/cluster-health.ts';
import { isNotSeen, mapsItself } from '#src/domain/self-mapping.ts';
import { wishesOf, wishText } from '../access-wishes.ts';
import { failed, type PhaseRunner } from '../phase.ts';
import { seeHealth } from '../see-health.ts';
import { mapItself, mappingEvidence, planOtherwise } from './map-itself.ts';

/**
 * Asks Kubernetes whether the bot (and eksctl with the same credentials) may do what the plan needs. Where Kubernetes does
 * not know it, and the plan that was approved says so, the bot maps itself first.
 */
export const access: PhaseRunner<'access'> = async (context) => {
  const { deps, cluster, cloud, plan } = context;
  const wishes = wishesOf(plan);
  const review = await cloud.kubernetes.reviewAccess(wishes);
  switch (review.kind) {
    case 'allowed': {
      const changed = isNotSeen(plan) ? await planOtherwise(context) : null;
      if (changed !== null) return changed;
      const mapped = mapsItself(plan) ? await mappingEvidence(context) : [];
      const evidence = [...mapped, `Kubernetes allows all ${wishes.length} rights the plan needs`];
      if (!isNotSeen(plan)) return { kind: 'done', evidence };
      return { kind: 'done', evidence, healthBefore: healthBefore(await seeHealth(deps, cluster)) };
    }
    case 'denied':
      return failed('MissingRights', `Kubernetes does not let the bot ${review.missing.map(wishText).join(', ')}`, {
        remedy:
          'Apply docs/rbac.yaml in the cluster, see that the bot is mapped to its group, eks-upgrade-bot, then press Check again',
      });
    case 'unauthorized':
      return mapItself(context);
    default:
      review satisfies never;
      throw new Error(`unknown access review ${JSON.stringify(review)}`);
  }
};
