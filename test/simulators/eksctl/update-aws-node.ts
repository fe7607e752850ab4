import { awsNodeManifests } from '../addon-manifests.ts';
import { KUBE_SYSTEM_APPS, registryOf, replaceObjects, tagOf, updateAddon, type Workload } from './addon.ts';
import type { Invocation } from './command.ts';
import embedded from './embedded-versions.json' with { type: 'json' };

const PATH = `${KUBE_SYSTEM_APPS}/daemonsets/aws-node`;

/**
 * `eksctl utils update-aws-node` (pkg/addons/default/aws_node.go): the DaemonSet, the ConfigMap amazon-vpc-cni and the
 * rights are replaced by those embedded in eksctl, environment variables set by hand included; the ServiceAccount stays;
 * one version for all minors.
 */
export function updateAwsNode(invocation: Invocation): Promise<void> {
  return updateAddon(invocation, 'vpc-cni', async (command) => {
    const { kubernetes, log } = command;
    const current = (await kubernetes.find(PATH)) as Workload | null;
    if (current === null) {
      log.warning('"aws-node" was not found');
      return false;
    }
    const { cni, networkPolicyAgent } = embedded.awsNode;
    const registry = registryOf(command);
    const manifests = awsNodeManifests({
      cni: `${registry}/amazon-k8s-cni:${cni}`,
      init: `${registry}/amazon-k8s-cni-init:${cni}`,
      agent: `${registry}/amazon/aws-network-policy-agent:${networkPolicyAgent}`,
    });
    const isUpToDate = tagOf(current.spec.template.spec.containers[0]?.image ?? '') === cni;
    return await replaceObjects(command, manifests, { name: 'aws-node', isUpToDate, keeps: ['aws-node'] });
  });
}
