import type { AddonObject } from '#src/domain/addon-settings.ts';
import { isJsonObject, type Json, type JsonObject } from '#src/domain/json.ts';
import type { CoreAddon } from '#src/domain/observation.ts';
import { concurrently } from './concurrently.ts';
import type { KubernetesApis } from './kubernetes-client.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { isNotFound } from './kubernetes-errors.ts';
import { redactSecrets } from './redact-secrets.ts';

type Read = { what: string; read: (apis: KubernetesApis) => Promise<object> };

const IN_FLIGHT = 3;
const namespace = 'kube-system';

/**
 * What `eksctl utils update-…` replaces (pkg/addons/default/{aws_node,coredns,kube_proxy}.go of eksctl 0.230.0). Left out:
 * the ServiceAccount aws-node, which eksctl leaves alone when it is there, and the CRD ENIConfig, which holds no setting.
 */
const OBJECTS: Record<CoreAddon, readonly Read[]> = {
  'kube-proxy': [daemonSet('kube-proxy')],
  'vpc-cni': [daemonSet('aws-node'), configMap('amazon-vpc-cni'), ...roleAndBinding('aws-node')],
  coredns: [
    { what: 'deployment coredns', read: ({ apps }) => apps.readNamespacedDeployment({ name: 'coredns', namespace }) },
    configMap('coredns'),
    { what: 'service kube-dns', read: ({ core }) => core.readNamespacedService({ name: 'kube-dns', namespace }) },
    {
      what: 'serviceaccount coredns',
      read: ({ core }) => core.readNamespacedServiceAccount({ name: 'coredns', namespace }),
    },
    ...roleAndBinding('system:coredns'),
  ],
};

function daemonSet(name: string): Read {
  return { what: `daemonset ${name}`, read: ({ apps }) => apps.readNamespacedDaemonSet({ name, namespace }) };
}

function configMap(name: string): Read {
  return { what: `configmap ${name}`, read: ({ core }) => core.readNamespacedConfigMap({ name, namespace }) };
}

function roleAndBinding(name: string): Read[] {
  return [
    { what: `clusterrole ${name}`, read: ({ rbac }) => rbac.readClusterRole({ name }) },
    { what: `clusterrolebinding ${name}`, read: ({ rbac }) => rbac.readClusterRoleBinding({ name }) },
  ];
}

export async function addonObjects({ use }: KubernetesConnection, addon: CoreAddon): Promise<AddonObject[]> {
  const found = await concurrently(IN_FLIGHT, OBJECTS[addon], ({ what, read }) =>
    use<object | null>(`get ${what}`, read, (error) => (isNotFound(error) ? null : undefined)),
  );
  return found.flatMap((object) =>
    object === null ? [] : [keepable(JSON.parse(JSON.stringify(object)) as JsonObject)],
  );
}

/** What the API server and kubectl keep in an object for themselves. */
const BOOKKEEPING = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'];
const BOOKKEEPING_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
];

/** As it may be shown and kept, and applied again: without status and bookkeeping, secrets taken out. */
export function keepable({ status: _status, ...object }: JsonObject): AddonObject {
  const metadata = without(objectIn(object, 'metadata'), BOOKKEEPING);
  const annotations = without(objectIn(metadata, 'annotations'), BOOKKEEPING_ANNOTATIONS);
  const { annotations: _annotations, ...bare } = metadata;
  const kept = Object.keys(annotations).length === 0 ? bare : { ...bare, annotations };
  return redacted({ ...object, metadata: kept }) as AddonObject;
}

function objectIn(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

function without(object: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
}

/** The place of a value that was taken out; who applies a saved object again has to fill it in. */
const TAKEN_OUT = '[secret]';
const SECRET_NAME = /secret|passw|token|credential|(?:access|api|private|signing|encryption)[-_]?key/i;

/** Environment variables, keys of a ConfigMap and annotations with a name that speaks of secrets, and whatever looks like one. */
function redacted(value: Json, { named = false }: { named?: boolean } = {}): Json {
  if (typeof value === 'string') return redactedText(value);
  if (Array.isArray(value)) return value.map((inner) => redacted(inner));
  if (!isJsonObject(value)) return value;
  const { name } = value;
  const hides = typeof name === 'string' && SECRET_NAME.test(name);
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const isSecret = typeof inner === 'string' && (field === 'value' ? hides : named && SECRET_NAME.test(field));
      return [field, isSecret ? TAKEN_OUT : redacted(inner, { named: field === 'data' || field === 'annotations' })];
    }),
  );
}

/** Beside what looks like a secret everywhere: flags of programs, and what CoreDNS's plugin etcd logs in with. */
function redactedText(text: string): string {
  return redactSecrets(text)
    .replace(
      /(--?[\w-]*(?:secret|passw|token|credential|(?:access|api|private)-?key)[\w-]*[= ])\S+/gi,
      `$1${TAKEN_OUT}`,
    )
    .replace(/^(\s*credentials\s)[^\n{]+/gm, `$1${TAKEN_OUT}`);
}
