import type { PodOnNode } from '#src/domain/pod-on-node.ts';
import type { Eviction } from '#src/ports/node-drain.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { apiMessage, causesOf, isApiFailure, isConflict, isNotFound } from './kubernetes-errors.ts';

export type PolicyVersion = 'v1' | 'v1beta1';

/**
 * Which version of the eviction the server takes: policy/v1 from 1.22 on. Asked as kubectl does
 * (https://github.com/kubernetes/kubectl/blob/master/pkg/drain/drain.go, `CheckEvictionSupport`), until it is the newest:
 * a control plane goes only upwards.
 */
export function evictionVersionOf({ use }: KubernetesConnection): () => Promise<PolicyVersion> {
  let newest = false;
  return async () => {
    if (newest) return 'v1';
    const { resources } = await use('list resources of v1', ({ core }) => core.getAPIResources());
    newest = resources.some(({ name, version }) => name === 'pods/eviction' && version === 'v1');
    return newest ? 'v1' : 'v1beta1';
  };
}

/**
 * The pod's own grace is kept. Of a pod that was made again under its name the uid tells: that one stays. What the server
 * says: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/#how-api-initiated-eviction-works
 */
export async function evict(
  { use }: KubernetesConnection,
  { namespace, name, uid }: PodOnNode,
  version: PolicyVersion,
): Promise<Eviction> {
  const body = {
    apiVersion: `policy/${version}`,
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  return use<Eviction>(
    `evict pod ${namespace}/${name}`,
    async ({ core }) => {
      await core.createNamespacedPodEviction({ name, namespace, body });
      return { kind: 'accepted' };
    },
    refusal,
  );
}

/** A 429 without a budget is a busy server, which is an error like any other. */
function refusal(error: unknown): Eviction | undefined {
  if (isNotFound(error) || isConflict(error)) return { kind: 'gone' };
  if (!isApiFailure(error)) return undefined;
  if (error.code === 429 && causesOf(error).includes('DisruptionBudget')) return { kind: 'held' };
  if (error.code === 500 && /more than one PodDisruptionBudget/.test(apiMessage(error)))
    return { kind: 'several-budgets' };
  return undefined;
}
