import type { CoreAddon } from './observation.ts';

/** Values of one setting that are not somebody's own, the one that today's eksctl writes last; `any`: nothing is lost. */
export type DefaultValues = readonly [string, ...string[]] | 'any';

/** By setting, as `addon-settings.ts` names them; a setting that is not there is somebody's own. */
export type ObjectDefaults = Readonly<Record<string, DefaultValues>>;

/**
 * What the objects that `eksctl utils update-…` replaces look like when nobody changed them: of every version that eksctl
 * has ever embedded (pkg/addons/default/assets in its history up to 0.230.0), and what EKS itself adds. Of a setting only
 * the name and the values are kept here, not the manifests. kube-proxy has none: eksctl changes nothing there but the
 * image's tag and, where it is missing, the architecture arm64 (pkg/addons/default/kube_proxy.go). See docs/adr/0007.
 */
export const ADDON_DEFAULTS: Readonly<Record<CoreAddon, Readonly<Record<string, ObjectDefaults>>>> = {
  'kube-proxy': {},
  'vpc-cni': {
    'DaemonSet aws-node': {
      ...settings('env', 'of aws-node', {
        ADDITIONAL_ENI_TAGS: ['{}'],
        ANNOTATE_POD_IP: ['false'],
        AWS_VPC_CNI_NODE_PORT_SUPPORT: ['true'],
        AWS_VPC_ENI_MTU: ['9001'],
        AWS_VPC_K8S_CNI_CONFIGURE_RPFILTER: ['false'],
        AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: ['false'],
        AWS_VPC_K8S_CNI_EXTERNALSNAT: ['false'],
        AWS_VPC_K8S_CNI_LOGLEVEL: ['DEBUG'],
        AWS_VPC_K8S_CNI_LOG_FILE: ['/host/var/log/aws-routed-eni/ipamd.log'],
        AWS_VPC_K8S_CNI_MTU: ['9001'],
        AWS_VPC_K8S_CNI_RANDOMIZESNAT: ['prng'],
        AWS_VPC_K8S_CNI_VETHPREFIX: ['eni'],
        AWS_VPC_K8S_PLUGIN_LOG_FILE: ['/var/log/aws-routed-eni/plugin.log'],
        AWS_VPC_K8S_PLUGIN_LOG_LEVEL: ['DEBUG'],
        // EKS puts these two there itself; they only name the network interfaces.
        CLUSTER_NAME: 'any',
        VPC_ID: 'any',
        DISABLE_INTROSPECTION: ['false'],
        DISABLE_METRICS: ['false'],
        DISABLE_NETWORK_RESOURCE_PROVISIONING: ['false'],
        ENABLE_IMDS_ONLY_MODE: ['false'],
        ENABLE_IPv4: ['true'],
        ENABLE_IPv6: ['false'],
        ENABLE_MULTI_NIC: ['false'],
        ENABLE_POD_ENI: ['false'],
        ENABLE_PREFIX_DELEGATION: ['false'],
        ENABLE_SUBNET_DISCOVERY: ['true'],
        MY_NODE_NAME: 'any',
        MY_POD_NAME: 'any',
        NETWORK_POLICY_ENFORCING_MODE: ['standard'],
        VPC_CNI_VERSION: 'any',
        WARM_ENI_TARGET: ['1'],
        WARM_PREFIX_TARGET: ['1'],
        WATCH_NAMESPACE: 'any',
      }),
      ...settings('env', 'of aws-vpc-cni-init', { DISABLE_TCP_EARLY_DEMUX: ['false'], ENABLE_IPv6: ['false'] }),
      ...settings('env', 'of aws-eks-nodeagent', { MY_NODE_NAME: 'any' }),
      ...settings('argument', 'of aws-eks-nodeagent', {
        '--enable-ipv6': ['false'],
        '--enable-network-policy': ['false'],
        '--enable-cloudwatch-logs': ['false'],
        '--enable-policy-event-logs': ['false'],
        '--log-file': ['/var/log/aws-routed-eni/network-policy-agent.log'],
        '--log-level': ['debug'],
        '--metrics-bind-addr': [':8162'],
        '--health-probe-bind-addr': [':8163'],
        '--conntrack-cache-cleanup-period': ['300'],
        '--conntrack-cache-table-size': ['524288'],
      }),
      ...known('container', ['aws-node', 'aws-vpc-cni-init', 'aws-eks-nodeagent']),
      ...settings('resources', 'of', {
        'aws-node': ['{"requests":{"cpu":"10m"}}', '{"requests":{"cpu":"25m"}}'],
        'aws-vpc-cni-init': ['{}', '{"requests":{"cpu":"25m"}}'],
        'aws-eks-nodeagent': ['{}', '{"requests":{"cpu":"25m"}}'],
      }),
      ...known('volume', [
        ...['bpf-pin-path', 'cni-bin-dir', 'cni-net-dir', 'dockershim', 'dockersock'],
        ...['log-dir', 'run-dir', 'xtables-lock'],
      ]),
      ...known('node affinity on', [
        ...['beta.kubernetes.io/os', 'beta.kubernetes.io/arch', 'kubernetes.io/os', 'kubernetes.io/arch'],
        'eks.amazonaws.com/compute-type',
      ]),
      ...podLabels(['k8s-app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/version']),
      'pod annotation scheduler.alpha.kubernetes.io/critical-pod': 'any',
      'pod annotation kubectl.kubernetes.io/restartedAt': 'any',
      tolerations: ['[{"operator":"Exists"}]'],
      'node selector': ['{}'],
      'topology spread': ['[]'],
      'host network': ['true'],
      'service account': ['aws-node'],
      'priority class': ['system-node-critical'],
      'DNS policy': ['ClusterFirst'],
      'update strategy': ['RollingUpdate'],
      'unavailable pods in a rollout': ['1', '10%'],
    },
    'ConfigMap amazon-vpc-cni': {
      'branch-eni-cooldown': ['60'],
      'enable-network-policy-controller': ['false'],
      'enable-windows-ipam': ['false'],
      'enable-windows-prefix-delegation': ['false'],
      'minimum-ip-target': ['3'],
      'warm-ip-target': ['1'],
      'warm-prefix-target': ['0'],
    },
    'ClusterRole aws-node': rights({
      '': {
        events: 'create get list patch',
        namespaces: 'get list watch',
        nodes: 'get list update watch',
        pods: 'get list watch',
      },
      'crd.k8s.amazonaws.com': { '*': '*', eniconfigs: 'get list watch', namespaces: '*' },
      'events.k8s.io': { events: 'create get list patch' },
      extensions: { '*': 'list watch', daemonsets: 'list watch' },
      'networking.k8s.aws': {
        clusterpolicyendpoints: 'get list watch',
        'clusterpolicyendpoints/status': 'get',
        policyendpoints: 'get list watch',
        'policyendpoints/status': 'get',
      },
      'vpcresources.k8s.aws': { cninodes: 'get list patch watch' },
      url: { '/apis/networking.k8s.aws': 'get', '/apis/networking.k8s.aws/*': 'get' },
    }),
    'ClusterRoleBinding aws-node': { 'subject ServiceAccount aws-node': 'any' },
  },
  coredns: {
    'Deployment coredns': {
      replicas: ['2'],
      ...known('container', ['coredns']),
      ...known('argument', ['-conf of coredns', '/etc/coredns/Corefile of coredns']),
      'resources of coredns': ['{"limits":{"memory":"170Mi"},"requests":{"cpu":"100m","memory":"70Mi"}}'],
      ...known('volume', ['config-volume', 'tmp']),
      ...known('node affinity on', [
        ...['beta.kubernetes.io/os', 'beta.kubernetes.io/arch', 'kubernetes.io/os', 'kubernetes.io/arch'],
        'eks.amazonaws.com/compute-type',
      ]),
      'preferred pod anti-affinity by kubernetes.io/hostname': 'any',
      ...podLabels(['k8s-app', 'eks.amazonaws.com/component']),
      // eksctl carries this one over.
      'pod annotation eks.amazonaws.com/compute-type': 'any',
      'pod annotation cluster-autoscaler.kubernetes.io/safe-to-evict': 'any',
      'pod annotation karpenter.sh/do-not-evict': 'any',
      'pod annotation kubectl.kubernetes.io/restartedAt': 'any',
      tolerations: [
        '[{"key":"CriticalAddonsOnly","operator":"Exists"}]',
        '[{"effect":"NoSchedule","key":"node-role.kubernetes.io/master"},{"key":"CriticalAddonsOnly","operator":"Exists"}]',
        '[{"effect":"NoSchedule","key":"node-role.kubernetes.io/control-plane"},{"key":"CriticalAddonsOnly","operator":"Exists"}]',
      ],
      'node selector': ['{}'],
      'topology spread': [
        '[]',
        '[{"labelSelector":{"matchLabels":{"k8s-app":"kube-dns"}},"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"ScheduleAnyway"}]',
      ],
      'host network': ['false'],
      'service account': ['coredns'],
      'priority class': ['system-node-critical', 'system-cluster-critical'],
      'DNS policy': ['Default'],
      'update strategy': ['RollingUpdate'],
      'unavailable pods in a rollout': ['1'],
    },
    'ConfigMap coredns': { Corefile: corefiles() },
    'Service kube-dns': {
      'annotation prometheus.io/port': ['9153'],
      'annotation prometheus.io/scrape': ['true'],
      'port dns': ['53/UDP'],
      'port dns-tcp': ['53/TCP'],
      'port metrics': ['9153/TCP'],
      type: ['ClusterIP'],
      'session affinity': ['None'],
      'internal traffic policy': ['Cluster'],
      'IP families': ['["IPv4"]'],
    },
    'ServiceAccount coredns': {},
    'ClusterRole system:coredns': rights({
      '': {
        endpoints: 'list watch',
        namespaces: 'list watch',
        nodes: 'get',
        pods: 'list watch',
        services: 'list watch',
      },
      'discovery.k8s.io': { endpointslices: 'list watch' },
    }),
    'ClusterRoleBinding system:coredns': { 'subject ServiceAccount coredns': 'any' },
  },
};

