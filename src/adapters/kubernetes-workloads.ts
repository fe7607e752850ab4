import type { Workload } from '#src/domain/cluster-health.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { listAll } from './kubernetes-list.ts';

type Named = { metadata?: { namespace?: string; name?: string } };

/** Of all namespaces. What has no number of replicas wants one, as Kubernetes has it. */
export async function listWorkloads({ use }: KubernetesConnection): Promise<Workload[]> {
  const [deployments, statefulSets, daemonSets] = await Promise.all([
    listAll((page) => use('list deployments', ({ apps }) => apps.listDeploymentForAllNamespaces(page))),
    listAll((page) => use('list statefulsets', ({ apps }) => apps.listStatefulSetForAllNamespaces(page))),
    listAll((page) => use('list daemonsets', ({ apps }) => apps.listDaemonSetForAllNamespaces(page))),
  ]);
  return [
    ...deployments.map((one) => workload('Deployment', one, one.status?.readyReplicas, one.spec?.replicas ?? 1)),
    ...statefulSets.map((one) => workload('StatefulSet', one, one.status?.readyReplicas, one.spec?.replicas ?? 1)),
    ...daemonSets.map((one) =>
      workload('DaemonSet', one, one.status?.numberReady, one.status?.desiredNumberScheduled ?? 0),
    ),
  ];
}

function workload(kind: Workload['kind'], { metadata }: Named, ready: number | undefined, wanted: number): Workload {
  return { kind, namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', ready: ready ?? 0, wanted };
}

export async function listPendingPods({ use }: KubernetesConnection): Promise<string[]> {
  const pods = await listAll((page) =>
    use('list pending pods', ({ core }) =>
      core.listPodForAllNamespaces({ ...page, fieldSelector: 'status.phase=Pending' }),
    ),
  );
  return pods.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).sort();
}
