import type { Plan } from '#src/domain/plan.ts';
import type { AccessWish } from '#src/ports/kubernetes.ts';

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
