import { KUBE_SYSTEM_APPS, registryOf, replaceWorkload, tagOf, updateAddon, type Workload } from './addon.ts';
import type { Invocation } from './command.ts';
import embedded from './embedded-versions.json' with { type: 'json' };

const PATH = `${KUBE_SYSTEM_APPS}/daemonsets/aws-node`;

/**
 * `eksctl utils update-aws-node` (pkg/addons/default/aws_node.go): the whole DaemonSet is replaced by the one embedded in
 * eksctl, environment variables set by hand included; one version for all minors.
 */
export function updateAwsNode(invocation: Invocation): Promise<void> {
  return updateAddon(invocation, 'vpc-cni', async (command) => {
    const { kubernetes, log } = command;
    const current = (await kubernetes.find(PATH)) as Workload | null;
    if (current === null) {
      log.warning('"aws-node" was not found');
      return false;
    }
    const isUpToDate = tagOf(current.spec.template.spec.containers[0]?.image ?? '') === embedded.awsNode.cni;
    return await replaceWorkload(command, PATH, embeddedDaemonSet(registryOf(command), current), isUpToDate);
  });
}

function embeddedDaemonSet(registry: string, { metadata }: Workload): Workload {
  const { cni, networkPolicyAgent } = embedded.awsNode;
  const labels = { 'k8s-app': 'aws-node', 'app.kubernetes.io/name': 'aws-node', 'app.kubernetes.io/version': cni };
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name,
      labels,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: {
      selector: { matchLabels: { 'k8s-app': 'aws-node' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: {
        metadata: { labels: { 'k8s-app': 'aws-node' } },
        spec: {
          serviceAccountName: 'aws-node',
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          initContainers: [{ name: 'aws-vpc-cni-init', image: `${registry}/amazon-k8s-cni-init:${cni}` }],
          containers: [
            {
              name: 'aws-node',
              image: `${registry}/amazon-k8s-cni:${cni}`,
              securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
            },
            { name: 'aws-eks-nodeagent', image: `${registry}/amazon/aws-network-policy-agent:${networkPolicyAgent}` },
          ],
        },
      },
    },
  };
}
