import type { V1ConfigMap } from '@kubernetes/client-node';
import type { CoreAddon } from '#src/domain/observation.ts';
import type {
  AccessReview,
  AccessWish,
  AddonWorkload,
  Kubernetes,
  KubernetesSight,
  PrincipalMapping,
} from '#src/ports/kubernetes.ts';
import { addonObjects } from './addon-objects.ts';
import { groupsOf, rolesIn, withNodeRoles, withPrincipal } from './aws-auth.ts';
import { concurrently } from './concurrently.ts';
import type { KubernetesApis } from './kubernetes-client.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { apiMessage, isApiFailure, isNotFound, isUnauthorized } from './kubernetes-errors.ts';
import { listAll } from './kubernetes-list.ts';
import { goesWithItsNode, mainImage, toObservedNode, toUserPods, WORKLOADS } from './kubernetes-mapping.ts';
import { setPhaseOut } from './kubernetes-phase-out.ts';
import { daemonSetRollout, deploymentRollout, podProblems } from './kubernetes-rollout.ts';
import { listPendingPods, listWorkloads } from './kubernetes-workloads.ts';
import { reachApiServer } from './reach-api-server.ts';

const NAMESPACE = 'kube-system';
const IN_FLIGHT = 4;

export function createKubernetes(connection: KubernetesConnection): Kubernetes {
  return {
    ...createKubernetesSight(connection),
    mapPrincipal: (mapping) => mapPrincipal(connection, mapping),
    setPhaseOut: (node, on) => setPhaseOut(connection, node, on),
    changeNodeRoles: (change) => changeNodeRoles(connection, change),
    patchAwsNodeRunAsNonRoot: () => patchAwsNodeRunAsNonRoot(connection),
  };
}

/** Without the calls that change something. */
export function createKubernetesSight(connection: KubernetesConnection): KubernetesSight {
  const { use } = connection;
  return {
    reach: (server) => reachApiServer(server),
    reviewAccess: (wishes) => reviewAccess(connection, wishes),
    serverVersion: async () => (await use('get /version', ({ version }) => version.getCode())).gitVersion,
    nodes: async () => {
      const nodes = await listAll((page) => use('list nodes', ({ core }) => core.listNode(page)));
      return nodes.map(toObservedNode);
    },
    visitors: async (node) => {
      const pods = await listAll((page) =>
        use(`list pods on ${node}`, ({ core }) =>
          core.listPodForAllNamespaces({ ...page, fieldSelector: `spec.nodeName=${node}` }),
        ),
      );
      return pods.filter(goesWithItsNode).map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
    },
    userPods: async (selectors) => {
      const pods = await concurrently(IN_FLIGHT, selectors, (labelSelector) =>
        listAll((page) =>
          use(`list pods ${labelSelector}`, ({ core }) =>
            core.listPodForAllNamespaces({
              ...page,
              labelSelector,
              fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
            }),
          ),
        ),
      );
      return toUserPods(pods.flat());
    },
    addonWorkload: (addon) => addonWorkload(connection, addon),
    addonObjects: (addon) => addonObjects(connection, addon),
    mappedRoles: async () => {
      const map = await readAwsAuth(connection);
      return map === null ? null : rolesIn(map.data?.mapRoles ?? '');
    },
    mappedGroups: async (arn) => {
      const map = await readAwsAuth(connection);
      return map === null ? null : groupsOf(map.data ?? {}, arn);
    },
    workloads: () => listWorkloads(connection),
    pendingPods: () => listPendingPods(connection),
  };
}

/** The first wish is asked alone: when the bot is not known at all, one 401 says so. */
async function reviewAccess(connection: KubernetesConnection, wishes: AccessWish[]): Promise<AccessReview> {
  const [first, ...others] = wishes;
  if (first === undefined) return { kind: 'allowed' };
  const answer = await reviewOne(connection, first);
  if (answer.kind === 'unauthorized') return answer;
  const answers = [answer, ...(await concurrently(IN_FLIGHT, others, (wish) => reviewOne(connection, wish)))];
  const unauthorized = answers.find(({ kind }) => kind === 'unauthorized');
  if (unauthorized !== undefined) return unauthorized;
  const missing = wishes.filter((_, i) => answers[i]?.kind === 'denied');
  return missing.length === 0 ? { kind: 'allowed' } : { kind: 'denied', missing };
}

function reviewOne({ use }: KubernetesConnection, wish: AccessWish): Promise<AccessReview> {
  const { verb, resource, name } = wish;
  return use<AccessReview>(
    `may I ${verb} ${resource}${name === undefined ? '' : ` ${name}`}`,
    async ({ authorization }) => {
      const { status } = await authorization.createSelfSubjectAccessReview({
        body: { spec: { resourceAttributes: { ...wish } } },
      });
      return status?.allowed === true ? { kind: 'allowed' } : { kind: 'denied', missing: [wish] };
    },
    (error) =>
      isUnauthorized(error) && isApiFailure(error) ? { kind: 'unauthorized', message: apiMessage(error) } : undefined,
  );
}

