import type { JsonObject } from '../json.ts';
import { putObject } from './objects.ts';
import type { Cluster } from './world.ts';

type Kind = 'Deployment' | 'StatefulSet' | 'DaemonSet';
type HubWorkload = {
  kind: Kind;
  namespace: string;
  name: string;
  image: string;
  replicas?: number;
  claim?: string;
  /** Seconds; 30 when it says nothing. */
  grace?: number;
};

/**
 * What runs in a cluster of interactive users beside their servers: the parts of a JupyterHub as its chart installs them
 * (https://z2jh.jupyter.org/en/stable/resources/reference.html), the autoscaler, and what watches the nodes. A placeholder
 * of no replicas is ready, as Kubernetes counts.
 */
const HUB_WORKLOADS: readonly HubWorkload[] = [
  {
    kind: 'Deployment',
    namespace: 'prod',
    name: 'hub',
    image: 'quay.io/jupyterhub/k8s-hub:3.3.8',
    replicas: 1,
    claim: 'hub-db-dir',
  },
  {
    kind: 'Deployment',
    namespace: 'prod',
    name: 'proxy',
    image: 'quay.io/jupyterhub/configurable-http-proxy:4.6.2',
    replicas: 1,
    grace: 60,
  },
  {
    kind: 'StatefulSet',
    namespace: 'prod',
    name: 'user-placeholder',
    image: 'registry.k8s.io/pause:3.10',
    replicas: 0,
  },
  {
    kind: 'StatefulSet',
    namespace: 'support',
    name: 'prometheus',
    image: 'quay.io/prometheus/prometheus',
    replicas: 1,
    claim: 'prometheus-data',
  },
  { kind: 'DaemonSet', namespace: 'support', name: 'node-exporter', image: 'quay.io/prometheus/node-exporter:v1.8.2' },
  {
    kind: 'Deployment',
    namespace: 'kube-system',
    name: 'cluster-autoscaler',
    image: 'registry.k8s.io/autoscaling/cluster-autoscaler:v1.27.3',
    replicas: 1,
  },
];

export function seedHubWorkloads(
  cluster: Cluster,
  { memory = '512Mi', then }: { memory?: string | undefined; then: number },
): void {
  for (const workload of HUB_WORKLOADS) putObject(cluster, pathOf(workload), objectOf(workload, memory), then);
}

/** `/apis/apps/v1/namespaces/prod/deployments/hub` */
function pathOf({ kind, namespace, name }: Pick<HubWorkload, 'kind' | 'namespace' | 'name'>): string {
  return `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
}

/** The path of the workload that people call `prod/hub`, whatever its kind. */
export function pathOfWorkload(cluster: Cluster, called: string): string | undefined {
  const [namespace, name] = called.split('/');
  return [...cluster.objects.keys()].find(
    (path) => path.startsWith(`/apis/apps/v1/namespaces/${namespace}/`) && path.endsWith(`s/${name}`),
  );
}

function objectOf({ kind, name, image, replicas, claim, grace }: HubWorkload, memory: string): JsonObject {
  const labels = { 'app.kubernetes.io/name': name };
  const template = {
    metadata: { labels },
    spec: {
      containers: [{ name, image, resources: { requests: { cpu: '200m', memory } } }],
      ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
      ...(claim === undefined ? {} : { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] }),
    },
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { labels },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      template,
    },
  };
}
