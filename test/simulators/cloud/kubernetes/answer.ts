import { type KubernetesVersion, minorOf } from '#src/domain/version.ts';
import { mayInKubernetes } from '../authorize.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject, objectAt, textAt, textsAt } from '../json.ts';
import { knownFactsOf } from '../versions.ts';
import { AWS_AUTH_PATH, rememberAwsAuth } from '../world/access.ts';
import { budgetObjects } from '../world/budgets.ts';
import { clusterVersion } from '../world/control-plane.ts';
import { nodesAt } from '../world/instances.ts';
import { CORE_WORKLOADS, containersOf } from '../world/kube-system.ts';
import { putObject } from '../world/objects.ts';
import { settle } from '../world/placement.ts';
import { withStatus } from '../world/rollouts.ts';
import type { Cluster, World } from '../world/world.ts';
import { answerPods } from './answer-pods.ts';
import { changeNode } from './change-node.ts';
import { listOf } from './list.ts';
import { nodeObjects } from './nodes.ts';
import { applyPatch } from './patch.ts';
import type { KubernetesRequest } from './request.ts';
import { objectPath } from './request.ts';
import { find, type Session } from './session.ts';
import { notFound, StatusError } from './status.ts';

/** The answer to an authenticated and authorized request; a StatusError is thrown. */
export function answer(session: Session, request: KubernetesRequest): Json {
  if (request.plural === '') return aboutServer(session, request);
  if (request.group === 'authorization.k8s.io') return reviewAccess(session, request);
  if (request.group === '' && request.plural === 'nodes') return answerNodes(session, request);
  if (request.group === '' && request.plural === 'pods') return answerPods(session, request);
  if (request.group === 'policy' && request.plural === 'poddisruptionbudgets' && request.method === 'GET')
    return answerBudgets(session, request);
  return answerStored(session, request);
}

function aboutServer({ world, cluster }: Session, { path }: KubernetesRequest): Json {
  const version = clusterVersion(cluster, world.clock.now());
  if (path === '/version') {
    const minor = version.slice(2);
    return {
      major: '1',
      minor: `${minor}+`,
      gitVersion: knownFactsOf(version).apiServer,
      platform: 'linux/amd64',
      goVersion: 'go1.24.9',
      compiler: 'gc',
    };
  }
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok';
  if (path === '/api/v1') return coreResources(version);
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
}

/** As much of the list as clients look for: which eviction the server takes. policy/v1 has it from 1.22 on. */
function coreResources(version: KubernetesVersion): Json {
  const eviction = minorOf(version) < 22 ? 'v1beta1' : 'v1';
  return {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      { name: 'nodes', singularName: '', namespaced: false, kind: 'Node', verbs: ['get', 'list', 'patch', 'update'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'Pod', verbs: ['delete', 'get', 'list'] },
      {
        name: 'pods/eviction',
        singularName: '',
        namespaced: true,
        group: 'policy',
        version: eviction,
        kind: 'Eviction',
        verbs: ['create'],
      },
    ],
  };
}