async function addonWorkload(connection: KubernetesConnection, addon: CoreAddon): Promise<AddonWorkload | null> {
  const { kind, name, app } = WORKLOADS[addon];
  const found = kind === 'DaemonSet' ? await readDaemonSet(connection, name) : await readDeployment(connection, name);
  if (found === null) return null;
  // All pods are there and available: none of them waits, and the list need not be asked for.
  return { kind, ...found, podProblems: found.rolledOut ? [] : await problemsOf(connection, app) };
}

type Found = Pick<AddonWorkload, 'image' | 'rolledOut' | 'progress'>;

function readDaemonSet({ use }: KubernetesConnection, name: string): Promise<Found | null> {
  const read = async ({ apps }: KubernetesApis): Promise<Found> => {
    const set = await apps.readNamespacedDaemonSet({ name, namespace: NAMESPACE });
    return { image: mainImage(set.spec?.template.spec?.containers, name), ...daemonSetRollout(set) };
  };
  return use<Found | null>(`get daemonset ${name}`, read, nullIfMissing);
}

function readDeployment({ use }: KubernetesConnection, name: string): Promise<Found | null> {
  const read = async ({ apps }: KubernetesApis): Promise<Found> => {
    const deployment = await apps.readNamespacedDeployment({ name, namespace: NAMESPACE });
    return { image: mainImage(deployment.spec?.template.spec?.containers, name), ...deploymentRollout(deployment) };
  };
  return use<Found | null>(`get deployment ${name}`, read, nullIfMissing);
}

async function problemsOf({ use }: KubernetesConnection, app: string): Promise<string[]> {
  const pods = await listAll((page) =>
    use(`list pods of ${app}`, ({ core }) =>
      core.listNamespacedPod({ ...page, namespace: NAMESPACE, labelSelector: `k8s-app=${app}` }),
    ),
  );
  return podProblems(pods);
}

const AWS_AUTH = { name: 'aws-auth', namespace: NAMESPACE };

function readAwsAuth({ use }: KubernetesConnection): Promise<V1ConfigMap | null> {
  return use<V1ConfigMap | null>(
    'get configmap aws-auth',
    ({ core }) => core.readNamespacedConfigMap(AWS_AUTH),
    nullIfMissing,
  );
}

/** The object is replaced with the resourceVersion it was read with: a change by somebody else in between is a conflict. */
async function changeNodeRoles(
  connection: KubernetesConnection,
  change: { add: string[]; remove: string[] },
): Promise<void> {
  const map = await readAwsAuth(connection);
  if (map === null) {
    if (change.add.length === 0) return;
    return createAwsAuth(connection, { mapRoles: withNodeRoles('', { ...change, remove: [] }) });
  }
  const before = map.data?.mapRoles ?? '';
  const mapRoles = withNodeRoles(before, change);
  if (mapRoles === before) return;
  await replaceAwsAuth(connection, map, { ...map.data, mapRoles });
}

async function mapPrincipal(connection: KubernetesConnection, mapping: PrincipalMapping): Promise<void> {
  const map = await readAwsAuth(connection);
  if (map !== null && groupsOf(map.data ?? {}, mapping.arn) !== null) return;
  const data = { ...withPrincipal(map?.data ?? {}, mapping) };
  await (map === null ? createAwsAuth(connection, data) : replaceAwsAuth(connection, map, data));
}

/** As eksctl does for the first group of a cluster. One that somebody made meanwhile is a conflict, and is read next time. */
async function createAwsAuth({ use }: KubernetesConnection, data: Record<string, string>): Promise<void> {
  const body = { metadata: AWS_AUTH, data };
  await use('create configmap aws-auth', ({ core }) => core.createNamespacedConfigMap({ namespace: NAMESPACE, body }));
}

async function replaceAwsAuth(
  { use }: KubernetesConnection,
  map: V1ConfigMap,
  data: Record<string, string>,
): Promise<void> {
  const body = Object.assign(map, { data });
  await use('replace configmap aws-auth', ({ core }) => core.replaceNamespacedConfigMap({ ...AWS_AUTH, body }));
}

/** https://github.com/eksctl-io/eksctl/issues/6048: only null removes a field in a strategic merge; the name finds the container. */
async function patchAwsNodeRunAsNonRoot({ use }: KubernetesConnection): Promise<void> {
  const securityContext = { runAsNonRoot: null, allowPrivilegeEscalation: null };
  const body = { spec: { template: { spec: { containers: [{ name: 'aws-node', securityContext }] } } } };
  await use('patch daemonset aws-node', async ({ apps }) => {
    // client-node takes a patch for a JSON patch unless it is told otherwise.
    const { PatchStrategy, setHeaderOptions } = await import('@kubernetes/client-node');
    await apps.patchNamespacedDaemonSet(
      { name: 'aws-node', namespace: NAMESPACE, body },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    );
  });
}

function nullIfMissing(error: unknown): null | undefined {
  return isNotFound(error) ? null : undefined;
}
