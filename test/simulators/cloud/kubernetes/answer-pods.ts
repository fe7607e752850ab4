import { minorOf } from '#src/domain/version.ts';
import type { Json, JsonObject } from '../json.ts';
import { textAt } from '../json.ts';
import { schedulePending } from '../world/activity.ts';
import { budgetsOfPod } from '../world/budgets.ts';
import { clusterVersion } from '../world/control-plane.ts';
import { endPod } from '../world/placement.ts';
import { listOf } from './list.ts';
import { type ListedPod, listedPods } from './pods.ts';
import type { KubernetesRequest } from './request.ts';
import { find, type Session } from './session.ts';
import { StatusError } from './status.ts';

export function answerPods(session: Session, request: KubernetesRequest): Json {
  const { world, cluster } = session;
  schedulePending(world, cluster);
  const pods = listedPods(world, cluster);
  const objects = pods.map(({ object }) => object);
  if (request.name === null) return listOf(objects, { kind: 'PodList', apiVersion: 'v1' }, request);
  const object = find(objects, request);
  if (request.method === 'GET') return object;
  const evicts = request.subresource === 'eviction' && request.method === 'POST';
  if (!evicts && request.method !== 'DELETE')
    throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  const pod = pods.find((one) => one.object === object) ?? { object, placed: null };
  refuseOther(object, { request, evicts });
  if (evicts) refuseEviction(session, request, pod);
  end(session, request, { pod, evicts });
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** A precondition on the uid: kubernetes `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`. */
function refuseOther(
  { metadata }: JsonObject,
  { request: { body }, evicts }: { request: KubernetesRequest; evicts: boolean },
): void {
  const wanted = evicts ? textAt(body, 'deleteOptions', 'preconditions', 'uid') : textAt(body, 'preconditions', 'uid');
  const uid = textAt(metadata, 'uid') ?? '';
  if (wanted === undefined || wanted === uid) return;
  const name = textAt(metadata, 'name') ?? '';
  throw new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on pods "${name}": the UID in the precondition (${wanted}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
  );
}

/** Words of kubernetes `pkg/registry/core/pod/storage/eviction.go`; a pod that is ending is not asked about. */
function refuseEviction({ world, cluster }: Session, request: KubernetesRequest, { object, placed }: ListedPod): void {
  const asked = textAt(request.body, 'apiVersion') ?? '';
  if (asked === 'policy/v1' && minorOf(clusterVersion(cluster, world.clock.now())) < 22)
    throw new StatusError(
      400,
      'BadRequest',
      'no kind "Eviction" is registered for version "policy/v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    );
  if (placed?.endsSince != null) return;
  const budgets = budgetsOfPod(world, cluster, object);
  if (budgets.length > 1)
    throw new StatusError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = budgets;
  if (budget === undefined || budget.healthy > budget.desired) return;
  throw new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget.name} needs ${budget.desired} healthy pods and has ${budget.healthy} currently`,
      },
    ],
  });
}

/** Pods of workloads take their grace, those of users are gone at once; one that is told to end already takes no notice. */
function end(
  { world, cluster, actor }: Session,
  { namespace, name }: KubernetesRequest,
  { pod: { placed }, evicts }: { pod: ListedPod; evicts: boolean },
): void {
  if (placed?.endsSince != null) return;
  if (placed !== null) endPod(world, placed);
  else cluster.userPods = cluster.userPods.filter((user) => user.name !== name || user.namespace !== namespace);
  const effect = evicts ? 'pod-evicted' : 'pod-deleted';
  world.log.record({ effect, cluster: cluster.name, ...actor, namespace, pod: name });
}
