import type { JsonObject } from './cloud/json.ts';

/**
 * The objects of core add-ons as nobody changed them, in their settings (environment, Corefile, replicas, tolerations, …)
 * like those that EKS puts into a new cluster and that eksctl embeds (eksctl pkg/addons/default/assets): both simulators
 * take them from here, each with its own images. Probes, ports and mounts are left out.
 */
export type Manifest = { path: string; object: JsonObject };

const SYSTEM = '/api/v1/namespaces/kube-system';
const APPS = '/apis/apps/v1/namespaces/kube-system';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** `agent` null: the network policy agent came with CNI 1.14. */
export function awsNodeManifests({
  cni,
  init,
  agent,
}: {
  cni: string;
  init: string;
  agent: string | null;
}): Manifest[] {
  const app = {
    'k8s-app': 'aws-node',
    'app.kubernetes.io/name': 'aws-node',
    'app.kubernetes.io/instance': 'aws-vpc-cni',
  };
  const labels = { ...app, 'app.kubernetes.io/version': cni.slice(cni.lastIndexOf(':') + 1) };
  return [
    {
      path: `${SYSTEM}/serviceaccounts/aws-node`,
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { labels } },
    },
    // What is in it does not matter here.
    {
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/eniconfigs.crd.k8s.amazonaws.com',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: {} },
    },
    vpcCniConfig(labels),
    ...roleAndBinding('aws-node', 'aws-node', [
      { apiGroups: [''], resources: ['pods', 'namespaces', 'nodes'], verbs: ['list', 'watch', 'get'] },
      { apiGroups: ['crd.k8s.amazonaws.com'], resources: ['eniconfigs'], verbs: ['list', 'watch', 'get'] },
    ]),
    {
      path: `${APPS}/daemonsets/aws-node`,
      object: {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { labels },
        spec: {
          selector: { matchLabels: { 'k8s-app': 'aws-node' } },
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
          template: {
            metadata: { labels: app },
            spec: {
              serviceAccountName: 'aws-node',
              hostNetwork: true,
              priorityClassName: 'system-node-critical',
              tolerations: [{ operator: 'Exists' }],
              affinity: linuxNodes(),
              initContainers: [
                {
                  name: 'aws-vpc-cni-init',
                  image: init,
                  env: env({ DISABLE_TCP_EARLY_DEMUX: 'false', ENABLE_IPv6: 'false' }),
                },
              ],
              containers: [
                {
                  name: 'aws-node',
                  image: cni,
                  env: [...env(agent === null ? OLD_ENV : { ...OLD_ENV, ...NEW_ENV }), nodeName()],
                  resources: { requests: { cpu: '25m' } },
                  securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
                },
                ...(agent === null ? [] : [nodeAgent(agent)]),
              ],
            },
          },
        },
      },
    },
  ];
}

const OLD_ENV = {
  ADDITIONAL_ENI_TAGS: '{}',
  AWS_VPC_CNI_NODE_PORT_SUPPORT: 'true',
  AWS_VPC_ENI_MTU: '9001',
  AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'false',
  AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false',
  AWS_VPC_K8S_CNI_LOGLEVEL: 'DEBUG',
  AWS_VPC_K8S_CNI_VETHPREFIX: 'eni',
  ENABLE_POD_ENI: 'false',
  ENABLE_PREFIX_DELEGATION: 'false',
  WARM_ENI_TARGET: '1',
  WARM_PREFIX_TARGET: '1',
};

const NEW_ENV = { ENABLE_IPv4: 'true', ENABLE_IPv6: 'false', NETWORK_POLICY_ENFORCING_MODE: 'standard' };

function nodeAgent(image: string): JsonObject {
  return {
    name: 'aws-eks-nodeagent',
    image,
    args: ['--enable-ipv6=false', '--enable-network-policy=false', '--enable-cloudwatch-logs=false'],
    resources: { requests: { cpu: '25m' } },
  };
}

function vpcCniConfig(labels: JsonObject): Manifest {
  return {
    path: `${SYSTEM}/configmaps/amazon-vpc-cni`,
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { labels },
      data: { 'enable-windows-ipam': 'false', 'enable-network-policy-controller': 'false' },
    },
  };
}

/** The file of CoreDNS 1.8 and newer, as EKS and eksctl have it. */
const COREFILE = `.:53 {
    errors
    health {
        lameduck 5s
      }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`;

export function corednsManifests(image: string): Manifest[] {
  const labels = { 'eks.amazonaws.com/component': 'coredns', 'k8s-app': 'kube-dns' };
  const service = { ...labels, 'eks.amazonaws.com/component': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' };
  return [
    {
      path: `${SYSTEM}/services/kube-dns`,
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { labels: service, annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' } },
        spec: {
          clusterIP: '10.100.0.10',
          type: 'ClusterIP',
          selector: { 'k8s-app': 'kube-dns' },
          sessionAffinity: 'None',
          ipFamilies: ['IPv4'],
          ports: [
            { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
            { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          ],
        },
      },
    },
    {
      path: `${SYSTEM}/serviceaccounts/coredns`,
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { labels } },
    },
    {
      path: `${SYSTEM}/configmaps/coredns`,
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { labels }, data: { Corefile: COREFILE } },
    },
    ...roleAndBinding('system:coredns', 'coredns', [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]),
    {
      path: `${APPS}/deployments/coredns`,
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { labels: { ...labels, 'kubernetes.io/name': 'CoreDNS' } },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: 'coredns',
              priorityClassName: 'system-cluster-critical',
              dnsPolicy: 'Default',
              tolerations: [
                { effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane' },
                { key: 'CriticalAddonsOnly', operator: 'Exists' },
              ],
              affinity: linuxNodes(),
              containers: [
                {
                  name: 'coredns',
                  image,
                  args: ['-conf', '/etc/coredns/Corefile'],
                  resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
                },
              ],
              volumes: [{ name: 'config-volume', configMap: { name: 'coredns' } }],
            },
          },
        },
      },
    },
  ];
}

export function kubeProxyManifests(image: string): Manifest[] {
  const labels = { 'k8s-app': 'kube-proxy' };
  return [
    {
      path: `${APPS}/daemonsets/kube-proxy`,
      object: {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { labels },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: 'kube-proxy',
              hostNetwork: true,
              priorityClassName: 'system-node-critical',
              tolerations: [{ operator: 'Exists' }],
              affinity: linuxNodes(),
              containers: [{ name: 'kube-proxy', image, imagePullPolicy: 'IfNotPresent' }],
            },
          },
        },
      },
    },
  ];
}

function env(values: Record<string, string>): JsonObject[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function nodeName(): JsonObject {
  return { name: 'MY_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
}

function linuxNodes(): JsonObject {
  const matchExpressions = [
    { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
    { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64', 'arm64'] },
  ];
  const nodeSelectorTerms = [{ matchExpressions }];
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}

function roleAndBinding(name: string, account: string, rules: JsonObject[]): Manifest[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    {
      path: `${RBAC}/clusterroles/${name}`,
      object: { apiVersion: `${apiGroup}/v1`, kind: 'ClusterRole', metadata: {}, rules },
    },
    {
      path: `${RBAC}/clusterrolebindings/${name}`,
      object: {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: {},
        roleRef: { apiGroup, kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'kube-system' }],
      },
    },
  ];
}
