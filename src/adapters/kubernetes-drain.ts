import type { V1Deployment, V1Node, V1StatefulSet } from '@kubernetes/client-node';
import type { PodBudget, PodOnNode, PodOwner, PodVolume } from '#src/domain/pod-on-node.ts';
import type { DrainNode, NodeDrain } from '#src/ports/node-drain.ts';
import { concurrently } from './concurrently.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { isConflict, isNotFound } from './kubernetes-errors.ts';
import { evict, evictionVersionOf, type PolicyVersion } from './kubernetes-eviction.ts';
import { listAll } from './kubernetes-list.ts';
import { toObservedNode } from './kubernetes-mapping.ts';
import { type ApiBudget, isFinished, toBudget, toPodOnNode, toRoom, zonesOf } from './kubernetes-pods.ts';

/** Whose cordon it is: only the run that set it lifts it. */
const CORDONED_BY = 'eks-upgrade/cordoned-by';

const IN_FLIGHT = 4;

export function createNodeDrain(connection: KubernetesConnection): NodeDrain {
  const { use } = connection;
  const policyVersion = evictionVersionOf(connection);
  return {
    nodes: async () => (await listAll((page) => use('list nodes', ({ core }) => core.listNode(page)))).map(toDrainNode),
    podsOn: async (nodes) => {
      const lists = await concurrently(IN_FLIGHT, nodes, (node) =>
        listAll((page) =>
          use(`list pods on ${node}`, ({ core }) =>
            core.listPodForAllNamespaces({ ...page, fieldSelector: `spec.nodeName=${node}` }),
          ),
        ),
      );
      return lists
        .flat()
        .filter((pod) => !isFinished(pod))
        .map(toPodOnNode);
    },
    volumesOf: async (pods) => {
      const claims = pods.flatMap((pod) => pod.claims.map((claim) => ({ pod, claim })));
      return (await concurrently(IN_FLIGHT, claims, (claim) => readVolume(connection, claim))).flat();
    },
    budgetsIn: async (namespaces) => {
      const version = await policyVersion();
      const lists = await concurrently(IN_FLIGHT, namespaces, (namespace) =>
        listBudgets(connection, namespace, version),
      );
      return lists.flat();
    },
    readiness: (owner) => readReadiness(connection, owner),
    cordon: ({ node, runId }) => {
      const metadata = { annotations: { [CORDONED_BY]: runId } };
      return patchNode(connection, node, { metadata, spec: { unschedulable: true } });
    },
    uncordon: (cordon) => uncordon(connection, cordon),
    evict: async (pod) => evict(connection, pod, await policyVersion()),
    deletePod: async ({ namespace, name, uid }) => {
      await use<unknown>(
        `delete pod ${namespace}/${name}`,
        ({ core }) => core.deleteNamespacedPod({ namespace, name, body: { preconditions: { uid } } }),
        (error) => (isNotFound(error) || isConflict(error) ? 'gone' : undefined),
      );
    },
  };
}

function toDrainNode(node: V1Node): DrainNode {
  const { name, group, ready, unschedulable } = toObservedNode(node);
  const labels = node.metadata?.labels ?? {};
  return {
    name,
    group,
    ready,
    unschedulable,
    cordonedBy: node.metadata?.annotations?.[CORDONED_BY] ?? null,
    zone: labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? null,
    allocatable: toRoom(node.status?.allocatable),
  };
}

/** A claim that is not bound, or not there, holds no volume yet. */
async function readVolume(
  { use }: KubernetesConnection,
  { pod, claim: name }: { pod: PodOnNode; claim: string },
): Promise<PodVolume[]> {
  const { namespace } = pod;
  const claim = await use(
    `get claim ${namespace}/${name}`,
    ({ core }) => core.readNamespacedPersistentVolumeClaim({ namespace, name }),
    noneIfMissing,
  );
  const volumeName = claim.spec?.volumeName;
  if (volumeName === undefined) return [];
  const volume = await use(
    `get volume ${volumeName}`,
    ({ core }) => core.readPersistentVolume({ name: volumeName }),
    noneIfMissing,
  );
  return [{ pod: pod.uid, claim: `${namespace}/${name}`, zones: zonesOf(volume) }];
}

function noneIfMissing(error: unknown): Record<string, never> | undefined {
  return isNotFound(error) ? {} : undefined;
}

/** client-node has types of policy/v1 only. */
async function listBudgets(
  { use }: KubernetesConnection,
  namespace: string,
  version: PolicyVersion,
): Promise<PodBudget[]> {
  const list = await use(`list budgets in ${namespace}`, ({ custom }) =>
    custom.listNamespacedCustomObject({ group: 'policy', version, namespace, plural: 'poddisruptionbudgets' }),
  );
  const { items } = list as { items: ApiBudget[] };
  return items.map((budget) => toBudget(budget, version));
}

/** Listed by name, because the right to list them is needed anyway. */
async function readReadiness(
  { use }: KubernetesConnection,
  { kind, namespace, name }: PodOwner,
): Promise<{ ready: number; wanted: number } | null> {
  const what = `list ${kind.toLowerCase()} ${namespace}/${name}`;
  const query = { namespace, fieldSelector: `metadata.name=${name}` };
  const list = async (): Promise<(V1Deployment | V1StatefulSet)[]> => {
    if (kind === 'Deployment') return (await use(what, ({ apps }) => apps.listNamespacedDeployment(query))).items;
    if (kind === 'StatefulSet') return (await use(what, ({ apps }) => apps.listNamespacedStatefulSet(query))).items;
    return [];
  };
  const [workload] = await list();
  if (workload === undefined) return null;
  return { ready: workload.status?.readyReplicas ?? 0, wanted: workload.spec?.replicas ?? 1 };
}

/** With the resourceVersion it was read with: a cordon that somebody sets in between is a conflict, and theirs. */
async function uncordon(
  connection: KubernetesConnection,
  { node, runId }: { node: string; runId: string },
): Promise<void> {
  const list = await connection.use(`list node ${node}`, ({ core }) =>
    core.listNode({ fieldSelector: `metadata.name=${node}` }),
  );
  const [found] = list.items;
  if (found?.metadata?.annotations?.[CORDONED_BY] !== runId) return;
  const { resourceVersion } = found.metadata;
  const metadata = {
    annotations: { [CORDONED_BY]: null },
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  await patchNode(connection, node, { metadata, spec: { unschedulable: null } });
}

async function patchNode({ use }: KubernetesConnection, name: string, body: object): Promise<void> {
  await use<unknown>(
    `patch node ${name}`,
    async ({ core }) => {
      // client-node takes a patch for a JSON patch unless it is told otherwise.
      const { PatchStrategy, setHeaderOptions } = await import('@kubernetes/client-node');
      return core.patchNode({ name, body }, setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch));
    },
    // A node that has gone meanwhile needs no cordon.
    (error) => (isNotFound(error) ? 'gone' : undefined),
  );
}