/** policy/v1 from 1.21 on, policy/v1beta1 up to 1.24: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#poddisruptionbudget-v125 */
function answerBudgets({ world, cluster }: Session, request: KubernetesRequest): Json {
  const minor = minorOf(clusterVersion(cluster, world.clock.now()));
  const isServed = request.version === 'v1' ? minor >= 21 : minor < 25;
  if (!isServed) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
  const objects = budgetObjects(world, cluster, request.version);
  if (request.name !== null) return find(objects, request);
  const head = { kind: 'PodDisruptionBudgetList', apiVersion: `policy/${request.version}` };
  return listOf(objects, head, request);
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/ */
function reviewAccess({ world, identity }: Session, request: KubernetesRequest): Json {
  if (request.plural !== 'selfsubjectaccessreviews' || request.method !== 'POST')
    throw notFound(request.plural, request.name ?? '');
  const wish = objectAt(request.body, 'spec', 'resourceAttributes');
  const action = {
    verb: textAt(wish, 'verb') ?? '',
    group: textAt(wish, 'group') ?? '',
    resource: textAt(wish, 'resource') ?? '',
    subresource: textAt(wish, 'subresource') ?? null,
    namespace: textAt(wish, 'namespace') ?? null,
    name: textAt(wish, 'name') ?? null,
  };
  const allowed = mayInKubernetes(world, identity, action);
  const base: JsonObject = isObject(request.body) ? request.body : {};
  return {
    ...base,
    status: {
      allowed,
      ...(allowed ? {} : { reason: `no RBAC policy lets ${identity.username} ${action.verb} ${action.resource}` }),
    },
  };
}

function answerNodes({ world, cluster, actor }: Session, request: KubernetesRequest): Json {
  const objects = nodeObjects(world, cluster);
  if (request.name === null) return listOf(objects, { kind: 'NodeList', apiVersion: 'v1' }, request);
  const node = find(objects, request);
  if (request.method === 'GET') return node;
  const instance = nodesAt(world, cluster, world.clock.now()).find(({ nodeName }) => nodeName === request.name);
  if (instance === undefined) throw notFound('nodes', request.name);
  if (request.method !== 'PATCH' && request.method !== 'PUT')
    throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  const changed =
    request.method === 'PATCH' ? applyPatch(node, request.body ?? null, request.contentType) : objectAt(request.body);
  settle(world, cluster);
  refuseStale(node, changed);
  for (const details of changeNode(instance, changed))
    world.log.record({ cluster: cluster.name, ...actor, node: request.name, ...details });
  return find(nodeObjects(world, cluster), request);
}

/** Optimistic locking of a Node that is changed with the resourceVersion it was read with. */
function refuseStale(node: JsonObject, changed: JsonObject): void {
  const given = textAt(changed, 'metadata', 'resourceVersion');
  if (given === undefined || given === textAt(node, 'metadata', 'resourceVersion')) return;
  throw new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on nodes "${textAt(node, 'metadata', 'name')}": the object has been modified; please apply your changes to the latest version and try again`,
  );
}

function answerStored(session: Session, request: KubernetesRequest): Json {
  const { world, cluster } = session;
  if (request.name === null && request.method === 'GET') return listStored(session, request);
  const name = request.name ?? textAt(request.body, 'metadata', 'name') ?? '';
  const path = objectPath({ ...request, name });
  const known = cluster.objects.get(path);
  if (request.method === 'POST') {
    if (known !== undefined) throw new StatusError(409, 'AlreadyExists', `${request.plural} "${name}" already exists`);
    return store(session, path, objectAt(request.body));
  }
  if (known === undefined) throw notFound(request.plural, name);
  switch (request.method) {
    case 'GET':
      return withStatus(world, cluster, path, known);
    case 'PUT':
      return store(session, path, objectAt(request.body));
    case 'PATCH':
      return store(session, path, applyPatch(known, request.body ?? null, request.contentType));
    case 'DELETE':
      cluster.objects.delete(path);
      if (path === AWS_AUTH_PATH) rememberAwsAuth(cluster, world.clock.now());
      world.log.record({ effect: 'object-deleted', cluster: cluster.name, ...session.actor, path });
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    default:
      throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
}

function listStored({ world, cluster }: Session, request: KubernetesRequest): Json {
  const { group, version, plural, namespace } = request;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const objects = [...cluster.objects].filter(([path]) => {
    const parts = path.slice(prefix.length + 1).split('/');
    const found =
      parts[0] === 'namespaces' && parts.length > 2
        ? { namespace: parts[1], plural: parts[2] }
        : { namespace: undefined, plural: parts[0] };
    return (
      path.startsWith(`${prefix}/`) && found.plural === plural && (namespace === null || found.namespace === namespace)
    );
  });
  const kind = objects[0] === undefined ? 'List' : `${textAt(objects[0][1], 'kind') ?? ''}List`;
  return listOf(
    objects.map(([path, object]) => withStatus(world, cluster, path, object)),
    { kind, apiVersion },
    request,
  );
}

/** Writes an object; a stale resourceVersion is refused (optimistic locking). */
function store({ world, cluster, actor }: Session, path: string, object: JsonObject): Json {
  const now = world.clock.now();
  const known = cluster.objects.get(path);
  const given = textAt(object, 'metadata', 'resourceVersion');
  if (known !== undefined && given !== undefined && given !== known.metadata['resourceVersion']) {
    throw new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on "${path.split('/').at(-1) ?? ''}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
  const { status: _status, ...wanted } = struck(world, cluster, path, object);
  const before = known === undefined ? null : JSON.stringify({ data: known['data'], spec: known['spec'] });
  const stored = putObject(cluster, path, wanted, now);
  if (path === AWS_AUTH_PATH) rememberAwsAuth(cluster, now);
  if (before !== JSON.stringify({ data: stored['data'], spec: stored['spec'] })) {
    const details =
      path === AWS_AUTH_PATH
        ? { data: textsAt(stored, 'data') }
        : { images: containersOf(stored).map((container) => container['image'] ?? '') };
    world.log.record({
      effect: known === undefined ? 'object-created' : 'object-changed',
      cluster: cluster.name,
      ...actor,
      path,
      ...details,
    });
  }
  return withStatus(world, cluster, path, stored);
}

/** Fault `aws-node-run-as-non-root`: a replaced aws-node keeps runAsNonRoot, as in eksctl issue 6048. */
function struck(world: World, cluster: Cluster, path: string, object: JsonObject): JsonObject {
  const imageChanges =
    textAt(containersOf(object)[0], 'image') !== textAt(containersOf(cluster.objects.get(path))[0], 'image');
  if (
    path !== CORE_WORKLOADS['vpc-cni'] ||
    !imageChanges ||
    !world.faults.strikes(cluster.name, 'aws-node-run-as-non-root')
  )
    return object;
  const copy = structuredClone(object);
  const [container] = containersOf(copy);
  if (container !== undefined)
    container['securityContext'] = {
      ...objectAt(container, 'securityContext'),
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
    };
  return copy;
}
