import { healthBefore } from '#src/domain/cluster-health.ts';
import type { Plan } from '#src/domain/plan.ts';
import { isNotSeen, mapsItself } from '#src/domain/self-mapping.ts';
import type { AccessWish } from '#src/ports/kubernetes.ts';
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
        remedy: 'Apply docs/rbac.yaml to the cluster (or map the bot to system:masters), then press Check again',
      });
    case 'unauthorized':
      return mapItself(context);
    default:
      review satisfies never;
      throw new Error(`unknown access review ${JSON.stringify(review)}`);
  }
};

const APPS = { group: 'apps', namespace: 'kube-system' } as const;

const READS: AccessWish[] = [
  { verb: 'list', group: '', resource: 'nodes' },
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  { verb: 'list', group: 'apps', resource: 'statefulsets' },
  { verb: 'list', group: 'apps', resource: 'daemonsets' },
  { verb: 'get', resource: 'daemonsets', name: 'aws-node', ...APPS },
  { verb: 'get', resource: 'daemonsets', name: 'kube-proxy', ...APPS },
  { verb: 'get', resource: 'deployments', name: 'coredns', ...APPS },
];

/** eksctl replaces these objects whole; the runAsNonRoot patch of aws-node is the bot's own. */
const REPLACES_ADDONS: AccessWish[] = [
  { verb: 'patch', resource: 'daemonsets', name: 'aws-node', ...APPS },
  { verb: 'update', resource: 'daemonsets', name: 'aws-node', ...APPS },
  { verb: 'update', resource: 'daemonsets', name: 'kube-proxy', ...APPS },
  { verb: 'update', resource: 'deployments', name: 'coredns', ...APPS },
  ...['amazon-vpc-cni', 'coredns'].flatMap((name) =>
    ['get', 'update'].map((verb) => ({ verb, group: '', resource: 'configmaps', namespace: 'kube-system', name })),
  ),
];

/** Nodes are closed for new servers before their group is deleted or updated. */
const CLOSES_NODES: AccessWish[] = [
  { verb: 'get', group: '', resource: 'nodes' },
  { verb: 'patch', group: '', resource: 'nodes' },
];

/** eksctl maps the roles of new groups here and takes those of deleted ones out. */
const REPLACES_GROUPS: AccessWish[] = [
  { verb: 'get', group: '', resource: 'configmaps', namespace: 'kube-system', name: 'aws-auth' },
  { verb: 'update', group: '', resource: 'configmaps', namespace: 'kube-system', name: 'aws-auth' },
];

/** What runs on an old core group is moved before that is deleted. */
const MOVES_CORE: AccessWish[] = [
  { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
  { verb: 'delete', group: '', resource: 'pods' },
  { verb: 'list', group: 'policy', resource: 'poddisruptionbudgets' },
  { verb: 'get', group: '', resource: 'persistentvolumeclaims' },
  { verb: 'get', group: '', resource: 'persistentvolumes' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  { verb: 'list', group: 'apps', resource: 'statefulsets' },
];

/** Everything Kubernetes must allow for this plan. */
export function wishesOf({ steps }: Plan): AccessWish[] {
  const usesEksctlAddons = steps.some(
    (step) => step.phase === 'add-ons' && step.addons.some(({ kind }) => kind === 'eksctl'),
  );
  const replacesGroups = steps.some((step) => step.phase === 'node-groups' && step.action !== 'update-managed');
  const closesNodes = steps.some((step) => step.phase === 'node-groups');
  const movesCore = steps.some(
    (step) => step.phase === 'node-groups' && step.action === 'delete' && step.role === 'core' && step.drain !== false,
  );
  return [
    ...READS,
    ...(closesNodes ? CLOSES_NODES : []),
    ...(usesEksctlAddons ? REPLACES_ADDONS : []),
    ...(replacesGroups ? REPLACES_GROUPS : []),
    ...(movesCore ? MOVES_CORE : []),
  ];
}

export function wishText({ verb, resource, subresource, namespace, name }: AccessWish): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