function settings(prefix: string, suffix: string, values: ObjectDefaults): ObjectDefaults {
  const key = (name: string): string =>
    suffix.endsWith('of') ? `${prefix} ${suffix} ${name}` : `${prefix} ${name} ${suffix}`;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [key(name), value]));
}

function known(prefix: string, names: readonly string[]): ObjectDefaults {
  return Object.fromEntries(names.map((name) => [`${prefix} ${name}`, 'any']));
}

function podLabels(names: readonly string[]): ObjectDefaults {
  return known('pod label', names);
}

/** By API group (`url` for URLs), by resource, the verbs. */
function rights(groups: Record<string, Record<string, string>>): ObjectDefaults {
  return known(
    'right',
    Object.entries(groups).flatMap(([group, resources]) =>
      Object.entries(resources).flatMap(([resource, verbs]) =>
        verbs.split(' ').map((verb) => `${verb} ${resource}${group === '' || group === 'url' ? '' : `.${group}`}`),
      ),
    ),
  );
}

/** CoreDNS's own file as eksctl has had it, with CoreDNS 1.1 (`proxy`) to today's; indentation means nothing there. */
function corefiles(): DefaultValues {
  const file = (health: readonly string[], upstream: boolean, rest: readonly string[]): string =>
    [
      '.:53 {',
      'errors',
      ...health,
      'kubernetes cluster.local in-addr.arpa ip6.arpa {',
      'pods insecure',
      ...(upstream ? ['upstream'] : []),
      'fallthrough in-addr.arpa ip6.arpa',
      '}',
      'prometheus :9153',
      ...rest,
      '}',
    ].join('\n');
  const resolve = (by: 'proxy' | 'forward'): string[] => [`${by} . /etc/resolv.conf`, 'cache 30'];
  const balance = ['loop', 'reload', 'loadbalance'];
  return [
    file(['health'], true, resolve('proxy')),
    file(['health'], true, [...resolve('proxy'), ...balance]),
    file(['health'], true, [...resolve('forward'), ...balance]),
    file(['health'], false, [...resolve('forward'), ...balance]),
    file(['health {', 'lameduck 5s', '}', 'ready'], false, [...resolve('forward'), ...balance]),
  ];
}
