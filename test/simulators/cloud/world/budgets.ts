import type { JsonObject } from '../json.ts';
import { numberAt, objectAt, textAt, textsAt } from '../json.ts';
import { putObject } from './objects.ts';
import { isPlaced, readyPods } from './placement.ts';
import type { Cluster, World } from './world.ts';

/** A PodDisruptionBudget as far as evictions are concerned. `selector`: labels that a pod must have. */
export type Budget = {
  namespace: string;
  name: string;
  selector: Record<string, string>;
  spec: JsonObject;
  healthy: number;
  desired: number;
};

/** The add-on coredns brings a budget since v1.9.3-eksbuild.6: https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html */
export function seedBudgets(cluster: Cluster, then: number): void {
  putObject(
    cluster,
    `${PATH}/namespaces/kube-system/poddisruptionbudgets/coredns`,
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: {},
      spec: { maxUnavailable: 1, selector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
    },
    then,
  );
}

const PATH = '/apis/policy/v1';

/**
 * Stored budgets, and those of the faults `budget-blocks` (one that never lets the hub go) and `two-budgets`. Counted as the
 * disruption controller does: pods that are ending are not healthy
 * (kubernetes `pkg/controller/disruption/disruption.go`).
 */
function budgetsOf(world: World, cluster: Cluster): Budget[] {
  const stored = [...cluster.objects].filter(([path]) => path.startsWith(`${PATH}/namespaces/`));
  const budgets = stored.map(([, object]) => ({
    namespace: textAt(object.metadata, 'namespace') ?? '',
    name: textAt(object.metadata, 'name') ?? '',
    spec: objectAt(object, 'spec'),
  }));
  return [...budgets, ...ofFaults(world, cluster)].map((budget) => ({ ...budget, ...counted(world, cluster, budget) }));
}

type Found = { namespace: string; name: string; spec: JsonObject };

function ofFaults({ faults }: World, cluster: Cluster): Found[] {
  const hub = { selector: { matchLabels: { 'app.kubernetes.io/name': 'hub' } } };
  const named = (name: string, spec: JsonObject): Found => ({ namespace: 'prod', name, spec: { ...spec, ...hub } });
  return [
    ...(faults.isOn(cluster.name, 'budget-blocks') ? [named('hub', { minAvailable: 1 })] : []),
    ...(faults.isOn(cluster.name, 'two-budgets')
      ? [named('hub-by-the-chart', { maxUnavailable: 1 }), named('hub-by-hand', { maxUnavailable: 1 })]
      : []),
  ];
}

function counted(world: World, cluster: Cluster, { namespace, spec }: Found) {
  const selector = textsAt(spec, 'selector', 'matchLabels');
  const covered = [...cluster.objects].filter(
    ([path, object]) =>
      isPlaced(path) &&
      textAt(object.metadata, 'namespace') === namespace &&
      covers(selector, textsAt(object, 'spec', 'template', 'metadata', 'labels')),
  );
  const expected = covered.reduce((sum, [, object]) => sum + (numberAt(object, 'spec', 'replicas') ?? 1), 0);
  const healthy = covered.reduce((sum, [path]) => sum + readyPods(world, cluster, path).length, 0);
  const desired = numberAt(spec, 'minAvailable') ?? expected - (numberAt(spec, 'maxUnavailable') ?? 0);
  return { selector, healthy, desired };
}

function covers(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** The budgets of a pod. */
export function budgetsOfPod(world: World, cluster: Cluster, pod: JsonObject): Budget[] {
  const labels = textsAt(pod, 'metadata', 'labels');
  const namespace = textAt(pod, 'metadata', 'namespace');
  return budgetsOf(world, cluster).filter(
    (budget) => budget.namespace === namespace && covers(budget.selector, labels),
  );
}

export function budgetObjects(world: World, cluster: Cluster, version: string): JsonObject[] {
  return budgetsOf(world, cluster).map(({ namespace, name, spec, healthy, desired }) => ({
    apiVersion: `policy/${version}`,
    kind: 'PodDisruptionBudget',
    metadata: { namespace, name },
    spec,
    status: {
      currentHealthy: healthy,
      desiredHealthy: desired,
      disruptionsAllowed: Math.max(0, healthy - desired),
    },
  }));
}
