import { type KubernetesVersion, minorOf } from './version.ts';

/**
 * What stops working in a minor version, for people who know their workloads. Sources:
 * https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the EKS release notes
 * https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
 */
const REMOVALS: Readonly<Record<number, string>> = {
  22: 'many v1beta1 APIs (Ingress, CustomResourceDefinition, webhooks, RBAC)',
  23: 'EBS volumes without the EBS CSI driver, which must be there before',
  24: 'dockershim: pods that mount docker.sock',
  25: 'PodSecurityPolicy, policy/v1beta1, batch/v1beta1 CronJob',
  26: 'autoscaling/v2beta2, and VPC CNI older than 1.12 crashes',
  27: 'storage.k8s.io/v1beta1 CSIStorageCapacity',
  29: 'flowcontrol.apiserver.k8s.io/v1beta2',
  32: 'flowcontrol.apiserver.k8s.io/v1beta3',
  33: 'Amazon Linux 2 AMIs',
  35: 'cgroup v1: kubelet does not start on it',
  36: 'gitRepo volumes',
};

export function removalsIn(versions: readonly KubernetesVersion[]): { version: KubernetesVersion; what: string }[] {
  return versions.flatMap((version) => {
    const what = REMOVALS[minorOf(version)];
    return what === undefined ? [] : [{ version, what }];
  });
}
